"""The risk table of a shard: how low each account goes, and whether, when and how long it is under each threshold."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.config.settings import Settings
from forecast_cli.config.thresholds import threshold_columns
from forecast_cli.core import columns as c
from forecast_cli.core.risk_columns import (
    BALANCE,
    DAYS_BELOW,
    EXPECTED_LOW,
    FIRST_BELOW,
    LOW_Q05,
    LOW_Q50,
    PROB_BELOW,
    THRESHOLD,
    THRESHOLD_NAME,
    WINDOW,
)
from forecast_cli.data.panel import Panel
from forecast_cli.data.scan.amounts import amounts_on, read_amounts
from forecast_cli.engine.outcomes import ModelForecast
from forecast_cli.engine.shards import Job, Shard
from forecast_cli.risk.lows import Lows, windows_within
from forecast_cli.risk.panel_lows import panel_lows
from forecast_cli.risk.thresholds import ColumnAmounts, threshold_amounts


def read_threshold_amounts(job: Job, shard: Shard, panels: Sequence[Panel]) -> Sequence[ColumnAmounts]:
    """Return, for each of ``panels`` of a shard's accounts, the amounts of threshold columns as of its origins."""
    column_amounts: list[dict[str, NDArray[np.float64]]] = [{} for _ in panels]
    for column in threshold_columns(job.settings.threshold):
        rows = read_amounts(job.source, job.settings, column, first_id=shard.first_id, last_id=shard.last_id)
        for known, panel in zip(column_amounts, panels, strict=True):
            known[column] = amounts_on(rows, panel)
    return column_amounts


def without_amount(panel: Panel, column_amounts: ColumnAmounts) -> NDArray[np.bool_]:
    """Return which accounts have no amount in at least one of the threshold columns, [n]."""
    missing: NDArray[np.bool_] = np.isnan(np.add.reduce([np.zeros(len(panel)), *column_amounts.values()]))
    return missing


def risk_table(
    panel: Panel, forecasts: Sequence[ModelForecast], settings: Settings, column_amounts: ColumnAmounts
) -> pl.DataFrame:
    """Return a row for each account, model, threshold and window, in that order.

    Each of ``forecasts`` covers all rows of the panel. There are no rows where a model has no forecast for an account,
    or where an account has no amount in the column of a threshold.
    """
    names, windows = settings.threshold, windows_within(settings.horizon)
    amounts = threshold_amounts(panel, names, column_amounts)
    lows = list(panel_lows(panel, {one.label: one.ladder.forecast for one in forecasts}, amounts).values())
    n, m, k, w = len(panel), len(forecasts), len(names), len(windows)
    labels = pl.Series([one.label for one in forecasts], dtype=pl.String)
    columns = [
        *panel.keys()[np.arange(n).repeat(m * k * w)],
        pl.Series(THRESHOLD, np.broadcast_to(amounts[:, None, :, None], (n, m, k, w)).ravel()),
        pl.Series(WINDOW, np.tile(np.array(windows), n * m * k), dtype=pl.Int32),
        *_figures(lows, panel.origins, k),
        labels.gather(np.tile(np.arange(m).repeat(k * w), n)).alias(c.MODEL),
        pl.Series(names, dtype=pl.String).gather(np.tile(np.arange(k).repeat(w), n * m)).alias(THRESHOLD_NAME),
        pl.Series(BALANCE, panel.y[:, -1:].repeat(m * k * w)),
    ]
    return pl.DataFrame(columns).filter(pl.col(PROB_BELOW).is_not_nan())


def _figures(found: Sequence[Lows], origins: NDArray[np.datetime64], k: int) -> list[pl.Series]:
    """Return the columns computed from paths, for each account, model, threshold (``k``) and window."""
    lows = {EXPECTED_LOW: "expected_low", LOW_Q05: "low_q05", LOW_Q50: "low_q50"}
    figures = {PROB_BELOW: np.stack([one.prob_below for one in found], axis=1)}
    for name, field in lows.items():
        low = np.stack([getattr(one, field) for one in found], axis=1)
        figures[name] = np.repeat(low[:, :, None], k, axis=2)
    figures[DAYS_BELOW] = np.stack([one.days_below for one in found], axis=1)
    first = np.stack([one.first_below for one in found], axis=1)
    dates = [_dates(origins, first[..., place]).alias(name) for place, name in enumerate(FIRST_BELOW)]
    return [*(pl.Series(name, values.ravel()) for name, values in figures.items()), *dates]


def _dates(origins: NDArray[np.datetime64], days: NDArray[np.float64]) -> pl.Series:
    """Return the dates ``days`` [n, m, k, w] after the origins [n]; null where ``days`` is NaN."""
    whole = np.nan_to_num(days).astype(np.int64)
    dates = origins[:, None, None, None] + whole
    dates[np.isnan(days)] = np.datetime64("NaT", "D")
    return pl.Series(dates.ravel(), dtype=pl.Date)
