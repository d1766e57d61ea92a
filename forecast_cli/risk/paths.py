"""Sample paths of a forecast: day by day its quantiles, from one day to the next the account's own past.

The low point over a period cannot be had from daily intervals; it takes whole courses. Each path gets, on each day, one
value out of the forecast's distribution of that day; which one follows the rank order of the account's past courses:
the path that stands for a course that was third lowest on its fifth day gets the third lowest value of the fifth day.
Source: Clark, Gangopadhyay, Hay, Rajagopalan and Wilby, The Schaake shuffle, Journal of Hydrometeorology 5, 2004.
As there, courses are ranked by what was, not by what it had changed by: of a balance that goes down and is filled up
again, a course that begins high would have the largest fall on every day, and its path would stay low for good.

Two things are added, and were measured. Balances rest and then jump, while a forecast's daily distributions are smooth:
a course that rests changes its rank whenever others move around it, and its path would wander over days on which
nothing happens. So ranks are held near the mean rank of their course (``PERSISTENCE``). And a smooth distribution does
not know where a balance stops: paths are held above its floor, where it has one (``floors``).

Where a model says so (``past_share``), some of an account's paths are past courses as they were instead (``courses``).
"""

from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, quantile_probabilities
from forecast_cli.models.normal_scores import normal_scores
from forecast_cli.models.rows import in_c_order
from forecast_cli.risk.courses import near_courses
from forecast_cli.risk.floors import hold_above_floors

N_PATHS: Final = 100
#: Levels, in percent, whose quantiles make the paths, whichever are published: low balances do not depend on that. With
#: auto on real accounts, low point of 7 days (and of 30) under p10, the Brier score was 0.0394 (0.0985) with these,
#: 0.0394 (0.0985) with 99 as well, 0.0406 (0.0979) with 80 and 95 alone, 0.0406 (0.0984) with 80.
PATH_LEVELS: Final = (20.0, 40.0, 60.0, 80.0, 95.0)
#: Weight of a course's mean rank against its rank of the day. With MSTL(30), low point of 30 days under p10, on real
#: accounts (and on the sample), the Brier score was 0.125 (0.197) at weight 0, 0.114 (0.169) at 1, 0.110 (0.162) at 3,
#: and 0.108 (0.166) at 60; the mean probability 0.30 (0.58), 0.26 (0.49), 0.24 (0.43), 0.23 (0.37), where 0.21 (0.43)
#: came.
PERSISTENCE: Final = 3
#: Values of paths worked on at a time: 3 MB of them.
_CELLS: Final = 400_000


def levels_to_ask(published: tuple[float, ...]) -> tuple[float, ...]:
    """Return the levels, ascending, that a model is asked for: those that are published, and those of paths."""
    return tuple(sorted({*published, *PATH_LEVELS}))


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
        return np.swapaxes(_mixed(panel, forecast, n_paths=n_paths, order=order), 1, 2)
    rows = np.flatnonzero(np.isnan(own).any(axis=(1, 2)) & ~np.isnan(forecast.mean).any(axis=1))
    if not len(rows):
        return own
    filled, part = own.copy(), replace(forecast.rows(rows), paths=None)
    filled[rows] = np.swapaxes(_mixed(panel.take(rows), part, n_paths=own.shape[1], order=None), 1, 2)
    return filled


def order_courses(panel: Panel, h: int, n_paths: int = N_PATHS) -> NDArray[np.int32]:
    """Return which of s past courses was lowest, second lowest ... on each of their h days, [n, h, s].

    Past courses are the balances of each h days of the history, up to the origin: all of them, or s evenly spaced
    ones; where there are fewer, each is used several times. Courses that are level with each other keep one order over
    all days, a fixed one in which age plays no part; hence an account with no past course (h days of history or fewer),
    or one that never moved, gets one order for all days, and paths that do not cross. Balances count as level where
    they differ by less than about one part in 50,000 of what lies between them and the last one, among more than 128
    courses one in 25,000 and so on.

    Each number that is sorted holds its course: they are all different, so that every way of sorting gives the same.
    Raises ValueError where that takes more than 31 bits, as 2,000 paths of 366 days would.
    """
    from forecast_cli.risk.loops import hold_ranks, key_courses

    mask = np.array([(1 << (n_paths - 1).bit_length()) - 1], dtype=np.int32)
    if (1 + PERSISTENCE) * h * n_paths * (int(mask[0]) + 1) > 1 << 31:
        raise ValueError(f"{n_paths} paths of {h} days are too many to be put in order")
    keys = np.empty((len(panel), h, n_paths), dtype=np.int32)
    key_courses(in_c_order(panel.y), panel.lengths, _order_of_paths(n_paths), mask, keys)
    keys.sort(axis=2)
    hold_ranks(keys, mask, np.array([PERSISTENCE]))
    keys.sort(axis=2)
    keys &= mask
    return keys


def rows_at_a_time(h: int, n_paths: int = N_PATHS) -> int:
    """Return how many accounts' paths to make at a time: as many as the processor's cache holds."""
    return max(1, _CELLS // (h * n_paths))


def _mixed(panel: Panel, forecast: Forecast, *, n_paths: int, order: NDArray[np.int32] | None) -> NDArray[np.float64]:
    """Return paths [n, h, s], of which the first of an account are past courses as they were, as its share says."""
    count, h = _past_counts(panel, forecast, n_paths), forecast.mean.shape[1]
    if not count.any():
        return _shuffled(panel, forecast, n_paths=n_paths, order=order)
    paths = np.empty((len(panel), h, n_paths))
    for past in np.unique(count).tolist():
        rows = np.flatnonzero(count == past)
        some = panel.take(rows)
        if past:
            paths[rows, :, :past] = near_courses(some, h, past)
        if past < n_paths:
            own = order[rows] if order is not None and not past else None
            paths[rows, :, past:] = _shuffled(some, forecast.rows(rows), n_paths=n_paths - past, order=own)
    return paths


def _past_counts(panel: Panel, forecast: Forecast, n_paths: int) -> NDArray[np.int64]:
    """Return how many of the paths are past courses, [n]; 0 for an account that has none, or that has no forecast."""
    if forecast.past_share is None:
        return np.zeros(len(panel), dtype=np.int64)
    able = (panel.lengths > forecast.mean.shape[1]) & ~np.isnan(forecast.mean[:, 0])
    return np.where(able, np.round(forecast.past_share * n_paths), 0).astype(np.int64)


def _shuffled(
    panel: Panel, forecast: Forecast, *, n_paths: int, order: NDArray[np.int32] | None
) -> NDArray[np.float64]:
    """Return paths [n, h, s]: each day's values in the order of the past courses.

    A path has the values of the distribution at probabilities (k + 0.5) / s, linear in the normal score between the
    forecast's quantiles. Beyond the outermost one, along the steeper of two lines: through the last two quantiles, and
    from the median through the last; so that quantiles which happen to lie close together do not cut a tail off.
    """
    from forecast_cli.risk.loops import lay_paths

    if order is None:
        order = order_courses(panel, forecast.mean.shape[1], n_paths)
    knots = normal_scores(quantile_probabilities(forecast.levels))
    scores = normal_scores((np.arange(order.shape[2]) + 0.5) / order.shape[2])
    line = np.searchsorted(knots, scores, side="right")
    beyond = scores - knots[np.maximum(line - 1, 0)]
    paths = np.empty(order.shape)
    lay_paths(in_c_order(forecast.quantiles), knots, beyond, line, order, paths)
    hold_above_floors(panel, paths)
    return paths


@lru_cache(maxsize=8)
def _order_of_paths(n_paths: int) -> NDArray[np.int64]:
    """Return 0..s-1 in an order that keeps neighbours apart: by the place a step of the golden section leads to."""
    return np.argsort(np.arange(n_paths) * ((5**0.5 - 1) / 2) % 1.0, kind="stable")
