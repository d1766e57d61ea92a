"""Standing: how likely a balance stands where it stands, and quantiles that know of it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.months import same_days
from forecast_cli.models.rows import chunks

#: Months back that the same day is looked at, and what all days of the last year count beside them, in months.
_MONTHS: Final = 12
_ALL_DAYS: Final = 4
_YEAR: Final = 365


def moved_share(panel: Panel, knots: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how likely each balance stands elsewhere ``knots`` days ahead, by the account's own past, [n, k].

    (m + 4 a + 1) / (M + 5): of up to 12 earlier months M it stood elsewhere so many days after the same day in m, and
    after a share a of all days of the last year; the 1 is Laplace's rule of succession, for what never moved may.
    """
    moved = np.empty((len(panel), len(knots)))
    distinct, place = np.unique(panel.origins, return_inverse=True)
    ahead = np.concatenate([[0], knots])
    months = [same_days(distinct, month, int(knots[-1]))[:, ahead] for month in range(1, _MONTHS + 1)]
    for rows in chunks(len(panel)):
        y, lengths = panel.y[rows], panel.lengths[rows]
        count, known = np.zeros((len(y), len(knots))), np.zeros((len(y), len(knots)))
        for days in months:
            other, seen = _compared(y, lengths, days[place.reshape(-1)[rows]])
            count += other
            known += seen
        moved[rows] = (count + _ALL_DAYS * _of_all_days(y, lengths, knots) + 1) / (known + _ALL_DAYS + 1)
    return moved


def hold_still(
    quantiles: NDArray[np.float64],
    last: NDArray[np.float64],
    moved: NDArray[np.float64],
    probabilities: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return ``quantiles`` [n, s, q] of balances that leave ``last`` [n, s] or [n, 1] with the chance ``moved`` [n, s].

    No more than that lies below the last balance, and no more above it: a quantile from that probability on is not
    below it, and one up to the rest is not above.
    """
    here, share = last[:, :, None], moved[:, :, None]
    upper = np.where(probabilities >= share, np.maximum(quantiles, here), quantiles)
    return np.asarray(np.where(probabilities <= 1 - share, np.minimum(upper, here), upper))


def _compared(
    y: NDArray[np.float64], lengths: NDArray[np.int64], days: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where a balance stood elsewhere than on the first of ``days`` [r, 1 + k], and where known."""
    rows, t = np.arange(len(y))[:, None], y.shape[1]
    at = t - 1 + days
    known = (at[:, :1] >= t - lengths[:, None]) & (at[:, 1:] < t)
    path = y[rows, np.clip(at, 0, t - 1)]
    return known & (path[:, 1:] != path[:, :1]), known


def _of_all_days(y: NDArray[np.float64], lengths: NDArray[np.int64], knots: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of the last year's days after which the balance stood elsewhere, [r, k]; 1 without any."""
    share = np.ones((len(y), len(knots)))
    for number, step in enumerate(knots.tolist()):
        change = (y[:, step:] - y[:, :-step])[:, -_YEAR:]
        known = np.clip(lengths - step, 0, _YEAR)
        other = np.count_nonzero((change != 0.0) & ~np.isnan(change), axis=1)
        share[:, number] = np.divide(other, known, out=np.ones(len(y)), where=known > 0)
    return share
