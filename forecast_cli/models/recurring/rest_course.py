"""Rest course: the mean of the flow that no payment explains after the same day of earlier months."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.months import MAX_MONTHS, MatchingDays

#: Half-life of the weight of a path, in months.
_HALF_LIFE: Final = 4.0


def mean_steps(rest: NDArray[np.float64], lengths: NDArray[np.int64], same: MatchingDays) -> NDArray[np.float64]:
    """Return the mean of flows ``rest`` [r, t] over the same days of earlier months for each day ahead, [r, h].

    Newer months have more weight. Each day is smoothed with the days before and after it, which count half, and days
    after the origin have no weight. NaN if the history of ``lengths`` [r] holds no earlier month.
    """
    weights = np.array([0.5 ** (month / _HALF_LIFE) for month in range(MAX_MONTHS)])
    steps = np.empty((len(rest), same.days.shape[2] - 1))
    _mean_steps(rest, lengths, same.days, same.place, weights, steps)
    return steps


@subroutine
def _smooth(balance: NDArray[np.float64], at: int) -> float:
    """Return the cumulative flow up to day ``at``, plus half of that up to the day before and to the day after it."""
    last, here = len(balance) - 1, max(at, 0)
    smooth: float = balance[min(here + 1, last)] + 0.5 * balance[min(here, last)] + 0.5 * balance[min(here + 2, last)]
    return smooth


@kernel((np.float64, 2), (np.int64, 1), (np.int64, 3), (np.int64, 1), (np.float64, 1), (np.float64, 2))
def _mean_steps(
    rest: NDArray[np.float64],
    lengths: NDArray[np.int64],
    days: NDArray[np.int64],
    place: NDArray[np.int64],
    weights: NDArray[np.float64],
    steps: NDArray[np.float64],
) -> None:
    n, t = rest.shape
    balance, weight = np.zeros(t + 1), np.empty(steps.shape[1])
    for row in range(n):
        for day in range(t):
            flow = rest[row, day]
            balance[day + 1] = balance[day] + (0.0 if np.isnan(flow) else flow)
        steps[row], weight[:] = 0.0, 0.0
        for month in range(len(weights)):
            ahead = days[place[row], month]
            if t - 1 + ahead[0] - 1 < t - lengths[row]:
                break
            before = _smooth(balance, t - 1 + ahead[0])
            for step in range(steps.shape[1]):
                at = t - 1 + ahead[step + 1]
                after = _smooth(balance, at)
                known = 0.5 * (at - 1 < t) + 1.0 * (at < t) + 0.5 * (at + 1 < t)
                steps[row, step] += (after - before) * weights[month]
                weight[step] += known * weights[month]
                before = after
        for step in range(steps.shape[1]):
            steps[row, step] /= weight[step]
