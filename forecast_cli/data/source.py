"""Source: the files of an input, listed and checked, with one schema; what every shard reads from."""

from dataclasses import dataclass

import polars as pl

from forecast_cli.data.files.storage import Access
from forecast_cli.data.findings import Finding


@dataclass(frozen=True)
class RowGroup:
    """Rows that a parquet file keeps together, and the ``first`` and ``last`` id among them; None: not known."""

    rows: int
    first: str | int | None = None
    last: str | int | None = None


@dataclass(frozen=True)
class InputFile:
    """One parquet file of the input. ``hive`` holds the key=value folders above it, in order.

    ``columns`` are the types the named columns have in this very file; one that is not in it stands in ``hive``.
    ``groups`` are its row groups, in order, as far as its footer tells.
    """

    path: str
    size: int
    mtime_ns: int
    sha256: str
    rows: int
    hive: tuple[tuple[str, str], ...] = ()
    columns: tuple[tuple[str, pl.DataType], ...] = ()
    groups: tuple[RowGroup, ...] = ()


@dataclass(frozen=True)
class Source:
    """The input as a run sees it: files in a fixed order, and the types they agree on. Picklable.

    ``id_dtype`` is the type account ids have in the output,
    ``timezone`` the one whose days count (None: as written). ``verified`` says how the bytes were checked: crc, sha256
    or none. ``findings`` of files and schema; where one rejects, the source cannot be scanned.
    ``access`` is how an object store is opened, None for local files. ``spilled``: the files are a run's own, in which
    it put the rows in order.
    """

    root: str
    files: tuple[InputFile, ...]
    id_dtype: pl.DataType
    timezone: str | None
    verified: str
    findings: tuple[Finding, ...]
    quarantined_ids: tuple[str, ...] = ()
    access: Access | None = None
    spilled: bool = False

    @property
    def rows(self) -> int:
        """Return the rows of all files, before any repair."""
        return sum(file.rows for file in self.files)

    @property
    def key_dtype(self) -> pl.DataType:
        """Return the type of ``unique_id`` inside a run: text for any kind of text, else whole numbers.

        Only the output has ``id_dtype``: casting a key back to it gives the id as it came.
        """
        if isinstance(self.id_dtype, pl.Categorical | pl.Enum):
            return pl.String()
        return pl.Int64() if isinstance(self.id_dtype, pl.Decimal) else self.id_dtype
