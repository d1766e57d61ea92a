"""Sample paths of a forecast: day by day its quantiles, from one day to the next the account's own past.

The low point over a period cannot be had from daily intervals; it takes whole courses. Each path gets, on each day, one
value out of the forecast's distribution of that day; which one follows the rank order of the account's past courses:
the path that stands for a course that was third lowest on its fifth day gets the third lowest value of the fifth day.
Source: Clark, Gangopadhyay, Hay, Rajagopalan and Wilby, The Schaake shuffle, Journal of Hydrometeorology 5, 2004.

One thing is added, and was measured. Balances rest and then jump, while a forecast's daily distributions are smooth:
a course that rests changes its rank whenever others move around it, and its path would wander over days on which
nothing happens. So ranks are held near the mean rank of their course (``PERSISTENCE``).
"""

from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, quantile_probabilities

N_PATHS: Final = 100
#: Weight of a course's mean rank against its rank of the day. With MSTL(30), low point of 30 days under p10, on real
#: accounts (and on the sample), the Brier score was 0.124 (0.188) at weight 0, 0.114 (0.165) at 1, 0.110 (0.164) at 3,
#: and 0.108 (0.166) with the mean alone; the mean probability 0.30 (0.55), 0.26 (0.46), 0.24 (0.41), 0.22 (0.37), where
#: 0.21 (0.43) came.
PERSISTENCE: Final = 3


def shuffle_paths(
    panel: Panel, forecast: Forecast, *, n_paths: int = N_PATHS, order: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """Return sample paths [n, s, h], in units of the balance; the model's own where it has them.

    ``order`` is ``order_courses(panel, h, n_paths)``, where it is known already: it is the same for all models. Nothing
    is drawn; what a row gets depends on that row alone. Rows that the forecast leaves NaN stay NaN.
    """
    if forecast.paths is not None:
        return forecast.paths
    if order is None:
        order = order_courses(panel, forecast.mean.shape[1], n_paths)
    paths = np.empty(order.shape)
    np.put_along_axis(paths, order, _spread(forecast, order.shape[2]), axis=2)
    return np.swapaxes(paths, 1, 2)


def order_courses(panel: Panel, h: int, n_paths: int = N_PATHS) -> NDArray[np.int64]:
    """Return which of s past courses was lowest, second lowest ... on each of their h days, [n, h, s].

    Past courses are the changes over each h days of the history, up to the origin: all of them, or s evenly spaced
    ones; where there are fewer, each is used several times. Courses that are level with each other keep one order over
    all days, a fixed one in which age plays no part; hence an account with no past course (h days of history or fewer),
    or one that never moved, gets one order for all days, and paths that do not cross.
    """
    by_day = np.argsort(_past_courses(panel, h, n_paths), axis=2, kind="stable")
    ranks = np.empty(by_day.shape, dtype=np.int64)
    np.put_along_axis(ranks, by_day, np.arange(n_paths)[None, None, :], axis=2)
    held = ranks * h + PERSISTENCE * ranks.sum(axis=1, keepdims=True)
    return np.argsort(held, axis=2, kind="stable")


def _past_courses(panel: Panel, h: int, n_paths: int) -> NDArray[np.float64]:
    """Return what the balance had changed by after 1..h days of each past course, [n, h, s]; 0 where there is none."""
    rooms = np.maximum(panel.lengths - h, 0)
    ages = _order_of_paths(n_paths) * rooms[:, None] // n_paths
    starts = panel.y.shape[1] - 1 - h - ages
    places = np.maximum(starts[:, None, :] + np.arange(h + 1)[:, None], 0)
    courses = panel.y[np.arange(len(panel))[:, None, None], places]
    with np.errstate(over="ignore", invalid="ignore"):
        changes = courses[:, 1:] - courses[:, :1]
    return np.where(rooms[:, None, None] > 0, changes, 0.0)


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
    knots = _normal_scores(quantile_probabilities(forecast.levels))
    z = _normal_scores((np.arange(n_paths) + 0.5) / n_paths)
    left = np.clip(np.searchsorted(knots, z, side="right") - 1, 0, len(knots) - 2)
    share = (z - knots[left]) / (knots[left + 1] - knots[left])
    q = forecast.quantiles
    with np.errstate(over="ignore", invalid="ignore"):
        spread: NDArray[np.float64] = q[:, :, left] * (1 - share) + q[:, :, left + 1] * share
        median = q[:, :, len(forecast.levels), None]
        below, above = z < knots[0], z > knots[-1]
        lowest = median + (q[:, :, :1] - median) * (z[below] / knots[0])
        highest = median + (q[:, :, -1:] - median) * (z[above] / knots[-1])
        spread[:, :, below] = np.minimum(spread[:, :, below], lowest)
        spread[:, :, above] = np.maximum(spread[:, :, above], highest)
    return spread


def _normal_scores(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    standard = NormalDist()
    return np.array([standard.inv_cdf(float(p)) for p in probabilities])
