"""Sample paths of a forecast: day by day its quantiles, from one day to the next the account's own past.

The low point over a period cannot be had from daily intervals; it takes whole courses. Each path gets, on each day, one
value out of the forecast's distribution of that day; which one follows the rank order of the account's past courses:
the path that stands for a course that was third lowest on its fifth day gets the third lowest value of the fifth day.
Source: Clark, Gangopadhyay, Hay, Rajagopalan and Wilby, The Schaake shuffle, Journal of Hydrometeorology 5, 2004.

One thing is added, and was measured. Balances rest and then jump, while a forecast's daily distributions are smooth:
a course that rests changes its rank whenever others move around it, and its path would wander over days on which
nothing happens. So ranks are held near the mean rank of their course (``PERSISTENCE``).
"""

from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, quantile_probabilities
from forecast_cli.models.normal_scores import normal_scores

N_PATHS: Final = 100
#: Weight of a course's mean rank against its rank of the day. With MSTL(30), low point of 30 days under p10, on real
#: accounts (and on the sample), the Brier score was 0.124 (0.188) at weight 0, 0.114 (0.165) at 1, 0.110 (0.164) at 3,
#: and 0.108 (0.166) with the mean alone; the mean probability 0.30 (0.55), 0.26 (0.46), 0.24 (0.41), 0.22 (0.37), where
#: 0.21 (0.43) came.
PERSISTENCE: Final = 3
#: Values of paths worked on at a time: 1.5 MB of them.
_CELLS: Final = 200_000


def shuffle_paths(
    panel: Panel, forecast: Forecast, *, n_paths: int = N_PATHS, order: NDArray[np.int32] | None = None
) -> NDArray[np.float64]:
    """Return sample paths [n, s, h], in units of the balance; the model's own where it has them.

    ``order`` is ``order_courses(panel, h, n_paths)``, where it is known already: it is the same for all models. Nothing
    is drawn; what a row gets depends on that row alone. Rows that the forecast leaves NaN stay NaN; a row it has
    numbers but no paths for gets as many as the others have. The values of one day lie next to each other in memory.
    """
    own = forecast.paths
    if own is None:
        return np.swapaxes(_shuffled(panel, forecast, n_paths=n_paths, order=order), 1, 2)
    rows = np.flatnonzero(np.isnan(own).any(axis=(1, 2)) & ~np.isnan(forecast.mean).any(axis=1))
    if not len(rows):
        return own
    part = replace(forecast, mean=forecast.mean[rows], quantiles=forecast.quantiles[rows], paths=None, failures=())
    filled = own.copy()
    filled[rows] = np.swapaxes(_shuffled(panel.take(rows), part, n_paths=own.shape[1], order=None), 1, 2)
    return filled


def order_courses(panel: Panel, h: int, n_paths: int = N_PATHS) -> NDArray[np.int32]:
    """Return which of s past courses was lowest, second lowest ... on each of their h days, [n, h, s].

    Past courses are the changes over each h days of the history, up to the origin: all of them, or s evenly spaced
    ones; where there are fewer, each is used several times. Courses that are level with each other keep one order over
    all days, a fixed one in which age plays no part; hence an account with no past course (h days of history or fewer),
    or one that never moved, gets one order for all days, and paths that do not cross. Changes count as level where they
    differ by less than about one part in 50,000.
    """
    ranks = _argsorted(_argsorted(_past_courses(panel, h, n_paths)))
    total = ranks.sum(axis=1, keepdims=True, dtype=np.int32)
    ranks *= h
    ranks += PERSISTENCE * total
    return _argsorted(ranks)


def rows_at_a_time(h: int, n_paths: int = N_PATHS) -> int:
    """Return how many accounts' paths to make at a time: as many as the processor's cache holds."""
    return max(1, _CELLS // (h * n_paths))


def _shuffled(
    panel: Panel, forecast: Forecast, *, n_paths: int, order: NDArray[np.int32] | None
) -> NDArray[np.float64]:
    """Return paths [n, h, s]: each day's values in the order of the past courses."""
    if order is None:
        order = order_courses(panel, forecast.mean.shape[1], n_paths)
    s = order.shape[2]
    places = order.reshape(-1, s).astype(np.int64)
    places += np.arange(0, order.size, s)[:, None]
    paths = np.empty(order.size)
    paths[places.ravel()] = _spread(forecast, s).ravel()
    return paths.reshape(order.shape)


def _argsorted(keys: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the order of the last axis, [..., s]; of equal ones, the first comes first.

    A key and its place are packed into one number, and the numbers sorted: they are all different, so that every way of
    sorting gives the same, and sorting short rows of numbers is some ten times as fast as sorting their places.
    """
    bits = (keys.shape[-1] - 1).bit_length()
    packed = np.left_shift(keys, bits, dtype=np.int64 if _outgrows(keys, bits) else np.int32)
    packed |= np.arange(keys.shape[-1], dtype=packed.dtype)
    packed.sort(axis=-1)
    packed &= (1 << bits) - 1
    return np.asarray(packed, dtype=np.int32)


def _outgrows(keys: NDArray[np.int32], bits: int) -> bool:
    """Say whether ``bits`` more behind them are too many for keys of 32 bits."""
    return bool(keys.size) and max(-int(keys.min()), int(keys.max())) >> (31 - bits) > 0


def _past_courses(panel: Panel, h: int, n_paths: int) -> NDArray[np.int32]:
    """Return what the balance had changed by after 1..h days of each past course, as keys to sort by, [n, h, s].

    Keys of float32, cut to 24 bits; 0 where there is no course.
    """
    if panel.y.shape[1] <= h:
        return np.zeros((len(panel), h, n_paths), dtype=np.int32)
    rooms = np.maximum(panel.lengths - h, 0)
    ages = _order_of_paths(n_paths) * rooms[:, None] // n_paths
    courses = np.lib.stride_tricks.sliding_window_view(panel.y, h + 1, axis=1)
    taken = courses[np.arange(len(panel))[:, None], panel.y.shape[1] - 1 - h - ages]
    changes = np.empty((len(panel), h, n_paths), dtype=np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        np.subtract(np.swapaxes(taken, 1, 2)[:, 1:], taken[:, None, :, 0], out=changes, casting="same_kind")
    changes[rooms == 0] = 0.0
    return _sortable(changes)


def _sortable(values: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return whole numbers of 24 bits in the order of ``values``: sign, exponent and the first 15 bits behind it."""
    bits = values.view(np.int32)
    mirrored = bits >> 31
    mirrored &= 0x7FFFFFFF
    mirrored ^= bits
    mirrored >>= 8
    return mirrored


@lru_cache(maxsize=8)
def _order_of_paths(n_paths: int) -> NDArray[np.int64]:
    """Return 0..s-1 in an order that keeps neighbours apart: by the place a step of the golden section leads to."""
    return np.argsort(np.arange(n_paths) * ((5**0.5 - 1) / 2) % 1.0, kind="stable")


def _spread(forecast: Forecast, n_paths: int) -> NDArray[np.float64]:
    """Return the values of each day's distribution at probabilities (k + 0.5) / s, ascending, [n, h, s].

    Linear in the normal score between the forecast's quantiles. Beyond the outermost one, along the steeper of two
    lines: through the last two quantiles, and from the median through the last; so that quantiles which happen to lie
    close together do not cut a tail off.
    """
    knots = normal_scores(quantile_probabilities(forecast.levels))
    z = normal_scores((np.arange(n_paths) + 0.5) / n_paths)
    q, middle = forecast.quantiles, len(forecast.levels)
    with np.errstate(over="ignore", invalid="ignore"):
        slopes = np.diff(q, axis=2) / np.diff(knots)
        low, high = ((q[:, :, end] - q[:, :, middle]) / knots[end] for end in (0, -1))
        low, high = np.maximum(slopes[:, :, 0], low), np.maximum(slopes[:, :, -1], high)
        slopes = np.concatenate([low[:, :, None], slopes, high[:, :, None]], axis=2)
        line = np.searchsorted(knots, z, side="right")
        start = np.maximum(line - 1, 0)
        spread: NDArray[np.float64] = slopes.take(line, axis=2, mode="clip")
        spread *= z - knots[start]
        spread += q.take(start, axis=2, mode="clip")
    return spread
