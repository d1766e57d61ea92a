"""Courses: what an account's balance did after it stood about where it stands now, as it was."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel

#: Share of all past courses that count as beginning near the last balance, and fewest of them.
_NEAR: Final = 0.2
_FEWEST: Final = 10


def near_courses(panel: Panel, h: int, count: int) -> NDArray[np.float64]:
    """Return ``count`` past courses of each account, [n, h, count]: its balances on the h days after some past day.

    They are of the fifth of all past days that the balance stood nearest to where it stands now, ten days at least, the
    later first where two are as near; evenly spaced among them, or each as often as it takes. Accounts have more than h
    days of history.
    """
    y, last = panel.y, panel.y.shape[1] - 1 - h
    with np.errstate(over="ignore"):
        away = np.abs(y[:, last::-1] - y[:, -1:])
    order = np.argsort(np.where(np.isnan(away), np.inf, away), axis=1, kind="stable")
    starts = panel.lengths - h
    near = np.minimum(np.maximum(np.ceil(_NEAR * starts).astype(np.int64), _FEWEST), starts)
    some = np.arange(count) * near[:, None] // count
    start = last - np.take_along_axis(order, some, axis=1)
    days = start[:, None, :] + np.arange(1, h + 1)[:, None]
    return np.asarray(y[np.arange(len(panel))[:, None, None], days])
