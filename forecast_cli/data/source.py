"""Source: the files of an input, listed and checked, with one schema; what every shard reads from."""

from dataclasses import dataclass

import polars as pl

from forecast_cli.data.findings import Finding


@dataclass(frozen=True)
class InputFile:
    """One parquet file of the input. ``hive`` holds the key=value folders above it, in order."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    rows: int
    hive: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Source:
    """The input as a run sees it: files in a fixed order, and the types they agree on. Picklable.

    ``id_dtype`` is the type account ids have in the output, ``day_dtype`` the common type of the date column (Date or
    Datetime), ``timezone`` the one whose days count (None: as written). ``verified`` says how the bytes were checked:
    crc, sha256 or none. ``findings`` of files and schema; where one rejects, the source cannot be scanned.
    """

    root: str
    files: tuple[InputFile, ...]
    id_dtype: pl.DataType
    day_dtype: pl.DataType
    timezone: str | None
    verified: str
    findings: tuple[Finding, ...]
    quarantined_ids: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Return the rows of all files, before any repair."""
        return sum(file.rows for file in self.files)
