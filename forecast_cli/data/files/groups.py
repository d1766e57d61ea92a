"""Row groups: their numbers of rows, their ranges of ids, and their only values, from a file's footer."""

from collections.abc import Iterable

import polars as pl

from forecast_cli.data.files.chunks import Chunk
from forecast_cli.data.source import RowGroup


def read_groups(chunks: Iterable[Chunk], column: str, dtype: pl.DataType | None) -> tuple[RowGroup, ...]:
    """Return the row groups of a file, in order, from the chunks of the id ``column``, whose type is ``dtype``."""
    return tuple(_group(chunk, dtype) for chunk in chunks if chunk.path == (column,))


def find_constants(chunks: Iterable[Chunk]) -> tuple[tuple[str, bytes], ...]:
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
