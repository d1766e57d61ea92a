"""Low points of sample paths, and whether, when and for how long paths are under a threshold."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.core.risk_columns import CROSSED
from forecast_cli.models.row_arrays import RowArrays
from forecast_cli.models.rows import in_c_order, tree_sum

#: Windows of ``risk.parquet``, in days from the origin.
WINDOWS: Final = (7, 14, 30, 60, 90)


@dataclass(frozen=True)
class Lows(RowArrays):
    """Figures of the sample paths of n accounts over w windows and k thresholds; NaN without paths or threshold.

    Amounts are in units of the balance. A path has one low point per window.

    - ``expected_low``, ``low_q05``, ``low_q50`` [n, w]: mean, 5 % and 50 % quantile of the low points.
    - ``prob_below`` [n, k, w]: share of paths whose low point lies under the threshold.
    - ``days_below`` [n, k, w]: mean number of days under the threshold.
    - ``most_below`` [n, k]: largest share of paths that are under the threshold on one day of the longest window.
    - ``first_below`` [n, k, w, 3]: day (1 is the first after the origin) by which 10, 50 and 90 % of paths have been
      under the threshold; NaN if fewer are within the window.
    - ``reached`` [n, k, w, 3]: share of paths that have been under it by that day.
    """

    expected_low: NDArray[np.float64]
    low_q05: NDArray[np.float64]
    low_q50: NDArray[np.float64]
    prob_below: NDArray[np.float64]
    days_below: NDArray[np.float64]
    most_below: NDArray[np.float64]
    first_below: NDArray[np.float64]
    reached: NDArray[np.float64]


def windows_within(h: int) -> tuple[int, ...]:
    """Return those of the windows 7, 14, 30, 60 and 90 that ``h`` days cover, or ``(h,)`` if there are none."""
    return tuple(days for days in WINDOWS if days <= h) or (h,)


def find_lows(paths: NDArray[np.float64], thresholds: NDArray[np.float64], windows: tuple[int, ...]) -> Lows:
    """Return the lows of ``paths`` [n, s, h] for ``thresholds`` [n, k], over ascending ``windows`` in days.

    The order of the paths and other accounts have no influence.
    """
    from forecast_cli.risk.loops import count_below, find_crossing_days, find_window_lows

    by_day, days = in_c_order(np.swapaxes(paths, 1, 2)), np.array(windows)
    n, _, s = by_day.shape
    lows = np.empty((n, len(windows), s))
    find_window_lows(by_day, days, lows)
    lows.sort(axis=2)
    shape = (*thresholds.shape, len(windows))
    prob, days_below, most_below = np.empty(shape), np.empty(shape), np.empty(thresholds.shape)
    first_below, reached = (np.full((*shape, len(CROSSED)), np.nan) for _ in range(2))
    first_days = np.empty((*thresholds.shape, s), dtype=np.int32)
    count_below(by_day, in_c_order(thresholds), days, days_below, most_below, first_days)
    counts = np.array([int(np.ceil(share * s - 1e-9)) for share in CROSSED])
    find_crossing_days(first_days, days, counts, prob, first_below, reached)
    missing = np.isnan(lows[:, -1:, -1] + thresholds)
    for figures in (prob, days_below, most_below, first_below, reached):
        figures[missing] = np.nan
    return Lows(
        expected_low=tree_sum(lows) / lows.shape[2],
        low_q05=_interpolate_quantile(lows, 0.05),
        low_q50=_interpolate_quantile(lows, 0.5),
        prob_below=prob,
        days_below=days_below,
        most_below=most_below,
        first_below=first_below,
        reached=reached,
    )


def first_day_below(y: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the first day (from 1) of ``y`` [n, h] under the thresholds [n], [n]; NaN if no day is."""
    under = y < thresholds[:, None]
    return np.where(under.any(axis=1), under.argmax(axis=1) + 1.0, np.nan)


def _interpolate_quantile(ordered: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return the quantile with probability ``share`` over the last axis of ``ordered``, which is ascending.

    Value i of s has the probability (i + 0.5) / s, linear between values: definition 5 of Hyndman and Fan (1996),
    Sample quantiles in statistical packages, The American Statistician 50.
    """
    s = ordered.shape[-1]
    place = min(max(share * s - 0.5, 0.0), s - 1.0)
    left = int(place)
    low, high = ordered[..., left], ordered[..., min(left + 1, s - 1)]
    with np.errstate(invalid="ignore", over="ignore"):
        quantile: NDArray[np.float64] = low + (high - low) * (place - left)
    return quantile
