"""The magic bytes and the footer of a parquet file: whether it is complete, its columns and its row groups."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from forecast_cli.core.columns import CURRENCY
from forecast_cli.data.files.chunks import MAGIC, MAGIC_ENCRYPTED, Chunk, read_chunks
from forecast_cli.data.files.compact import MalformedError
from forecast_cli.data.files.problems import BadFileError, Problem
from forecast_cli.data.files.text import is_text, suggest_parquet
from forecast_cli.data.read_errors import describe_error, read_errors, refuse_limit
from forecast_cli.data.schema.zones import known_zone, reject_zone
from forecast_cli.data.source import RowGroup

_START: Final = 512
#: INT96 is read as UTC instants, as Spark and Hive write them; the file itself does not say so.
_INT96: Final = pl.Datetime("ns", "UTC")
_SMALLEST: Final = 12  # magic, length of the footer, magic


@dataclass(frozen=True)
class Footer:
    """The content of a footer: rows, names of all columns; types, chunks and row groups of the wanted columns.

    ``constants`` are as in ``InputFile``.
    """

    rows: int
    names: tuple[str, ...]
    dtypes: tuple[tuple[str, pl.DataType], ...]
    chunks: tuple[Chunk, ...]
    groups: tuple[RowGroup, ...]
    constants: tuple[tuple[str, bytes], ...]


def read_footer(path: str, file: BufferedIOBase, *, size: int, columns: tuple[str, ...]) -> Footer:
    """Read the footer of an open file of ``size`` bytes; the first of ``columns`` holds the ids.

    Raises BadFileError (IN01, IN02, SC09, SC19), OSError.
    """
    _check_ends(path, file, size)
    chunks = _read_chunks(path, file, size)
    rows, schema, instants = _read_schema(path, file)
    _check_names(path, schema)
    _check_zones(path, schema)
    dtypes = tuple(
        (name, _INT96 if name in instants else _dtype(schema.field(name))) for name in columns if name in schema.names
    )
    wanted = tuple(chunk for chunk in chunks if chunk.column in columns)
    hidden = next((chunk.column for chunk in wanted if chunk.encrypted), None)
    if hidden is not None:
        raise BadFileError(_encrypted(path, f"column '{hidden}'"))
    groups = _read_groups(wanted, columns[0], dict(dtypes).get(columns[0]))
    constants = _find_constants(chunk for chunk in chunks if chunk.column.casefold() == CURRENCY)
    return Footer(rows, tuple(schema.names), dtypes, wanted, groups, constants)


def _check_ends(path: str, file: BufferedIOBase, size: int) -> None:
    if size == 0:
        raise BadFileError(Problem("IN01", path, "is empty (0 bytes), expected parquet"))
    start = file.read(_START)
    head = start[: len(MAGIC)]
    if head == MAGIC_ENCRYPTED:
        raise BadFileError(_encrypted(path, "the file"))
    if head != MAGIC:
        what = f"not a parquet file: {size:,} bytes that do not begin with {MAGIC.decode()}"
        raise BadFileError(_text_problem(path, size) if is_text(start) else Problem("IN02", path, what))
    file.seek(max(size - len(MAGIC), 0))
    tail = file.read(len(MAGIC))
    if size < _SMALLEST or tail != MAGIC:
        wrong = f"that do not end with {MAGIC.decode()}" if size >= _SMALLEST else f"of at least {_SMALLEST}"
        what = f"not a complete parquet file: {size:,} bytes {wrong}: it was truncated, or bytes were appended"
        raise BadFileError(Problem("IN02", path, what))


def _encrypted(path: str, what: str) -> Problem:
    return Problem("IN02", path, f"{what} is encrypted", "deliver the file without parquet encryption")


def _text_problem(path: str, size: int) -> Problem:
    what = f"not a parquet file: {size:,} bytes that look like text, such as CSV"
    return Problem("IN02", path, what, suggest_parquet(path))


def _read_chunks(path: str, file: BufferedIOBase, size: int) -> list[Chunk]:
    try:
        return read_chunks(file, size)
    except MalformedError as error:
        raise BadFileError(Problem("IN02", path, f"its footer {error} ({size:,} bytes)")) from None


def _read_schema(path: str, file: BufferedIOBase) -> tuple[int, pa.Schema, frozenset[str]]:
    """Return the number of rows, the schema, and the names of the INT96 columns.

    Row groups are not accessed: pyarrow may abort the process there.
    """
    file.seek(0)
    try:
        parquet = pq.ParquetFile(file)
        rows, schema = parquet.metadata.num_rows, parquet.schema_arrow
        _ = schema.names  # text is decoded only here
        fields = (parquet.schema.column(index) for index in range(len(parquet.schema)))
        instants = frozenset(field.path for field in fields if field.physical_type == "INT96")
    except read_errors() as error:
        refuse_limit(error, path)
        raise BadFileError(Problem("IN02", path, f"its footer cannot be read: {describe_error(error)}")) from None
    return rows, schema, instants


def _check_names(path: str, schema: pa.Schema) -> None:
    """Reject a duplicate column name, even of a column that is not used: no row of such a file can be read."""
    name, count = max(Counter(schema.names).items(), key=lambda item: item[1], default=("", 1))
    if count > 1:
        what = f"column '{name}' appears {count} times, expected once"
        raise BadFileError(Problem("SC09", path, what, "write each column once", fatal=True))


def _check_zones(path: str, schema: pa.Schema) -> None:
    """Reject an unknown timezone, even of a column that is not used: polars panics on it."""
    for field in schema:
        zone = getattr(field.type, "tz", None)
        if zone is not None and not known_zone(zone):
            raise BadFileError(reject_zone(path, field.name, zone))


def _dtype(field: pa.Field) -> pl.DataType:
    """Return the polars type of a column; Object if polars has none, as for decimals of more than 38 digits."""
    try:
        return pl.Schema(pa.schema([field]))[field.name]
    except read_errors():
        return pl.Object()


def _read_groups(chunks: Iterable[Chunk], column: str, dtype: pl.DataType | None) -> tuple[RowGroup, ...]:
    """Return the row groups of a file, in order, from the chunks of the id ``column``, whose type is ``dtype``."""
    return tuple(_group(chunk, dtype) for chunk in chunks if chunk.path == (column,))


def _find_constants(chunks: Iterable[Chunk]) -> tuple[tuple[str, bytes], ...]:
    """Return the columns that hold one value, besides nulls, and that value as stored, by the statistics of a file."""
    bounds: dict[str, set[bytes | None]] = {}
    for chunk in chunks:
        bounds.setdefault(chunk.column, set()).update((chunk.lowest, chunk.highest))
    only = {column: values.pop() for column, values in bounds.items() if len(values) == 1}
    return tuple((column, value) for column, value in only.items() if value is not None)


def _group(chunk: Chunk, dtype: pl.DataType | None) -> RowGroup:
    if chunk.lowest is None or chunk.highest is None:
        return RowGroup(chunk.values)
    return RowGroup(chunk.values, _value(chunk.lowest, dtype), _value(chunk.highest, dtype))


def _value(stored: bytes, dtype: pl.DataType | None) -> str | int | None:
    """Return a bound as ids are compared: text by its bytes, integers by value; None for any other type."""
    if isinstance(dtype, pl.String | pl.Categorical | pl.Enum):
        try:
            return stored.decode()
        except UnicodeDecodeError:  # a long text, truncated within a character
            return None
    if dtype is not None and dtype.is_integer():
        return int.from_bytes(stored, "little", signed=dtype.is_signed_integer())
    return None
