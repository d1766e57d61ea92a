"""Sample paths of a forecast: each day's values from its quantiles, their order over days from the account's own past.

A low point over a period needs whole paths; daily intervals do not give it. On each day, each path gets one value of
the forecast's distribution of that day. Which value is decided by the ranks of the account's past courses (balances
over h consecutive days): if a course was third lowest on its fifth day, its path gets the third lowest value of the
fifth day. This is the Schaake shuffle. Source: Clark, Gangopadhyay, Hay, Rajagopalan and Wilby, The Schaake shuffle,
Journal of Hydrometeorology 5, 2004. As in the paper, courses are ranked by the value itself and not by its change since
the first day. Otherwise, for a balance that falls and is filled up again, a course that begins high would have the
largest fall on every day, and its path would stay low for good.

Three things are added to the shuffle, and their effect was measured. First, balances rest and then jump, while the
daily distributions of a forecast are smooth. A course that rests changes its rank whenever others move, and its path
would wander on days on which nothing happens. Ranks are therefore held near the mean rank of their course
(``PERSISTENCE``). Second, a smooth distribution does not know a lower limit of the balance: if the account has a floor,
its paths are held above it (``floors``). Third, a short history has few past courses: generic ones take the place of
those that it lacks (``courses``).

If the forecast has ``shares``, a share of an account's paths are unchanged past courses instead (``courses``), and some
of the other paths that fall below zero are raised to it (``floors``).
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, quantile_probabilities
from forecast_cli.models.normal_scores import normal_scores
from forecast_cli.models.path_levels import N_PATHS, path_scores
from forecast_cli.models.rows import in_c_order
from forecast_cli.risk.courses import replace_repeats, select_near_courses
from forecast_cli.risk.floors import raise_to_floors, raise_to_zero

#: Weight of a course's mean rank relative to its rank of a day, chosen for auto, whose daily intervals hold.
#: Low point of 30 days under p10, 12 windows, without those that are under it at the cutoff, on real accounts (and on
#: the sample): mean probability 0.148 (0.322) at weight 3, 0.154 (0.337) at 2 and 0.165 (0.364) at 1; the event
#: occurred in 0.159 (0.369). Brier scores of all windows: 0.0920 (0.1448), 0.0919 (0.1437) and 0.0920 (0.1429).
PERSISTENCE: Final = 1
#: Number of path values computed at a time: 3 MB.
_CHUNK_CELLS: Final = 400_000


def shuffle_paths(
    panel: Panel, forecast: Forecast, *, n_paths: int = N_PATHS, order: NDArray[np.int32] | None = None
) -> NDArray[np.float64]:
    """Return sample paths [n, s, h], in units of the balance; the values of one day are contiguous in memory.

    ``order`` is ``order_courses(panel, h, n_paths)``, if it is known already; it is the same for all models. Nothing is
    drawn at random, and the paths of a row depend on that row alone. Rows that are NaN in the forecast stay NaN.
    """
    return np.swapaxes(_mix_paths(panel, forecast, n_paths=n_paths, order=order), 1, 2)


def order_courses(panel: Panel, h: int, n_paths: int = N_PATHS) -> NDArray[np.int32]:
    """Return the s past courses in ascending order on each of their h days, [n, h, s].

    Past courses are the balances of each h consecutive days of the history, up to the origin: s evenly spaced ones if
    there are more; if there are fewer, generic ones are the rest. Tied courses have the same fixed order on all
    days, in which age plays no part. An account that never moved therefore gets one order for all days, and its paths
    do not cross. Balances count as tied if they differ by less than about one part in 50,000 of their distance from the
    last balance (one part in 25,000 with more than 128 courses, and so on).

    The integers that are sorted hold the number of their course, so they are all different and every sorting algorithm
    gives the same result. Raises ValueError if that takes more than 31 bits, as for 2,000 paths of 366 days.
    """
    from forecast_cli.risk.loops import blend_ranks, encode_courses

    mask = np.array([(1 << (n_paths - 1).bit_length()) - 1], dtype=np.int32)
    if (1 + PERSISTENCE) * h * n_paths * (int(mask[0]) + 1) > 1 << 31:
        raise ValueError(f"{n_paths} paths of {h} days are too many to be put in order")
    keys = np.empty((len(panel), h, n_paths), dtype=np.int32)
    start_order = _scatter_indices(n_paths)
    encode_courses(in_c_order(panel.y), panel.lengths, start_order, mask, keys)
    keys.sort(axis=2)
    blend_ranks(keys, mask, np.array([PERSISTENCE]))
    keys.sort(axis=2)
    keys &= mask
    replace_repeats(panel, start_order, keys)
    return keys


def chunks_of_paths(n: int, h: int) -> list[slice]:
    """Return slices that cut n rows into chunks whose paths fit in the processor's cache; an empty one for no rows."""
    size = max(1, _CHUNK_CELLS // (h * N_PATHS))
    return [slice(start, start + size) for start in range(0, max(n, 1), size)]


def _mix_paths(
    panel: Panel, forecast: Forecast, *, n_paths: int, order: NDArray[np.int32] | None
) -> NDArray[np.float64]:
    """Return paths [n, h, s]; the first ones of an account are unchanged past courses, as its ``shares`` say."""
    count, h = _count_past_paths(panel, forecast, n_paths), forecast.mean.shape[1]
    if not count.any():
        return _shuffle_quantiles(panel, forecast, n_paths=n_paths, order=order)
    paths = np.empty((len(panel), h, n_paths))
    for n_past in np.unique(count).tolist():
        rows = np.flatnonzero(count == n_past)
        part = panel.take(rows)
        if n_past:
            paths[rows, :, :n_past] = select_near_courses(part, h, n_past)
        if n_past < n_paths:
            part_order = order[rows] if order is not None and not n_past else None
            paths[rows, :, n_past:] = _shuffle_quantiles(
                part, forecast.rows(rows), n_paths=n_paths - n_past, order=part_order
            )
    return paths


def _count_past_paths(panel: Panel, forecast: Forecast, n_paths: int) -> NDArray[np.int64]:
    """Return the number of paths that are past courses, [n]; 0 for an account with no past course or no forecast."""
    if forecast.shares is None:
        return np.zeros(len(panel), dtype=np.int64)
    eligible = (panel.lengths > forecast.mean.shape[1]) & ~np.isnan(forecast.mean[:, 0])
    return np.where(eligible, np.round(forecast.shares.past * n_paths), 0).astype(np.int64)


def _shuffle_quantiles(
    panel: Panel, forecast: Forecast, *, n_paths: int, order: NDArray[np.int32] | None
) -> NDArray[np.float64]:
    """Return paths [n, h, s]: each day's values in the order of the past courses.

    The values of a day are the quantiles of its distribution at probabilities (k + 0.5) / s, linear in the normal score
    between the forecast's quantiles. None lies beyond the outermost quantile: with ``PATH_LEVELS``, 100 paths just
    reach it.
    """
    from forecast_cli.risk.loops import fill_paths

    if order is None:
        order = order_courses(panel, forecast.mean.shape[1], n_paths)
    knots = normal_scores(quantile_probabilities(forecast.levels))
    scores = np.clip(path_scores(order.shape[2]), knots[0], knots[-1])
    segment = np.searchsorted(knots, scores, side="right") - 1
    distance = scores - knots[segment]
    paths = np.empty(order.shape)
    fill_paths(in_c_order(forecast.quantiles), knots, distance, segment, order, paths)
    raise_to_floors(panel, paths)
    if forecast.shares is not None:
        raise_to_zero(forecast.shares, paths)
    return paths


@lru_cache(maxsize=8)
def _scatter_indices(n_paths: int) -> NDArray[np.int64]:
    """Return 0..s-1 in an order that separates neighbours: sorted by multiples of the golden ratio modulo 1."""
    return np.argsort(np.arange(n_paths) * ((5**0.5 - 1) / 2) % 1.0, kind="stable")
