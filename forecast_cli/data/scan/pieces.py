"""Pieces: the input in parts of about a million rows, in file order, so that it is never in memory as a whole."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.data.scan.id_range import IdRange
from forecast_cli.data.scan.rows import scan_rows
from forecast_cli.data.source import InputFile, RowGroup, Source

#: Rows read together: about 100 MB of memory while they are examined.
PIECE_ROWS: Final = 1_000_000


def scan_pieces(
    source: Source,
    settings: Settings,
    *,
    first_id: object = None,
    last_id: object = None,
    scan: Callable[[Source, Settings], pl.LazyFrame] = scan_rows,
) -> Iterator[pl.LazyFrame]:
    """Yield the rows of ``source`` as ``scan`` returns them, in pieces of about ``PIECE_ROWS`` rows, each row once.

    Small files are combined, and a large local file is split at row groups. An object of a store is read whole, since
    reading a part of it would fetch it from its start. With a range of ids, rows of other ids may be included.
    """
    ids = IdRange(settings.id_col, source.key_dtype, first_id, last_id)
    holding = ids.files_of(source)
    if not holding:
        yield scan(replace(source, files=()), settings)
    for files in _group_files(holding):
        rows = scan(replace(source, files=tuple(files)), settings)
        if len(files) > 1 or files[0].rows <= PIECE_ROWS or source.access is not None:
            yield rows
        else:
            yield from (rows.slice(start, length) for start, length in _slices(files[0], ids))


def _group_files(files: Sequence[InputFile]) -> Iterator[list[InputFile]]:
    """Yield groups of consecutive files with up to ``PIECE_ROWS`` rows in total; a file with more rows is alone."""
    some: list[InputFile] = []
    n_rows = 0
    for file in files:
        if some and n_rows + file.rows > PIECE_ROWS:
            yield some
            some, n_rows = [], 0
        some.append(file)
        n_rows += file.rows
    if some:
        yield some


def _slices(file: InputFile, ids: IdRange) -> Iterator[tuple[int, int]]:
    """Yield start and length of the row ranges of a file to read together: whole row groups unless one is too large."""
    start = length = 0
    for group in file.groups or (RowGroup(file.rows),):
        wanted = ids.meets(group)
        if length and (not wanted or length + group.rows > PIECE_ROWS):
            yield from _split_range(start, length)
            start, length = start + length, 0
        if wanted:
            length += group.rows
        else:
            start += group.rows
    if length:
        yield from _split_range(start, length)


def _split_range(start: int, length: int) -> Iterator[tuple[int, int]]:
    return ((at, min(PIECE_ROWS, start + length - at)) for at in range(start, start + length, PIECE_ROWS))
