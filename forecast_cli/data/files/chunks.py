"""Column chunks: where the pages of each column are, according to a parquet file's footer.

Field ids of the struct ``FileMetaData`` in
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Final

from forecast_cli.data.files.compact import MalformedError, Struct, number, read_struct, structs

MAGIC: Final = b"PAR1"
MAGIC_ENCRYPTED: Final = b"PARE"
_TAIL: Final = 8  # length of the footer, magic
_FILE_ROWS, _ROW_GROUPS = 3, 4
_COLUMNS, _GROUP_ROWS = 1, 3
_META_DATA: Final = 3
_CRYPTO: Final = 8
_STATISTICS: Final = 12
_HIGHEST, _LOWEST = 5, 6
_PATH, _VALUES, _UNCOMPRESSED, _COMPRESSED, _DATA_OFFSET, _DICTIONARY_OFFSET = 3, 5, 6, 7, 9, 11
_OFFSET_INDEX, _COLUMN_INDEX, _BLOOM_FILTER = (4, 5), (6, 7), (14, 15)  # where it begins, and its length


@dataclass(frozen=True)
class Chunk:
    """The pages of one column in one row group: ``size`` bytes from ``start`` on.

    ``lowest`` and ``highest`` are the bounds of its values as stored in the statistics, None if there are none.
    """

    path: tuple[str, ...]
    start: int
    size: int
    uncompressed_size: int
    values: int
    lowest: bytes | None = None
    highest: bytes | None = None
    encrypted: bool = False

    @property
    def column(self) -> str:
        """Return the name of the table column that the chunk belongs to."""
        return self.path[0] if self.path else ""


def read_chunks(file: BufferedIOBase, size: int) -> list[Chunk]:
    """Return the chunks of an open file of ``size`` bytes; raise MalformedError if the footer is inconsistent."""
    file.seek(size - _TAIL)
    footer_size = int.from_bytes(file.read(4), "little")
    end = size - _TAIL - footer_size
    if end < len(MAGIC):
        raise MalformedError("is longer than the file")
    file.seek(end)
    footer, _ = read_struct(file.read(footer_size))
    groups = structs(footer, _ROW_GROUPS)
    if sum(number(group, _GROUP_ROWS) for group in groups) != number(footer, _FILE_ROWS):
        raise MalformedError("has another number of rows than its row groups")
    chunks = [chunk for group in groups for chunk in _chunks(group, end)]
    _check_start(file, begins=end - _data_end(chunks, groups))
    return chunks


def _data_end(chunks: Iterable[Chunk], groups: Iterable[Struct]) -> int:
    """Return where everything ends that a footer describes: pages, page indexes and bloom filters."""
    columns = [column for group in groups for column in structs(group, _COLUMNS)]
    indexes = [_end(column, *place) for column in columns for place in (_OFFSET_INDEX, _COLUMN_INDEX)]
    filters = [_end(_struct(column.get(_META_DATA)), *_BLOOM_FILTER) for column in columns]
    return max([len(MAGIC), *(chunk.start + chunk.size for chunk in chunks), *indexes, *filters])


def _end(struct: Struct, offset: int, length: int) -> int:
    start, size = struct.get(offset), struct.get(length)
    return start + size if isinstance(start, int) and isinstance(size, int) else 0


def _check_start(file: BufferedIOBase, *, begins: int) -> None:
    """Raise MalformedError if another file begins at byte ``begins``, to which the footer then belongs.

    Its offsets count from there, so they would point into the file before it. Without the magic, the bytes before the
    footer are padding, or an index that only its writer knows.
    """
    if begins > 0:
        file.seek(begins)
        if file.read(len(MAGIC)) == MAGIC:
            raise MalformedError(f"belongs to a file that begins at byte {begins:,}: several files in one")


def _chunks(group: Struct, end: int) -> Iterator[Chunk]:
    for column in structs(group, _COLUMNS):
        meta = column.get(_META_DATA)
        if not isinstance(meta, dict):
            raise MalformedError("does not say where a column is")
        chunk = _chunk(meta, encrypted=_CRYPTO in column)
        if len(chunk.path) == 1 and chunk.values != number(group, _GROUP_ROWS):
            raise MalformedError(f"gives column '{chunk.column}' {chunk.values:,} values, not one for each row")
        if chunk.start < len(MAGIC) or chunk.start + chunk.size > end:
            raise MalformedError(f"places column '{chunk.column}' outside the file")
        yield chunk


def _chunk(meta: Struct, *, encrypted: bool) -> Chunk:
    path = meta.get(_PATH)
    names = [part for part in path if isinstance(part, bytes)] if isinstance(path, list) else []
    offsets = (meta.get(_DICTIONARY_OFFSET), meta.get(_DATA_OFFSET))
    statistics = _struct(meta.get(_STATISTICS))
    return Chunk(
        path=tuple(name.decode("utf-8", errors="replace") for name in names),
        start=min((offset for offset in offsets if isinstance(offset, int) and offset > 0), default=0),
        size=number(meta, _COMPRESSED),
        uncompressed_size=number(meta, _UNCOMPRESSED),
        values=number(meta, _VALUES),
        lowest=_bytes(statistics.get(_LOWEST)),
        highest=_bytes(statistics.get(_HIGHEST)),
        encrypted=encrypted,
    )


def _struct(value: object) -> Struct:
    return value if isinstance(value, dict) else {}


def _bytes(value: object) -> bytes | None:
    return value if isinstance(value, bytes) else None
