"""Low balance: was the probability that an account runs low any good, and better than its own base rate?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.data.panel import Panel
from forecast_cli.data.scan.canonical import CURRENCY
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.models.base import Forecast
from forecast_cli.models.rows import chunks
from forecast_cli.risk.events import low_points, periods_within, probability_below
from forecast_cli.risk.paths import order_courses, shuffle_paths

#: Days of history that percentiles and base rates are taken from: what is low for an account changes over the years.
TRAILING_DAYS: Final = 365

THRESHOLD: Final = "threshold"
DAYS: Final = "days"
PROBABILITY: Final = "probability"
BASE_RATE: Final = "base_rate"
EVENT: Final = "event"


@dataclass(frozen=True)
class _Question:
    """Will the low point of the first ``days`` days lie under ``threshold``, an amount or a percentile?"""

    threshold: str
    days: int


def low_balance_rows(
    panel: Panel, y: NDArray[np.float64], forecasts: Mapping[str, Forecast], *, thresholds: Sequence[str]
) -> pl.DataFrame:
    """Return a row for each account, model, threshold and period of 7, 14 and 30 days that the horizon covers.

    ``panel`` ends at the cutoff; ``y`` [n, h] is what came, NaN where nothing is known; ``forecasts`` are of the same
    rows, by model. Columns: the keys, ``cutoff``, ``model``, ``threshold`` (as asked for), ``days``, ``probability``
    that the low point of the first ``days`` days lies under the threshold, ``base_rate`` (null where the history is
    shorter than the period) and ``event`` (whether it did; null where not all days are known). An account that a model
    has no forecast for has no row for it.
    """
    asked = [_Question(text, days) for text in dict.fromkeys(thresholds) for days in periods_within(y.shape[1])]
    blocks = [_block(panel, y, forecasts, rows=rows, asked=asked) for rows in chunks(len(panel))]
    values = np.concatenate([np.empty((3, 0, len(forecasts), len(asked))), *blocks], axis=1)
    names = (PROBABILITY, BASE_RATE, EVENT)
    figures = [pl.Series(name, block.ravel(), nan_to_null=True) for name, block in zip(names, values, strict=True)]
    frame = pl.DataFrame([*_places(panel, list(forecasts), asked), *figures])
    return frame.filter(pl.col(PROBABILITY).is_not_null()).with_columns(pl.col(EVENT).cast(pl.Boolean))


def thresholds_of(panel: Panel, text: str) -> NDArray[np.float64]:
    """Return the threshold of each account, [n], in units of the balance: an amount, or for ``p10`` a percentile.

    The percentile is that of the account's balances over the last 365 days it has, interpolated linearly.
    """
    if not text.startswith("p"):
        return np.full(len(panel), float(text))
    recent = np.sort(panel.y[:, -TRAILING_DAYS:], axis=1)
    place = float(text[1:]) / 100 * (np.minimum(panel.lengths, TRAILING_DAYS) - 1)
    below = place.astype(np.int64)
    rows = np.arange(len(panel))
    low, high = recent[rows, below], recent[rows, np.minimum(below + 1, recent.shape[1] - 1)]
    share = place - below
    return np.where(share > 0, low * (1 - share) + high * share, low)


def base_rates(panel: Panel, thresholds: NDArray[np.float64], *, days: int) -> NDArray[np.float64]:
    """Return the share of periods of ``days`` days, within the last 365, that went under the threshold, [n].

    Periods start on every day; NaN where the history is shorter than one.
    """
    recent = panel.y[:, -TRAILING_DAYS:]
    lengths = np.minimum(panel.lengths, recent.shape[1])
    if recent.shape[1] < days:
        return np.full(len(panel), np.nan)
    under = np.cumsum(recent < thresholds[:, None], axis=1)
    counts = np.pad(under, ((0, 0), (1, 0)))
    hit = counts[:, days:] > counts[:, :-days]
    starts = np.arange(hit.shape[1]) >= recent.shape[1] - lengths[:, None]
    periods = np.maximum(lengths - days + 1, 0)
    return np.where(periods > 0, (hit & starts).sum(axis=1) / np.maximum(periods, 1), np.nan)


def _block(
    panel: Panel,
    y: NDArray[np.float64],
    forecasts: Mapping[str, Forecast],
    *,
    rows: slice,
    asked: Sequence[_Question],
) -> NDArray[np.float64]:
    """Return probability, base rate and event of some rows, [3, m, models, questions], NaN where not known."""
    part, came = panel.take(np.arange(len(panel))[rows]), y[rows]
    amounts = {one.threshold: thresholds_of(part, one.threshold) for one in asked}
    order = order_courses(part, y.shape[1])
    block = np.full((3, len(part), len(forecasts), len(asked)), np.nan)
    for model, forecast in enumerate(forecasts.values()):
        paths = shuffle_paths(part, _rows_of(forecast, rows), order=order)
        for place, one in enumerate(asked):
            block[0, :, model, place] = probability_below(paths, amounts[one.threshold], days=one.days)
    for place, one in enumerate(asked):
        low = low_points(came[:, None, :], one.days)
        block[1, :, :, place] = base_rates(part, amounts[one.threshold], days=one.days)[:, None]
        block[2, :, :, place] = np.where(np.isnan(low), np.nan, low < amounts[one.threshold][:, None])
    return block


def _places(panel: Panel, models: Sequence[str], asked: Sequence[_Question]) -> list[pl.Series]:
    """Return the columns that say what a row is about: each account with each model and each question."""
    n, each = len(panel), len(models) * len(asked)
    keys = zip((c.UNIQUE_ID, CURRENCY), panel.keys(), strict=False)
    return [
        *(key.gather(np.repeat(np.arange(n), each)).alias(name) for name, key in keys),
        pl.Series(CUTOFF, np.repeat(panel.origins.astype("datetime64[D]"), each), dtype=pl.Date),
        pl.Series(c.MODEL, [model for model in models for _ in asked] * n, dtype=pl.String),
        pl.Series(THRESHOLD, [one.threshold for one in asked] * len(models) * n, dtype=pl.String),
        pl.Series(DAYS, [one.days for one in asked] * len(models) * n, dtype=pl.Int32),
    ]


def _rows_of(forecast: Forecast, rows: slice) -> Forecast:
    paths = None if forecast.paths is None else forecast.paths[rows]
    return replace(forecast, mean=forecast.mean[rows], quantiles=forecast.quantiles[rows], failures=(), paths=paths)
