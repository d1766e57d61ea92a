"""Parquet page headers: how long a page is, how many values it holds, and what its checksum is.

Format: the struct ``PageHeader`` of https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
in https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

#: Field ids of PageHeader, and that of the number of values in each of its structs.
_UNCOMPRESSED_SIZE, _COMPRESSED_SIZE, _CRC, _DATA, _DICTIONARY, _DATA_V2 = 2, 3, 4, 5, 7, 8
_VALUES: Final = 1

_STOP: Final = 0
_TRUTHS: Final = (1, 2)
_VARINTS: Final = (4, 5, 6)
_STRUCT: Final = 12
_LONG_SIZE: Final = 15
_DEEPEST: Final = 16

_Fields: TypeAlias = dict[int, "int | _Fields"]


class MalformedHeaderError(Exception):
    """The bytes are no page header."""


@dataclass(frozen=True)
class PageHeader:
    """Sizes in bytes: of the header, of the page after it, of the page decompressed. ``crc`` where there is one.

    ``values`` of a data page count towards its column; those of a dictionary or an index do not.
    """

    header_size: int
    page_size: int
    uncompressed_size: int
    values: int
    is_data: bool
    crc: int | None


def parse_page_header(data: bytes) -> PageHeader:
    """Read the header ``data`` begins with. Raises MalformedHeaderError, also where ``data`` ends too early."""
    reader = _Reader(data)
    try:
        fields = reader.struct(0)
    except IndexError:
        raise MalformedHeaderError("it is cut off") from None
    crc = fields.get(_CRC)
    header = PageHeader(
        header_size=reader.position,
        page_size=_number(fields, _COMPRESSED_SIZE),
        uncompressed_size=_number(fields, _UNCOMPRESSED_SIZE),
        values=_values(fields),
        is_data=_DATA in fields or _DATA_V2 in fields,
        crc=crc & 0xFFFFFFFF if isinstance(crc, int) else None,
    )
    if min(header.page_size, header.uncompressed_size, header.values) < 0:
        raise MalformedHeaderError("it has a negative size")
    return header


def _values(fields: "_Fields") -> int:
    """Return the number of values, as the struct of the page's kind says."""
    for kind in (_DATA, _DATA_V2, _DICTIONARY):
        struct = fields.get(kind)
        if isinstance(struct, dict):
            return _number(struct, _VALUES)
    return 0


def _number(fields: "_Fields", field: int) -> int:
    value = fields.get(field)
    if not isinstance(value, int):
        raise MalformedHeaderError("it lacks a size")
    return value


class _Reader:
    """Reads a struct of the compact protocol; keeps whole numbers and structs, skips the rest."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def struct(self, depth: int) -> "_Fields":
        """Return the struct at the current position, by field id."""
        if depth > _DEEPEST:
            raise MalformedHeaderError("it nests too deep")
        fields: _Fields = {}
        field = 0
        while (head := self._byte()) != _STOP:
            field = field + (head >> 4) if head >> 4 else _unzigzag(self._varint())
            kind = head & 0x0F
            if kind in _VARINTS:
                fields[field] = _unzigzag(self._varint())
            elif kind == _STRUCT:
                fields[field] = self.struct(depth + 1)
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
                raise MalformedHeaderError(f"it has a field of kind {kind}")

    def _skip_list(self, depth: int) -> None:
        if depth > _DEEPEST:
            raise MalformedHeaderError("it nests too deep")
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
                raise MalformedHeaderError("it has a number that is too long")


def _unzigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)
