"""Rest course: how the flow that no payment explains went after the same day of earlier months."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.months import MOST_MONTHS, same_days

#: Months after which a path counts half.
_HALF_LIFE: Final = 4.0
#: Days by which a matched day can lie behind the origin: February is three days shorter than its neighbours.
_BEHIND: Final = 40


@dataclass(frozen=True)
class SameDays:
    """The same days of earlier months: ``days`` [u, months, h + 1] from each origin, ``place`` [n] of each account."""

    days: NDArray[np.int64]
    place: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> "SameDays":
        """Return those of some accounts."""
        return SameDays(self.days, self.place[rows])


def days_of(origins: NDArray[np.datetime64], h: int) -> SameDays:
    """Return the same days for 0 to ``h`` days after the ``origins`` [n]."""
    distinct, place = np.unique(origins, return_inverse=True)
    days = np.stack([same_days(distinct, month, h) for month in range(1, MOST_MONTHS + 1)], axis=1)
    return SameDays(days, place.reshape(-1))


def mean_steps(rest: NDArray[np.float64], lengths: NDArray[np.int64], same: SameDays) -> NDArray[np.float64]:
    """Return the mean flow of each day ahead over the same days of earlier months, [r, h], of flows ``rest`` [r, t].

    Newer months weigh more, each day shares its weight with those before and after it, and days beyond the origin have
    none; ``lengths`` [r] of history hold two months at least.
    """
    t, h = rest.shape[1], same.days.shape[2] - 1
    smooth = _smooth_balance(rest)
    here = np.unique(same.place)
    total, weight = np.zeros((h, len(rest))), np.zeros((h, len(rest)))
    for month in range(MOST_MONTHS):
        at = (t - 1 + same.days[here, month]).T
        own = np.searchsorted(here, same.place)
        known = (at[0, own] - 1 >= t - lengths) * 0.5 ** (month / _HALF_LIFE)
        if not known.any():
            break
        gathered = at if at.shape[1] == 1 else at[:, own]
        columns = np.clip(gathered, 0, len(smooth) - 1)
        path = smooth[columns[:, 0]] if at.shape[1] == 1 else smooth[columns, np.arange(len(rest))]
        step = path[1:] - path[:-1]
        step *= known
        total += step
        weight += _share_known(gathered[1:], t) * known
    return np.asarray((total / weight).T)


def _smooth_balance(rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what flows sum up to by each day, that of the day before and after it at half its weight: [days, r]."""
    flow = np.zeros((rest.shape[1] + 1 + _BEHIND, len(rest)))
    np.copyto(flow[1 : rest.shape[1] + 1], rest.T, where=~np.isnan(rest.T))
    balance = np.add.accumulate(flow, axis=0)
    smooth = balance[1:-1] + 0.5 * balance[:-2]
    smooth += 0.5 * balance[2:]
    return smooth


def _share_known(at: NDArray[np.int64], t: int) -> NDArray[np.float64]:
    """Return the weight of days ``at`` that lie on the axis, of each day and those before and after it."""
    return np.asarray(0.5 * (at - 1 < t) + 1.0 * (at < t) + 0.5 * (at + 1 < t))
