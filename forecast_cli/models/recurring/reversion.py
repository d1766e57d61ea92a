"""Reversion: what is left of a balance's flow without its payments drives it back to its level."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.rows import row_sums

#: Days that level, drift and pull are learned from: a year holds every season once.
_DAYS: Final = 365
#: Share of the way back to its level that a balance is taken to go in a day, worth this many times its own history.
_PULL: Final = 0.02
_WEIGHT: Final = 0.5
_STRONGEST: Final = 0.2


@dataclass(frozen=True)
class Reversion:
    """The rest r of a day's flow after a balance of y: r = ``drift`` - ``pull`` (y - ``level``) + noise; [n] each."""

    level: NDArray[np.float64]
    drift: NDArray[np.float64]
    pull: NDArray[np.float64]

    def path(self, last: NDArray[np.float64], flow: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the balances [n, h] that follow ``last`` [n] with ``flow`` [n, h] of payments and no noise."""
        mean = np.empty_like(flow)
        above = last - self.level
        for step in range(flow.shape[1]):
            above = above + flow[:, step] + self.drift - self.pull * above
            mean[:, step] = self.level + above
        return mean


def fit_reversion(y: NDArray[np.float64], rest: NDArray[np.float64]) -> Reversion:
    """Return the reversion of each row of balances ``y`` [n, t], NaN before the first day, and rests of flow [n, t].

    Least squares of r[t] on y[t - 1] over the last 365 days, the slope drawn to -0.02 by a ridge of half the weight of
    the account's own days (Hoerl and Kennard, Technometrics 12(1), 1970), and kept between -0.2 and 0.
    """
    before, after = y[:, -_DAYS - 1 : -1], rest[:, 1:][:, -_DAYS:]
    known = ~np.isnan(before)
    days = np.maximum(np.count_nonzero(known, axis=1), 1)
    level, drift = row_sums(before) / days, row_sums(np.where(known, after, 0.0)) / days
    above = np.where(known, before - level[:, None], 0.0)
    own = row_sums(above * above)
    against = -row_sums(above * np.where(known, after, 0.0))
    pull = np.divide(against + _WEIGHT * _PULL * own, own * (1 + _WEIGHT), out=np.zeros_like(own), where=own > 0)
    return Reversion(level, drift, np.clip(pull, 0.0, _STRONGEST))


def path_errors(y: NDArray[np.float64], rest: NDArray[np.float64], reversion: Reversion, h: int) -> NDArray[np.float64]:
    """Return the root mean square error [n, h] of paths of 1 to ``h`` days, payments known, over the last year.

    With e[t] the error of one day, that of s days is a_s[t] = (1 - pull) a_(s-1)[t - 1] + e[t].
    """
    before, after = y[:, -_DAYS - 1 : -1], rest[:, 1:][:, -_DAYS:]
    days = np.count_nonzero(~np.isnan(before), axis=1)
    expected = reversion.drift[:, None] - reversion.pull[:, None] * (before - reversion.level[:, None])
    error = np.where(np.isnan(before), 0.0, after - expected)
    keep, back = (1.0 - reversion.pull)[:, None], np.arange(error.shape[1])[::-1]
    out = np.empty((len(y), h))
    path = np.zeros_like(error)
    for step in range(h):
        path[:, 1:] = keep * path[:, :-1] + error[:, 1:]
        path[:, 0] = error[:, 0]
        whole = back < (days - step)[:, None]
        squares = np.where(whole, path, 0.0)
        squares *= squares
        out[:, step] = row_sums(squares) / np.maximum(days - step, 1)
    return np.sqrt(out)
