"""Statistics of row groups against the ids in them: wrong ones hide accounts from the shard that reads them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from typing import Any

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.core.errors import InputRejectedError
from forecast_cli.data.read_errors import collect
from forecast_cli.data.scan.rows import scan_rows
from forecast_cli.data.source import InputFile, RowGroup, Source


def reject_wrong_statistics(source: Source, settings: Settings) -> None:
    """Raise InputRejectedError for the first file with a row group whose ids are not within its statistics.

    All ids are read again: call this only once accounts are missing.
    """
    for file in source.files:
        if any(not _within(ids, group) for ids, group in _groups(file, source, settings)):
            raise InputRejectedError(
                f"{file.path}: a row group has other account ids than the footer says [IN04]", "deliver the file again"
            )


def _groups(file: InputFile, source: Source, settings: Settings) -> Iterator[tuple[pl.Series, RowGroup]]:
    rows = scan_rows(replace(source, files=(file,)), settings).select(c.UNIQUE_ID)
    starts = accumulate((group.rows for group in file.groups), initial=0)
    for start, group in zip(starts, file.groups, strict=False):
        yield collect(rows.slice(start, group.rows), source)[c.UNIQUE_ID], group


def _within(ids: pl.Series, group: RowGroup) -> bool:
    low: Any = ids.min()
    high: Any = ids.max()
    if low is None or group.first is None or group.last is None:
        return True
    return bool(group.first <= low and high <= group.last)
