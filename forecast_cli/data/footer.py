"""A parquet file's ends and its footer: whether it is whole, and which columns it says it has."""

from collections import Counter
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from forecast_cli.data.collect import describe, read_errors
from forecast_cli.data.listing import MAGIC
from forecast_cli.data.problems import BadFileError, Problem
from forecast_cli.data.zones import known_zone, reject_zone

_SMALLEST: Final = 12  # magic, length of the footer, magic


@dataclass(frozen=True)
class Footer:
    """What a file says of itself: where its pages lie, the names of all columns, the types of the wanted ones."""

    metadata: pq.FileMetaData
    names: tuple[str, ...]
    dtypes: tuple[tuple[str, pl.DataType], ...]


def read_footer(path: str, file: BufferedIOBase, *, size: int, columns: tuple[str, ...]) -> Footer:
    """Read the footer of an open file of ``size`` bytes; raises BadFileError (IN01, IN02, SC09, SC19), OSError."""
    _check_ends(path, file, size)
    file.seek(0)
    try:
        parquet = pq.ParquetFile(file)
        schema = parquet.schema_arrow
    except read_errors() as error:
        raise BadFileError(Problem("IN02", path, f"{path}: footer cannot be read: {describe(error)}")) from None
    _check_names(path, schema)
    _check_zones(path, schema)
    dtypes = tuple((name, _dtype(schema.field(name))) for name in columns if name in schema.names)
    return Footer(parquet.metadata, tuple(schema.names), dtypes)


def _check_ends(path: str, file: BufferedIOBase, size: int) -> None:
    if size == 0:
        raise BadFileError(Problem("IN01", path, f"{path}: is empty (0 bytes), expected parquet"))
    head = file.read(len(MAGIC))
    if head != MAGIC:
        message = f"{path}: no parquet file: {size:,} bytes that start with {head!r}, expected {MAGIC!r}"
        raise BadFileError(Problem("IN02", path, message))
    file.seek(max(size - len(MAGIC), 0))
    tail = file.read(len(MAGIC))
    if size < _SMALLEST or tail != MAGIC:
        message = f"{path}: no whole parquet file: {size:,} bytes that end with {tail!r}, expected {MAGIC!r}"
        raise BadFileError(Problem("IN02", path, f"{message}: cut off, or something was appended"))


def _check_names(path: str, schema: pa.Schema) -> None:
    """Refuse a name that stands twice, even where nobody asked for it: no row of such a file can be read."""
    name, count = max(Counter(schema.names).items(), key=lambda item: item[1], default=("", 1))
    if count > 1:
        message = f"{path}: has the column '{name}' {count} times, expected once"
        raise BadFileError(Problem("SC09", path, message, "write each column once", fatal=True))


def _check_zones(path: str, schema: pa.Schema) -> None:
    """Refuse an unknown timezone, even where nobody asked for the column: polars panics over it."""
    for field in schema:
        zone = getattr(field.type, "tz", None)
        if zone is not None and not known_zone(zone):
            raise BadFileError(reject_zone(path, field.name, zone))


def _dtype(field: pa.Field) -> pl.DataType:
    """Return the polars type of a column; where polars has none (decimals of over 38 digits), its arrow name."""
    try:
        return pl.DataFrame(pa.schema([field]).empty_table()).dtypes[0]
    except read_errors():
        return pl.Object()
