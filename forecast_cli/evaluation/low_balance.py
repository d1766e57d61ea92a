"""Low-balance rows of a backtest: predicted probabilities and dates beside the actual events and base rates."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.core.risk_columns import CROSSED
from forecast_cli.data.panel import Panel
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.models.base import Forecast
from forecast_cli.models.rows import chunks
from forecast_cli.risk.lows import first_day_below, windows_within
from forecast_cli.risk.panel_lows import panel_lows
from forecast_cli.risk.thresholds import TRAILING_DAYS, ColumnAmounts, threshold_amounts

THRESHOLD: Final = "threshold"
DAYS: Final = "days"
AMOUNT: Final = "amount"
PROBABILITY: Final = "probability"
BASE_RATE: Final = "base_rate"
EVENT: Final = "event"
#: Whether the balance lay under the threshold on the day of the cutoff.
ALREADY: Final = "already"
#: Days from the cutoff to the first balance under the threshold.
DAY: Final = "day"
#: Days by which 10, 50 and 90 % of paths have been under it, and the shares of paths that have by then.
DAY_QUANTILES: Final = tuple(f"day_q{round(100 * share)}" for share in CROSSED)
REACHED: Final = tuple(f"reached_q{round(100 * share)}" for share in CROSSED)
#: Columns with the figures of a row, in this order.
FIGURES: Final = (AMOUNT, PROBABILITY, BASE_RATE, ALREADY, EVENT, DAY, *DAY_QUANTILES, *REACHED)
#: Columns by which windows are grouped for scoring, in this order.
GROUP: Final = (THRESHOLD, DAYS, c.MODEL)

_INTEGER_COLUMNS: Final = (DAY, *DAY_QUANTILES)


def low_balance_rows(
    panel: Panel,
    y: NDArray[np.float64],
    forecasts: Mapping[str, Forecast],
    *,
    thresholds: Sequence[str],
    column_amounts: ColumnAmounts | None = None,
) -> pl.DataFrame:
    """Return a row for each account, model, threshold and window of ``windows_within`` the horizon.

    ``panel`` ends at the cutoff; ``y`` [n, h] are the actual balances after it, NaN if unknown; ``forecasts`` are of
    the same rows, by model; ``column_amounts`` holds the thresholds that are columns of the input, as of the cutoff.
    Columns besides the keys, ``cutoff`` and ``model``:

    - ``threshold`` (as requested), ``days`` (the window) and ``amount`` (the threshold in units of the balance).
    - ``probability``: that the low point of the first ``days`` days lies under the amount.
    - ``base_rate``: see ``base_rates``; null if the history is shorter than the window.
    - ``already``: whether the balance was under it at the cutoff.
    - ``event``: whether the low point was under it; null if not all days are known.
    - ``day``: first day (from 1) on which it was; null if there is none.
    - ``day_q10``, ``day_q50``, ``day_q90``: day by which that share of paths has been under it; null if fewer are.
    - ``reached_q10``, ``reached_q50``, ``reached_q90``: share of paths that has been under it by that day.

    There is no row where an account has no forecast by the model or no such threshold.
    """
    names, windows = tuple(dict.fromkeys(thresholds)), windows_within(y.shape[1])
    amounts = threshold_amounts(panel, names, column_amounts or {})
    already = (panel.y[:, -1:] < amounts) if len(panel) else amounts
    known_before = {AMOUNT: amounts[:, :, None], ALREADY: already[:, :, None]}
    of_any_model = known_before | _actual_figures(panel, y, amounts, windows)
    figures = {name: values[:, None] for name, values in of_any_model.items()}
    figures |= _forecast_figures(panel, forecasts, amounts, windows)
    shape = (len(panel), len(forecasts), len(names), len(windows))
    flat = {name: np.broadcast_to(values, shape).ravel() for name, values in figures.items()}
    columns = [pl.Series(name, flat[name], dtype=pl.Float64, nan_to_null=True) for name in FIGURES]
    groups = product(forecasts, names, windows)
    frame = _with_keys(panel, groups, {c.MODEL: pl.String, THRESHOLD: pl.String, DAYS: pl.Int32}).hstack(columns)
    return frame.filter(pl.col(PROBABILITY).is_not_null()).with_columns(
        pl.col(ALREADY, EVENT).cast(pl.Boolean), pl.col(_INTEGER_COLUMNS).cast(pl.Int32)
    )


def actual_rows(
    panel: Panel, y: NDArray[np.float64], amounts: NDArray[np.float64], *, thresholds: Sequence[str]
) -> pl.DataFrame:
    """Return what came true: a row for each account, threshold and window of ``windows_within`` the horizon.

    ``panel`` and ``y`` are as for ``low_balance_rows``; ``amounts`` [n, k] are those of ``thresholds``. Columns besides
    the keys, ``cutoff``, ``threshold`` and ``days`` are ``base_rate``, ``event`` and ``day``, as there.
    """
    windows = windows_within(y.shape[1])
    figures = _actual_figures(panel, y, amounts, windows)
    columns = [pl.Series(name, values.ravel(), pl.Float64, nan_to_null=True) for name, values in figures.items()]
    keys = _with_keys(panel, product(thresholds, windows), {THRESHOLD: pl.String, DAYS: pl.Int32})
    return keys.hstack(columns).with_columns(pl.col(EVENT).cast(pl.Boolean), pl.col(DAY).cast(pl.Int32))


def base_rates(panel: Panel, thresholds: NDArray[np.float64], *, days: int) -> NDArray[np.float64]:
    """Return the share of periods of ``days`` days, within the last 365 days, that went under the threshold, [n].

    Periods start on every day. NaN if the history is shorter than one period.
    """
    recent = panel.y[:, -TRAILING_DAYS:]
    lengths = np.minimum(panel.lengths, recent.shape[1])
    if recent.shape[1] < days:
        return np.full(len(panel), np.nan)
    days_under = np.cumsum(recent < thresholds[:, None], axis=1)
    counts = np.pad(days_under, ((0, 0), (1, 0)))
    low = counts[:, days:] > counts[:, :-days]
    starts = np.arange(low.shape[1]) >= recent.shape[1] - lengths[:, None]
    periods = np.maximum(lengths - days + 1, 0)
    return np.where(periods > 0, (low & starts).sum(axis=1) / np.maximum(periods, 1), np.nan)


def _forecast_figures(
    panel: Panel, forecasts: Mapping[str, Forecast], amounts: NDArray[np.float64], windows: Sequence[int]
) -> dict[str, NDArray[np.float64]]:
    """Return the figures of the models' paths, each [n, models, thresholds, windows]."""
    lows = list(panel_lows(panel, forecasts, amounts).values())
    empty = np.empty((len(panel), 0, amounts.shape[1], len(windows)))
    figures = {PROBABILITY: [one.prob_below for one in lows]}
    for place in range(len(CROSSED)):
        figures[DAY_QUANTILES[place]] = [one.first_below[..., place] for one in lows]
        figures[REACHED[place]] = [one.reached[..., place] for one in lows]
    return {name: np.stack(values, axis=1) if values else empty for name, values in figures.items()}


def _actual_figures(
    panel: Panel, y: NDArray[np.float64], amounts: NDArray[np.float64], windows: Sequence[int]
) -> dict[str, NDArray[np.float64]]:
    """Return base rates and the actual events and their days, each [n, thresholds, windows]."""
    shape = (*amounts.shape, len(windows))
    base, event, day = (np.full(shape, np.nan) for _ in range(3))
    for place in range(amounts.shape[1]):
        first = first_day_below(y, amounts[:, place])
        for window, days in enumerate(windows):
            known = ~np.isnan(y[:, :days]).any(axis=1)
            under = first <= days
            event[known, place, window] = under[known]
            day[known & under, place, window] = first[known & under]
            for rows in chunks(len(panel)):
                base[rows, place, window] = base_rates(panel.part(rows), amounts[rows, place], days=days)
    return {BASE_RATE: base, EVENT: event, DAY: day}


def _with_keys(
    panel: Panel, groups: Iterable[tuple[object, ...]], schema: Mapping[str, type[pl.DataType]]
) -> pl.DataFrame:
    """Return a row for each account and each of ``groups``: key columns, cutoff, and the columns of ``schema``."""
    each = pl.DataFrame(list(groups), schema=schema, orient="row")
    accounts = panel.keys().with_columns(pl.Series(CUTOFF, panel.origins, dtype=pl.Date))
    n = len(panel)
    return accounts[np.repeat(np.arange(n), each.height)].hstack(each[np.tile(np.arange(each.height), n)])
