"""Checks of the pages of a file without decoding them: are the headers valid, and do the checksums match?

A header with wrong sizes makes the reader panic, or request so much memory that the process is killed before any error
can be caught; so every header is compared with the footer before a page is decoded. Sizes and CRC-32 as in
https://github.com/apache/parquet-format#data-pages and #checksumming, field ids of the struct ``PageHeader`` in
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift. Nothing is decompressed: this costs
less than reading.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Final

from forecast_cli.data.files.chunks import Chunk
from forecast_cli.data.files.compact import MalformedError, Struct, number, read_struct

_HEADER_WINDOW: Final = 1 << 10
_LONGEST_HEADER: Final = 1 << 24
_BLOCK: Final = 1 << 20
_UNCOMPRESSED_SIZE, _COMPRESSED_SIZE, _CRC, _DATA, _DICTIONARY, _DATA_V2 = 2, 3, 4, 5, 7, 8
_VALUES = 1  # in the struct of each kind of page


@dataclass(frozen=True)
class _Header:
    """Sizes in bytes of the header, of the page after it, and of the page decompressed; ``crc`` if there is one.

    Only the ``values`` of data pages count as values of the column, not those of dictionary or index pages.
    """

    header_size: int
    page_size: int
    uncompressed_size: int
    values: int
    is_data: bool
    is_v2: bool
    crc: int | None


class PageDamageError(Exception):
    """A page does not match its checksum, or has lost it; the message names the column."""


@dataclass(frozen=True)
class _Page:
    start: int
    header: _Header


def check_pages(file: BufferedIOBase, chunks: Iterable[Chunk]) -> bool:
    """Return whether every page of ``chunks`` has a checksum; all checksums that exist must match.

    Pages of one version must all have a checksum or none, or one has been lost: parquet-java 1.13 writes one for
    dictionaries and not for data pages of version 2. Raises PageDamageError if a checksum does not match or is lost,
    MalformedError if a header is invalid.
    """
    carried: set[tuple[bool, bool]] = set()
    for chunk in chunks:
        pages = _read_pages(file, chunk)
        carried |= {(page.header.is_v2, page.header.crc is not None) for page in pages}
        if len(carried) > len({is_v2 for is_v2, _ in carried}):
            raise PageDamageError(
                f"a page of column '{chunk.column}' has no checksum, although others of its kind have one"
            )
        for page in pages:
            if page.header.crc not in (None, _crc(file, page)):
                raise PageDamageError(
                    f"a page of column '{chunk.column}' at byte {page.start:,} does not match its checksum"
                )
    return all(has_crc for _, has_crc in carried)


def _read_pages(file: BufferedIOBase, chunk: Chunk) -> list[_Page]:
    """Return the pages of one chunk; raise MalformedError if they do not add up to what the footer declares."""
    try:
        pages = list(_pages(file, chunk))
    except MalformedError as error:
        raise MalformedError(f"a page header of column '{chunk.column}' {error}") from None
    values = sum(page.header.values for page in pages if page.header.is_data)
    if values != chunk.values:
        raise MalformedError(
            f"the pages of column '{chunk.column}' hold {values:,} values, the footer says {chunk.values:,}"
        )
    return pages


def _pages(file: BufferedIOBase, chunk: Chunk) -> Iterator[_Page]:
    position, end = chunk.start, chunk.start + chunk.size
    while position < end:
        header = _read_header(file, position, end)
        start = position + header.header_size
        position = start + header.page_size
        if position > end or header.uncompressed_size > chunk.uncompressed_size:
            raise MalformedError("is longer than its column")
        if header.values > (chunk.values if header.is_data else header.uncompressed_size):
            raise MalformedError(f"claims {header.values:,} values")
        yield _Page(start, header)


def _read_header(file: BufferedIOBase, position: int, end: int) -> _Header:
    """Read a header of unknown length, which may contain statistics with long values."""
    window = _HEADER_WINDOW
    while True:
        file.seek(position)
        data = file.read(min(window, end - position))
        try:
            return _parse_header(data)
        except MalformedError:
            if len(data) < window or window >= _LONGEST_HEADER:
                raise
            window *= 16


def _crc(file: BufferedIOBase, page: _Page) -> int:
    file.seek(page.start)
    left, crc = page.header.page_size, 0
    while left > 0 and (block := file.read(min(left, _BLOCK))):
        crc = zlib.crc32(block, crc)
        left -= len(block)
    return crc if left == 0 else -1


def _parse_header(data: bytes) -> _Header:
    """Parse the header at the start of ``data``. Raises MalformedError, also if ``data`` ends too early."""
    fields, size = read_struct(data)
    crc = fields.get(_CRC)
    return _Header(
        header_size=size,
        page_size=number(fields, _COMPRESSED_SIZE),
        uncompressed_size=number(fields, _UNCOMPRESSED_SIZE),
        values=_values(fields),
        is_data=_DATA in fields or _DATA_V2 in fields,
        is_v2=_DATA_V2 in fields,
        crc=crc & 0xFFFFFFFF if isinstance(crc, int) else None,
    )


def _values(fields: Struct) -> int:
    for kind in (_DATA, _DATA_V2, _DICTIONARY):
        struct = fields.get(kind)
        if isinstance(struct, dict):
            return number(struct, _VALUES)
    return 0
