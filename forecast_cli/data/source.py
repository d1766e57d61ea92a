"""Source: the listed and checked files of an input, with one schema. Every shard reads from it."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from forecast_cli.data.files.storage import Access
from forecast_cli.data.findings import Finding

#: Digits of whole numbers that always fit into 64 bits.
DIGITS_OF_INT64: Final = 18


@dataclass(frozen=True)
class RowGroup:
    """A row group of a parquet file, with the ``first`` and ``last`` id in it; None if unknown."""

    rows: int
    first: str | int | None = None
    last: str | int | None = None


@dataclass(frozen=True)
class InputFile:
    """One parquet file of the input.

    ``hive`` holds the key=value folders above it, in order. ``columns`` are the types that the columns named by the
    settings have in this file; such a column that is not in the file is a key in ``hive``. ``groups`` are its row
    groups, in order, as far as its footer describes them. ``constants`` are the columns called currency that hold one
    value, besides nulls, according to its footer, and that value as stored.
    """

    path: str
    size: int
    mtime_ns: int
    sha256: str
    rows: int
    hive: tuple[tuple[str, str], ...] = ()
    columns: tuple[tuple[str, pl.DataType], ...] = ()
    groups: tuple[RowGroup, ...] = ()
    constants: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class Source:
    """The input as a run sees it: files in a fixed order, and the types they agree on. Picklable.

    ``id_dtype`` is the type of account ids in the output. ``timezone`` is the timezone that defines days (None: as
    written). ``verified`` says how the bytes were checked: crc, sha256 or none. ``findings`` are about files and
    schema; if one rejects the run, the source cannot be scanned. ``quarantined_ids`` are the account ids, as text, of
    files left out. ``access`` says how to open an object store, None for local files. ``spilled``: the files are
    temporary files of the run, into which it has written the rows in order.
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
        """Return the number of rows in all files, before any repair."""
        return sum(file.rows for file in self.files)

    @property
    def key_dtype(self) -> pl.DataType:
        """Return the type of ``unique_id`` inside a run: text for categoricals, an integer for decimals.

        Only the output has ``id_dtype``: casting a key back to it gives the original id.
        """
        return key_dtype_of(self.id_dtype)


def key_dtype_of(id_dtype: pl.DataType) -> pl.DataType:
    """Return the type inside a run of account ids that are ``id_dtype`` in its input and output."""
    if isinstance(id_dtype, pl.Categorical | pl.Enum):
        return pl.String()
    if isinstance(id_dtype, pl.Decimal):
        return pl.Int64() if id_dtype.precision <= DIGITS_OF_INT64 else pl.Int128()
    return id_dtype
