"""The columns of one file, as the roles of the settings see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from forecast_cli.data.schema.roles import Role


@dataclass(frozen=True)
class FileColumns:
    """The columns of one file: all ``names``, the types of the wanted ones in it, the keys of its hive folders."""

    path: str
    names: tuple[str, ...]
    dtypes: Mapping[str, pl.DataType]
    hive: Mapping[str, str] = field(default_factory=dict)

    def dtype(self, role: Role) -> pl.DataType | None:
        """Return the type of a role's column: the file's own, else that of a folder's name, else None.

        A folder's name is a day where a day is wanted and text elsewhere; it is never a number.
        """
        own = self.dtypes.get(role.column)
        if own is not None or role.column not in self.hive or role.name == "balance":
            return own
        return pl.Date() if role.name == "date" else pl.String()


@dataclass(frozen=True)
class Typed:
    """The type a column has in one file."""

    path: str
    dtype: pl.DataType


def types_of(files: Sequence[FileColumns], role: Role) -> list[Typed]:
    """Return each distinct type of a role's column with the first file that has it, in the order of the files."""
    first: dict[pl.DataType, Typed] = {}
    for file in files:
        dtype = file.dtype(role)
        if dtype is not None:
            first.setdefault(dtype, Typed(file.path, dtype))
    return list(first.values())
