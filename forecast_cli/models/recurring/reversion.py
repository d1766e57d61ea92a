"""Reversion: the tendency of the flow that is not payments to return the balance to its level."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.knots import interpolate_knots, knots_of
from forecast_cli.models.rows import in_c_order

#: Days from which level, drift and pull are estimated: a year holds every season once.
_DAYS: Final = 365
#: Prior of the share of the distance to its level that a balance reverts in a day.
_PULL: Final = 0.01
#: Largest pull.
_MAX_PULL: Final = 0.2


@dataclass(frozen=True)
class Reversion:
    """The model of the rest r of a day's flow after balance y: r = drift - pull (y - level) + noise; [n] each.

    ``inflow`` is the most that the rest is expected to bring in a day: the mean of max(r, 0) over all days or, if that
    is more, over those on which the balance was nearer to the last one than to a level above it.
    """

    level: NDArray[np.float64]
    drift: NDArray[np.float64]
    pull: NDArray[np.float64]
    inflow: NDArray[np.float64]

    def path(
        self, last: NDArray[np.float64], flow: NDArray[np.float64], gain: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the balances [n, h] after ``last`` [n] without noise.

        The payments of a day are ``flow`` + ``gain`` * (balance of the day before), [2, n, h] each, by ``Kind``:
        withdrawals that follow the balance never become deposits.
        """
        mean: NDArray[np.float64] = np.empty_like(flow[0])
        above = last - self.level
        for step in range(mean.shape[1]):
            payments, withdrawals = flow[:, :, step] + gain[:, :, step] * (self.level + above)
            rest = np.minimum(self.drift - self.pull * above, self.inflow)
            above = above + payments + np.minimum(withdrawals, 0.0) + rest
            mean[:, step] = self.level + above
        return mean


def fit_reversion(y: NDArray[np.float64], rest: NDArray[np.float64]) -> Reversion:
    """Fit the reversion of each row of balances ``y`` [n, t], NaN before the first day, to the ``rest`` [n, t] of flow.

    Least squares of r[t] on y[t - 1] over the last 365 days, with the slope shrunk towards -0.01 by a ridge (Hoerl and
    Kennard, Technometrics 12(1), 1970), and kept between -0.2 and 0. The ridge has the weight of a slope that is
    normally distributed around its prior with a standard deviation of 0.01, at most that of the account's own days.
    """
    reversion = Reversion(*np.empty((4, len(y))))
    _fit_rows(
        in_c_order(y), in_c_order(rest), reversion.level, reversion.drift, reversion.pull, reversion.inflow
    )  # fmt: skip
    return reversion


def path_squared_errors(
    y: NDArray[np.float64], rest: NDArray[np.float64], reversion: Reversion, h: int
) -> NDArray[np.float64]:
    """Return the mean square error [n, h] of paths of 1 to ``h`` days over the last year, with payments known.

    With e[t] the error of one day and q = 1 - pull, A[t] = q A[t - 1] + e[t] is the error of a path from the first day,
    and A[t] - q^s A[t - s] that of a path of s days. Squares are linear between the knots of the horizon.
    """
    knots = np.unique(np.r_[1, knots_of(h)])
    out, path = np.empty((len(y), len(knots))), np.empty((len(y), _DAYS + 1))
    level, drift, pull = reversion.level, reversion.drift, reversion.pull
    _path_errors(in_c_order(y), in_c_order(rest), level, drift, pull, path)
    days = np.count_nonzero(~np.isnan(y[:, -_DAYS - 1 : -1]), axis=1)
    _mean_squares(path, 1.0 - pull, days, knots, out)
    return interpolate_knots(out, knots, h)


@subroutine
def _most_received(y: NDArray[np.float64], rest: NDArray[np.float64], first: int, level: float) -> float:
    """Return ``Reversion.inflow`` of an account with balances ``y`` [t] from day ``first`` on."""
    last = len(y) - 1
    low = level + 0.5 * min(y[last] - level, 0.0)
    received, received_low, days_low = 0.0, 0.0, 0
    for day in range(first, last):
        came = max(rest[day + 1], 0.0)
        received += came
        received_low += came if y[day] < low else 0.0
        days_low += y[day] < low
    most: float = max(received / max(last - first, 1), received_low / max(days_low, 1))
    return most


@kernel((np.float64, 2), (np.float64, 2), (np.float64, 1), (np.float64, 1), (np.float64, 1), (np.float64, 1))
def _fit_rows(
    y: NDArray[np.float64],
    rest: NDArray[np.float64],
    level: NDArray[np.float64],
    drift: NDArray[np.float64],
    pull: NDArray[np.float64],
    inflow: NDArray[np.float64],
) -> None:
    for row in range(len(y)):
        last = y.shape[1] - 1
        first = max(last - _DAYS, 0)
        while first < last and np.isnan(y[row, first]):
            first += 1
        balances, flows, squares, own, against = 0.0, 0.0, 0.0, 0.0, 0.0
        for day in range(first, last):
            balances += y[row, day]
            flows += rest[row, day + 1]
            squares += rest[row, day + 1] * rest[row, day + 1]
        days = max(last - first, 1)
        level[row], drift[row], pull[row] = balances / days, flows / days, 0.0
        inflow[row] = _most_received(y[row], rest[row], first, level[row])
        for day in range(first, last):
            above = y[row, day] - level[row]
            own += above * above
            against += above * rest[row, day + 1]
        if own > 0.0:
            noise = max(squares / days - drift[row] * drift[row], 0.0)
            weight = min(noise / (_PULL * _PULL), own)
            slope = (weight * _PULL - against) / (own + weight)
            pull[row] = np.minimum(np.maximum(slope, 0.0), _MAX_PULL)


@kernel((np.float64, 2), (np.float64, 2), (np.float64, 1), (np.float64, 1), (np.float64, 1), (np.float64, 2))
def _path_errors(
    y: NDArray[np.float64],
    rest: NDArray[np.float64],
    level: NDArray[np.float64],
    drift: NDArray[np.float64],
    pull: NDArray[np.float64],
    path: NDArray[np.float64],
) -> None:
    """Fill ``path`` [n, 366] with A of ``path_squared_errors`` for days up to the origin; 0 before the first day."""
    for row in range(len(y)):
        last, keep = y.shape[1] - 1, 1.0 - pull[row]
        path[row], now = 0.0, 0.0
        for back in range(min(last, _DAYS), 0, -1):
            before = y[row, last - back]
            error = rest[row, last - back + 1] - (drift[row] - pull[row] * (before - level[row]))
            now = 0.0 if np.isnan(before) else error + keep * now
            path[row, _DAYS + 1 - back] = now


@kernel((np.float64, 2), (np.float64, 1), (np.int64, 1), (np.int64, 1), (np.float64, 2))
def _mean_squares(
    path: NDArray[np.float64],
    keep: NDArray[np.float64],
    days: NDArray[np.int64],
    knots: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` [n, k] with mean squares over the known ``days`` [n], summed in the order of ``rows.tree_sum``."""
    square = np.empty(_DAYS + 1)
    for row in range(len(path)):
        power, done = 1.0, 0
        for number in range(len(knots)):
            step = knots[number]
            for _ in range(step - done):
                power *= keep[row]
            done = min(step, _DAYS)
            count, known = _DAYS + 1 - done, days[row] - (step - 1)
            for place in range(count):
                error = path[row, done + place] - power * path[row, place]
                square[place] = error * error
            square[: max(count - known, 0)] = 0.0
            while count > 1:
                half = count // 2
                odd = square[count - 1] if count % 2 else 0.0
                for place in range(half):
                    square[place] += square[half + place]
                square[0] += odd
                count = half
            out[row, number] = square[0] / max(known, 1)
