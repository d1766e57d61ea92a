"""Outlook: the forecast from an account's own past, which corrections learned from all accounts start from."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.pooled.standing import moved_share
from forecast_cli.models.pooled.weekly import forecast_weekly, weekly_rows
from forecast_cli.models.pooled.windows import MIN_TRAIN
from forecast_cli.models.recurring.model import forecast_balances
from forecast_cli.models.recurring.streams import Streams
from forecast_cli.models.rows import balance_sizes, chunks, in_c_order

#: Days of history needed for a path of payments and reversion; with fewer, the path is the last balance.
PATH_DAYS: Final = 60


@dataclass(frozen=True)
class Outlook:
    """The forecast of n accounts from their own past, in units of the balance.

    ``path`` [n, h] are the expected balances, ``sd`` [n, h] their standard deviation, NaN where it is not known.
    ``moved`` [n, h] is the probability that the balance differs from the last one (``moved_share``). ``scale`` [n] is
    that of ``scale_of``, 0 for an account that never moved. ``streams`` are the recurring payments. ``weekly`` [n] says
    whose balance has a weekly pattern (``weekly_rows``).
    """

    path: NDArray[np.float64]
    sd: NDArray[np.float64]
    moved: NDArray[np.float64]
    scale: NDArray[np.float64]
    streams: Streams
    weekly: NDArray[np.bool_]

    def take(self, rows: NDArray[np.int64] | slice) -> "Outlook":
        """Return the outlook of ``rows`` only, with the streams of all accounts."""
        arrays = (self.path[rows], self.sd[rows], self.moved[rows], self.scale[rows])
        return Outlook(*arrays, self.streams, self.weekly[rows])


def forecast_outlook(panel: Panel, h: int) -> Outlook:
    """Return the outlook of each account over ``h`` days from its own past only.

    It is made from payments and reversion to the level, or from the days of the week for a balance with a weekly
    pattern.
    """
    from forecast_cli.models.recurring.detect import find_streams

    streams = find_streams(panel)
    path, sd, paid = forecast_balances(panel, streams, h)
    young = panel.lengths < PATH_DAYS
    path[young] = panel.y[young, -1, None]
    rows, weekly = weekly_rows(panel), np.zeros(len(panel), dtype=np.bool_)
    if len(rows):
        path[rows], sd[rows] = forecast_weekly(panel.take(rows), h)
        weekly[rows] = True
    sd[panel.lengths < PATH_DAYS + h] = np.nan
    return Outlook(path, sd, moved_share(panel, streams.explained, paid), scale_of(panel), streams, weekly)


def scale_of(panel: Panel) -> NDArray[np.float64]:
    """Return the mean of |y[t] - y[t - 30]| over all days of each account for which it is known, [n].

    If that is 0, it is the mean of |y[t] - y[t - 1]| times the square root of 30; 0 for an account that never moved.
    With fewer than 90 days of history it rests on a few moves that overlap, and may be small by chance: it is then at
    least the mean move over all of 1 to 30 days, in full up to 60 days of history, and less from there to 90. In the
    first month, when few moves are known, it is the geometric mean of that and of the size of the balance: the larger
    of the last one and the mean, without signs.
    """
    from forecast_cli.models.pooled.loops import mean_moves

    scale = np.empty(len(panel))
    for rows in chunks(len(panel)):
        mean_moves(in_c_order(panel.y[rows]), panel.lengths[rows], scale[rows])
    first = np.flatnonzero(panel.lengths < MIN_TRAIN)
    if len(first):
        scale[first] = np.sqrt(scale[first]) * np.sqrt(balance_sizes(panel.take(first), MIN_TRAIN))
    return scale
