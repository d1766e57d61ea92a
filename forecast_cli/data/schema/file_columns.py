"""The columns of one file, by the roles that the settings give them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from forecast_cli.data.schema.roles import Role


@dataclass(frozen=True)
class FileColumns:
    """The columns of one file.

    ``names`` are all of them, ``dtypes`` the types of those the settings name, ``hive`` the keys and values of the hive
    folders above the file.
    """

    path: str
    names: tuple[str, ...]
    dtypes: Mapping[str, pl.DataType]
    hive: Mapping[str, str] = field(default_factory=dict)

    def dtype(self, role: Role) -> pl.DataType | None:
        """Return the type of a role's column: in the file, else as a hive folder, else None.

        A folder's value is a day for the role date and text for other roles; it is never a number.
        """
        own = self.dtypes.get(role.column)
        if own is not None or role.column not in self.hive or role.name == "balance":
            return own
        return pl.Date() if role.name == "date" else pl.String()


@dataclass(frozen=True)
class Typed:
    """The type of a column in one file."""

    path: str
    dtype: pl.DataType


def types_of(files: Sequence[FileColumns], role: Role) -> list[Typed]:
    """Return each distinct type of a role's column with the first file that has it, in file order."""
    first: dict[pl.DataType, Typed] = {}
    for file in files:
        dtype = file.dtype(role)
        if dtype is not None:
            first.setdefault(dtype, Typed(file.path, dtype))
    return list(first.values())
