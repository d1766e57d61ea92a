"""Reversion: what is left of a balance's flow without its payments drives it back to its level."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.knots import between_knots, knots_of
from forecast_cli.models.rows import row_sums, tree_sum_down

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


def path_squares(
    y: NDArray[np.float64], rest: NDArray[np.float64], reversion: Reversion, h: int
) -> NDArray[np.float64]:
    """Return the mean square error [n, h] of paths of 1 to ``h`` days, payments known, over the last year.

    With e[t] the error of one day and q = 1 - pull, A[t] = q A[t - 1] + e[t] is that of a path from the first day on,
    and A[t] - q^s A[t - s] that of s days. Between the knots of the horizon squares are drawn straight.
    """
    before, after = y[:, -_DAYS - 1 : -1], rest[:, 1:][:, -_DAYS:]
    days, keep = np.count_nonzero(~np.isnan(before), axis=1), 1.0 - reversion.pull
    expected = reversion.drift[:, None] - reversion.pull[:, None] * (before - reversion.level[:, None])
    path = np.zeros((_DAYS + 1, len(y)))  # as long for all accounts: the order of a sum must not depend on others
    np.copyto(path[_DAYS + 1 - before.shape[1] :], (after - expected).T, where=~np.isnan(before.T))
    for day in range(1, _DAYS + 1):
        path[day] += keep * path[day - 1]
    knots, power, back = np.unique(np.r_[1, knots_of(h)]), np.ones(len(y)), np.arange(_DAYS)[::-1]
    out, done, short = np.empty((len(y), len(knots))), 0, bool((days < _DAYS).any()) or h > _DAYS
    for number, step in enumerate(knots.tolist()):
        for _ in range(step - done):
            power = power * keep
        done = min(step, _DAYS)
        error = path[done:] - power * path[: _DAYS + 1 - done]
        error *= error
        if short:
            np.copyto(error, 0.0, where=back[done - 1 :, None] >= days - (step - 1))
        out[:, number] = tree_sum_down(error) / np.maximum(days - (step - 1), 1)
    return between_knots(out, knots, h)
