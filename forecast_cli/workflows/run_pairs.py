"""Tables of two runs under common column names, and the accounts whose status differs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.store.layout import FORECASTS
from forecast_cli.store.tables import scan_forecasts, scan_table
from forecast_cli.workflows.run_tables import IdBounds, in_range, keys_of

#: Common names of the key columns: the account, and its currency if that is part of the key.
_KEYS: Final = ("key", c.CURRENCY)
#: Settings of a run, as recorded in its manifest.
SettingsRecord = Mapping[str, Any]


def table_of(output: Path, settings: SettingsRecord, name: str, ids: IdBounds = (None, None)) -> pl.LazyFrame:
    """Return the rows of a table whose account id is in ``ids``, under names and types that two runs share."""
    frame = scan_forecasts(output) if name == FORECASTS else scan_table(output / name)
    frame = frame if ids == (None, None) else frame.filter(in_range(settings["id_col"], ids))
    names = dict(zip(keys_of(settings), _KEYS, strict=False)) | {settings["date_col"]: c.DATE}
    present = frame.collect_schema().names()
    renamed = frame.rename({name: common for name, common in names.items() if name in present})
    return renamed.with_columns(pl.col("key").cast(pl.String))


def keys_in_both(old: pl.LazyFrame, new: pl.LazyFrame) -> list[str]:
    """Return the key columns that both tables have."""
    names = [frame.collect_schema().names() for frame in (old, new)]
    return [name for name in _KEYS if all(name in each for each in names)]


def status_changes(old: pl.LazyFrame, new: pl.LazyFrame) -> tuple[tuple[str, str, int], ...]:
    """Count accounts by old and new status, if these differ; an account missing in one run is ``absent`` there."""
    on = keys_in_both(old, new)
    frames = [frame.select(*on, "status").collect() for frame in (old, new)]
    both = frames[0].join(frames[1], on=on, how="full", suffix="_new", coalesce=True, nulls_equal=True)
    statuses = both.with_columns(pl.col("status", "status_new").fill_null("absent"))
    changed = statuses.filter(pl.col("status") != pl.col("status_new"))
    return tuple(changed.group_by("status", "status_new").len().sort("status", "status_new").iter_rows())
