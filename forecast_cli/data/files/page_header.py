"""Parquet page headers: how long a page is, how many values it holds, and what its checksum is.

Field ids of the struct ``PageHeader`` in https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from dataclasses import dataclass

from forecast_cli.data.files.compact import Struct, number, read_struct

_UNCOMPRESSED_SIZE, _COMPRESSED_SIZE, _CRC, _DATA, _DICTIONARY, _DATA_V2 = 2, 3, 4, 5, 7, 8
_VALUES = 1  # in the struct of each kind of page


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
    is_v2: bool
    crc: int | None


def parse_page_header(data: bytes) -> PageHeader:
    """Read the header ``data`` begins with. Raises MalformedError, also where ``data`` ends too early."""
    fields, size = read_struct(data)
    crc = fields.get(_CRC)
    return PageHeader(
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
