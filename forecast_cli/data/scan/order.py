"""Order: whether the rows of each account lie close together, judged by the first and last ids of the row groups."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Final

import polars as pl

from forecast_cli.data.files.hive import NULL_PARTITION
from forecast_cli.data.source import InputFile, RowGroup, Source

#: Most rows that all shards together may read, as a multiple of the input's rows, before the input is regrouped.
_MOST_TIMES: Final = 3
#: Rows that may be read in excess of the input's rows in any case: regrouping the input costs about as much.
FREE_ROWS: Final = 10_000_000


def is_scattered(source: Source, id_col: str, ranges: Iterable[tuple[Any, Any]]) -> bool:
    """Return whether reading ``ranges`` of ids one after the other would read most rows many times.

    Each range reads every row group that may hold one of its ids.
    """
    read = rows_to_read(source, id_col, ranges)
    return read > _MOST_TIMES * source.rows and read - source.rows > FREE_ROWS


def rows_to_read(source: Source, id_col: str, ranges: Iterable[tuple[Any, Any]]) -> int:
    """Return the rows that ``ranges`` of ids (first, last) read in total, each its matching row groups in full."""
    groups = [group for file in source.files for group in _groups(file, id_col, as_text=source.key_dtype == pl.String)]
    known = [group for group in groups if group.first is not None and group.last is not None]
    anywhere = sum(group.rows for group in groups) - sum(group.rows for group in known)
    begins, ends = _cumulative_rows(known, "first"), _cumulative_rows(known, "last")
    total = 0
    for first, last in ranges:
        begun = begins[1][bisect_right(begins[0], last)]
        ended = ends[1][bisect_left(ends[0], first)]
        total += anywhere + begun - ended
    return total


def _groups(file: InputFile, id_col: str, *, as_text: bool) -> Iterator[RowGroup]:
    """Yield the row groups of a file; a file whose folder names the account is one group, or none if the id is null."""
    if id_col in dict(file.columns):
        yield from file.groups or (RowGroup(file.rows),)
        return
    value = dict(file.hive).get(id_col, NULL_PARTITION)
    if value == NULL_PARTITION or not as_text:
        return
    yield RowGroup(file.rows, value, value)


def _cumulative_rows(groups: Iterable[RowGroup], bound: str) -> tuple[list[Any], list[int]]:
    """Return the groups' bounds in ascending order, and the cumulative number of rows of the groups before each."""
    ordered = sorted(((getattr(group, bound), group.rows) for group in groups), key=lambda pair: pair[0])
    rows = [0]
    for _, count in ordered:
        rows.append(rows[-1] + count)
    return [value for value, _ in ordered], rows
