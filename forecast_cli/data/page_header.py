"""Parquet page headers: the four fields that say how long a page is and what its checksum is.

Format: the struct ``PageHeader`` of https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
in https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from dataclasses import dataclass
from typing import Final

_COMPRESSED_SIZE: Final = 3
_CRC: Final = 4

_STOP: Final = 0
_TRUTHS: Final = (1, 2)
_VARINTS: Final = (4, 5, 6)
_LONG_SIZE: Final = 15
_DEEPEST: Final = 16


class MalformedHeaderError(Exception):
    """The bytes are no page header."""


@dataclass(frozen=True)
class PageHeader:
    """Bytes of the header itself, bytes of the page after it, and the page's CRC-32 where the writer left one."""

    header_size: int
    page_size: int
    crc: int | None


def parse_page_header(data: bytes) -> PageHeader:
    """Read the header ``data`` begins with. Raises MalformedHeaderError, also where ``data`` ends too early."""
    reader = _Reader(data)
    try:
        fields = reader.struct(0)
    except IndexError:
        raise MalformedHeaderError("cut off") from None
    size = fields.get(_COMPRESSED_SIZE, -1)
    if size < 0:
        raise MalformedHeaderError("no page size")
    crc = fields.get(_CRC)
    return PageHeader(reader.position, size, None if crc is None else crc & 0xFFFFFFFF)


class _Reader:
    """Reads a struct of the compact protocol; keeps whole numbers, skips the rest."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def struct(self, depth: int) -> dict[int, int]:
        """Return the whole-number fields of the struct at the current position, by field id."""
        if depth > _DEEPEST:
            raise MalformedHeaderError("too deep")
        fields: dict[int, int] = {}
        field = 0
        while (head := self._byte()) != _STOP:
            field = field + (head >> 4) if head >> 4 else _unzigzag(self._varint())
            kind = head & 0x0F
            if kind in _VARINTS:
                fields[field] = _unzigzag(self._varint())
            elif kind not in _TRUTHS:  # a field's truth value stands in its kind
                self._skip(kind, depth)
        return fields

    def _skip(self, kind: int, depth: int) -> None:
        match kind:
            case 1 | 2 | 3:
                self._advance(1)
            case 4 | 5 | 6:
                self._varint()
            case 7:
                self._advance(8)
            case 8:
                self._advance(self._varint())
            case 9 | 10:
                self._skip_list(depth + 1)
            case 12:
                self.struct(depth + 1)
            case _:
                raise MalformedHeaderError(f"field of kind {kind}")

    def _skip_list(self, depth: int) -> None:
        if depth > _DEEPEST:
            raise MalformedHeaderError("too deep")
        head = self._byte()
        size = self._varint() if head >> 4 == _LONG_SIZE else head >> 4
        if size > len(self._data):
            raise IndexError
        for _ in range(size):
            self._skip(head & 0x0F, depth)

    def _byte(self) -> int:
        value = self._data[self.position]
        self.position += 1
        return value

    def _advance(self, count: int) -> None:
        self.position += count
        if self.position > len(self._data):
            raise IndexError

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
            if shift > 63:
                raise MalformedHeaderError("number too long")


def _unzigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)
