"""Reader for the Thrift compact protocol of parquet headers and footers, which validates everything it reads.

pyarrow aborts the process on some damaged footers, polars on some damaged page headers; so both are read here first.
Format: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from typing import Final, TypeAlias

Value: TypeAlias = "int | bytes | list[Value] | dict[int, Value] | None"
Struct: TypeAlias = "dict[int, Value]"

_STOP: Final = 0
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET = range(1, 11)
_STRUCT: Final = 12
_LONG_SIZE: Final = 15
_LONGEST_NUMBER: Final = 63
_DEEPEST: Final = 32


class MalformedError(Exception):
    """The bytes do not follow the format; the message completes a sentence about them."""


def read_struct(data: bytes) -> tuple[Struct, int]:
    """Return the struct at the start of ``data``, by field id, and its size; raise MalformedError if there is none."""
    reader = _Reader(data)
    try:
        return reader.struct(0), reader.position
    except IndexError:
        raise MalformedError("is truncated") from None


def number(struct: Struct, field: int) -> int:
    """Return an integer field of a struct, at least 0; raise MalformedError if it is missing or negative."""
    value = struct.get(field)
    if not isinstance(value, int) or value < 0:
        raise MalformedError("has a size that is missing or negative")
    return value


def structs(struct: Struct, field: int) -> list[Struct]:
    """Return a field that is a list of structs; raise MalformedError if it is anything else."""
    value = struct.get(field)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise MalformedError("has a list that is missing or malformed")
    return [item for item in value if isinstance(item, dict)]


class _Reader:
    """Reads one value after another; raises IndexError if the data ends too early. Doubles are skipped."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def struct(self, depth: int) -> Struct:
        """Return the struct at the current position."""
        if depth > _DEEPEST:
            raise MalformedError("is nested too deeply")
        fields: Struct = {}
        field = 0
        while (head := self._byte()) != _STOP:
            field = field + (head >> 4) if head >> 4 else _unzigzag(self._varint())
            kind = head & 0x0F
            # a boolean field has its value in its kind
            fields[field] = kind if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Value:
        if kind in (_I16, _I32, _I64):
            return _unzigzag(self._varint())
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind in (_LIST, _SET):
            return self._list(depth + 1)
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind == _DOUBLE:
            self._bytes(8)
            return None
        raise MalformedError(f"has a field of unknown type {kind}")

    def _list(self, depth: int) -> list[Value]:
        head = self._byte()
        size = self._varint() if head >> 4 == _LONG_SIZE else head >> 4
        if depth > _DEEPEST or size > len(self._data):
            raise MalformedError("has a list that is too long")
        return [self._value(head & 0x0F, depth) for _ in range(size)]

    def _byte(self) -> int:
        value = self._data[self.position]
        self.position += 1
        return value

    def _bytes(self, count: int) -> bytes:
        start = self.position
        self.position += count
        if self.position > len(self._data):
            raise IndexError
        return self._data[start : self.position]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > _LONGEST_NUMBER:
                raise MalformedError("has a number that is too long")


def _unzigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)
