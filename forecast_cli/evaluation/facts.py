"""Facts of a window: the scale that its errors are divided by, and the segments of its account at the cutoff.

Only the training part is used, so that segments are known when a forecast is made.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.evaluation.rows import CUTOFF, N_TRAIN, SCALE, SCALE_RMS
from forecast_cli.models.rows import chunks, row_sums, squared_changes

#: Band of accounts without a scale, whose balance and moves cannot be expressed in units of it.
NO_SCALE: Final = "no scale"
STILL: Final = "still"

#: A mean move of up to this share of the largest balance is the rounding of sums in the input.
_ROUNDING: Final = 2.0**-46

_TENURE_EDGES: Final = (365, 730, 1_460)
_BALANCE_EDGES: Final = (-1.0, 1.0, 3.0, 6.0)
_VOLATILITY_EDGES: Final = (0.1, 0.25, 0.5)
_ACTIVITY_EDGES: Final = (0.1, 0.2, 0.4)

#: Segments that every backtest has, each with its bands in ascending order. A move is the account's scale, its mean
#: absolute change over the scale lag, so bands mean the same in every currency. The lower end belongs to a band.
BANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "tenure": ("under 1 year", "1 to 2 years", "2 to 4 years", "over 4 years"),
    "balance": (NO_SCALE, "negative", "near zero", "1 to 3 moves", "3 to 6 moves", "over 6 moves"),
    "volatility": (
        NO_SCALE,
        "under 10 % of balance",
        "10 to 25 % of balance",
        "25 to 50 % of balance",
        "over 50 % of balance",
    ),
    "activity": (STILL, "under 10 % of days", "10 to 20 % of days", "20 to 40 % of days", "over 40 % of days"),
}


def window_facts(train: Panel, *, lag: int) -> pl.DataFrame:
    """Return the window row of each account of ``train`` (balances up to the cutoff), with the columns of ``rows``.

    scale is the mean of |y[t] - y[t - lag]| and scale_rms its root mean square, in units of the balance (Hyndman and
    Koehler 2006, International Journal of Forecasting 22, section 3). Both are null if the balance never moved at that
    lag by more than rounding or the history is not longer than the lag.
    """
    scale, scale_rms = _compute_scales(train, lag)
    return pl.DataFrame(
        [
            *train.keys(),
            pl.Series(CUTOFF, train.origins, dtype=pl.Date),
            pl.Series(N_TRAIN, train.lengths, dtype=pl.Int64),
            pl.Series(SCALE, scale, dtype=pl.Float64, nan_to_null=True),
            pl.Series(SCALE_RMS, scale_rms, dtype=pl.Float64, nan_to_null=True),
            *(_label_bands(name, codes) for name, codes in _assign_bands(train, scale).items()),
        ]
    )


def _compute_scales(train: Panel, lag: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return scale and scale_rms, [n] each, NaN if there is none."""
    absolute, pairs = _absolute_changes(train, lag), train.lengths - lag
    largest = _apply_in_chunks(train, lambda y: np.fmax.reduce(np.abs(y), axis=1))
    moved = (absolute > _ROUNDING * largest * np.maximum(pairs, 0)) & np.isfinite(absolute)
    divisor = np.where(moved, pairs, 1)
    scale = np.where(moved, absolute / divisor, np.nan)
    return scale, np.where(moved, np.sqrt(squared_changes(train, lag) / divisor), np.nan)


def _absolute_changes(train: Panel, lag: int) -> NDArray[np.float64]:
    """Return the sum over days of |y[t] - y[t - lag]| for each account, [n]; 0 if there is no pair of days."""
    return _apply_in_chunks(train, lambda y: row_sums(np.abs(y[:, lag:] - y[:, :-lag])))


def _assign_bands(train: Panel, scale: NDArray[np.float64]) -> dict[str, NDArray[np.int64]]:
    """Return, for each segment, the index of each account's band, [n] each."""
    last = _apply_in_chunks(train, lambda y: y[:, -1])
    size = _apply_in_chunks(train, lambda y: row_sums(np.abs(y))) / train.lengths
    moves = _apply_in_chunks(train, lambda y: np.count_nonzero(np.abs(np.diff(y, axis=1)) > 0, axis=1))
    has_scale = ~np.isnan(scale)
    unit, pairs = np.where(has_scale, scale, 1.0), np.maximum(train.lengths - 1, 1)
    with np.errstate(over="ignore"):  # an infinite value falls in an outermost band
        in_moves, per_balance = last / unit, unit / np.where(size > 0, size, 1.0)
    return {
        "tenure": np.digitize(train.lengths, _TENURE_EDGES),
        "balance": np.where(has_scale, 1 + np.digitize(in_moves, _BALANCE_EDGES), 0),
        "volatility": np.where(has_scale, 1 + np.digitize(per_balance, _VOLATILITY_EDGES), 0),
        "activity": np.where(moves > 0, 1 + np.digitize(moves / pairs, _ACTIVITY_EDGES), 0),
    }


def _apply_in_chunks(train: Panel, compute: Callable[[NDArray[np.float64]], NDArray[Any]]) -> NDArray[np.float64]:
    """Apply ``compute`` to the balances [rows, t] of each chunk of accounts and return the results, [n]."""
    results = np.zeros(len(train))
    for rows in chunks(len(train)):
        results[rows] = compute(train.y[rows])
    return results


def _label_bands(segment: str, codes: NDArray[np.int64]) -> pl.Series:
    return pl.Series(segment, BANDS[segment], dtype=pl.String).gather(codes)
