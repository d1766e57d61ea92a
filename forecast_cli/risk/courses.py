"""Past courses of an account that began near its last balance, used unchanged as sample paths."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel

#: Share of all past days that count as near the last balance, and the smallest number of such days.
_NEAR_SHARE: Final = 0.2
_MIN_STARTS: Final = 10


def select_near_courses(panel: Panel, h: int, count: int) -> NDArray[np.float64]:
    """Return ``count`` past courses of each account, [n, h, count]: the balances on the h days after a past day.

    The start days are the fifth of all past days on which the balance was nearest to the last balance, at least ten
    days; of two equally near days, the later comes first. Courses are spaced evenly among them; if there are fewer than
    ``count``, each is used several times. Every account must have more than h days of history.
    """
    y, last = panel.y, panel.y.shape[1] - 1 - h
    with np.errstate(over="ignore"):
        distance = np.abs(y[:, last::-1] - y[:, -1:])
    order = np.argsort(np.where(np.isnan(distance), np.inf, distance), axis=1, kind="stable")
    starts = panel.lengths - h
    n_near = np.minimum(np.maximum(np.ceil(_NEAR_SHARE * starts).astype(np.int64), _MIN_STARTS), starts)
    picked = np.arange(count) * n_near[:, None] // count
    start = last - np.take_along_axis(order, picked, axis=1)
    days = start[:, None, :] + np.arange(1, h + 1)[:, None]
    return np.asarray(y[np.arange(len(panel))[:, None, None], days])
