"""Pieces: an input some rows at a time, in the order of its files, so that it is never held whole."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.data.scan.id_range import IdRange
from forecast_cli.data.scan.rows import scan_rows
from forecast_cli.data.source import InputFile, RowGroup, Source

#: Rows read together: some 100 MB while they are looked at.
PIECE_ROWS: Final = 1_000_000


def scan_pieces(
    source: Source,
    settings: Settings,
    *,
    first_id: object = None,
    last_id: object = None,
    scan: Callable[[Source, Settings], pl.LazyFrame] = scan_rows,
) -> Iterator[pl.LazyFrame]:
    """Yield the rows of ``source`` as ``scan`` gives them, about ``PIECE_ROWS`` at a time, none twice.

    Small files are read together, and a large one of this machine a few row groups at a time. An object is read whole:
    a part of it would be fetched from its start. Of ids out of the range some rows may be among them.
    """
    ids = IdRange(settings.id_col, source.key_dtype, first_id, last_id)
    holding = [file for file in source.files if file.rows and ids.may_hold(file)]
    if not holding:
        yield scan(replace(source, files=()), settings)
    for files in _together(holding, PIECE_ROWS):
        rows = scan(replace(source, files=tuple(files)), settings)
        if len(files) > 1 or files[0].rows <= PIECE_ROWS or source.access is not None:
            yield rows
        else:
            yield from (rows.slice(start, length) for start, length in _slices(files[0], ids, PIECE_ROWS))


def _together(files: Sequence[InputFile], most: int) -> Iterator[list[InputFile]]:
    """Yield neighbours of up to ``most`` rows together; a file of more than that stands alone."""
    some: list[InputFile] = []
    n_rows = 0
    for file in files:
        if some and n_rows + file.rows > most:
            yield some
            some, n_rows = [], 0
        some.append(file)
        n_rows += file.rows
    if some:
        yield some


def _slices(file: InputFile, ids: IdRange, most: int) -> Iterator[tuple[int, int]]:
    """Yield where the rows of a file to read together begin, and how many they are: whole row groups where they fit."""
    start = length = 0
    for group in file.groups or (RowGroup(file.rows),):
        wanted = ids.meets(group)
        if length and (not wanted or length + group.rows > most):
            yield from _cut(start, length, most)
            start, length = start + length, 0
        if wanted:
            length += group.rows
        else:
            start += group.rows
    if length:
        yield from _cut(start, length, most)


def _cut(start: int, length: int, most: int) -> Iterator[tuple[int, int]]:
    return ((at, min(most, start + length - at)) for at in range(start, start + length, most))
