"""Parquet page headers: the size of a page, its number of values, and its checksum.

Field ids of the struct ``PageHeader`` in
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from dataclasses import dataclass

from forecast_cli.data.files.compact import Struct, number, read_struct

_UNCOMPRESSED_SIZE, _COMPRESSED_SIZE, _CRC, _DATA, _DICTIONARY, _DATA_V2 = 2, 3, 4, 5, 7, 8
_VALUES = 1  # in the struct of each kind of page


@dataclass(frozen=True)
class PageHeader:
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


def parse_page_header(data: bytes) -> PageHeader:
    """Parse the header at the start of ``data``. Raises MalformedError, also if ``data`` ends too early."""
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
