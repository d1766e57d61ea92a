"""Page checksums: does each page of the wanted columns hold the bytes that were written?

Page sizes and CRC-32 as in https://github.com/apache/parquet-format#checksumming. The bytes are looked at as they lie,
nothing is decompressed: checking is about as cheap as reading the file.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Final

import pyarrow.parquet as pq

from forecast_cli.data.page_header import MalformedHeaderError, PageHeader, parse_page_header

_HEADER_WINDOW: Final = 1 << 10
_LONGEST_HEADER: Final = 1 << 24
_BLOCK: Final = 1 << 20


class PageDamageError(Exception):
    """A page does not hold the bytes its checksum was made from; the message names the column."""


@dataclass(frozen=True)
class _Chunk:
    column: str
    start: int
    size: int


def check_pages(file: BufferedIOBase, metadata: pq.FileMetaData, columns: Iterable[str]) -> bool:
    """Say whether every page of ``columns`` carries a checksum; raises PageDamageError where one does not match."""
    carried: set[bool] = set()
    for chunk in _chunks(metadata, frozenset(columns)):
        try:
            carried |= {_check_page(file, chunk, page) for page in _pages(file, chunk)}
        except MalformedHeaderError as error:
            if True in carried:
                raise PageDamageError(f"a page header of column '{chunk.column}' is damaged: {error}") from None
            return False
        if carried == {True, False}:
            raise PageDamageError(f"a page of column '{chunk.column}' has lost its checksum")
    return False not in carried


def _chunks(metadata: pq.FileMetaData, columns: frozenset[str]) -> Iterator[_Chunk]:
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for index in range(row_group.num_columns):
            column = row_group.column(index)
            if column.path_in_schema.split(".")[0] in columns:
                offsets = (column.dictionary_page_offset, column.data_page_offset)
                start = min(offset for offset in offsets if offset)
                yield _Chunk(column.path_in_schema, start, column.total_compressed_size)


def _pages(file: BufferedIOBase, chunk: _Chunk) -> Iterator[tuple[int, PageHeader]]:
    """Yield where each page's bytes begin, and its header."""
    position, end = chunk.start, chunk.start + chunk.size
    while position < end:
        header = _read_header(file, position, end)
        begin = position + header.header_size
        position = begin + header.page_size
        if position > end:
            raise MalformedHeaderError("page longer than its column")
        yield begin, header


def _read_header(file: BufferedIOBase, position: int, end: int) -> PageHeader:
    """Read a header of unknown length: statistics in it may hold long values."""
    window = _HEADER_WINDOW
    while True:
        file.seek(position)
        data = file.read(min(window, end - position))
        try:
            return parse_page_header(data)
        except MalformedHeaderError:
            if len(data) < window or window >= _LONGEST_HEADER:
                raise
            window *= 16


def _check_page(file: BufferedIOBase, chunk: _Chunk, page: tuple[int, PageHeader]) -> bool:
    begin, header = page
    if header.crc is None:
        return False
    file.seek(begin)
    left, crc = header.page_size, 0
    while left > 0 and (block := file.read(min(left, _BLOCK))):
        crc = zlib.crc32(block, crc)
        left -= len(block)
    if left or crc != header.crc:
        raise PageDamageError(f"a page of column '{chunk.column}' at byte {begin:,} does not match its checksum")
    return True
