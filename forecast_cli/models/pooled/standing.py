"""Standing: how likely a balance stands where it stands, and quantiles that know of it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.months import days_of
from forecast_cli.models.rows import in_c_order

#: Months back that the same day is looked at, and what all days of the last year count beside them, in months.
_MONTHS: Final = 12
_ALL_DAYS: Final = 4


def moved_share(panel: Panel, ahead: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how likely each balance stands elsewhere ``ahead`` [k] days on, ascending, by its own past, [n, k].

    (m + 4 a + 1) / (M + 5): of up to 12 earlier months M it stood elsewhere so many days after the same day in m, and
    after a share a of all days of the last year; the 1 is Laplace's rule of succession, for what never moved may.
    """
    from forecast_cli.models.pooled.loops import count_moves

    same = days_of(panel.origins, int(ahead[-1]), _MONTHS)
    months = in_c_order(same.days[:, :, np.concatenate([[0], ahead])])
    moves = np.empty((len(panel), len(ahead), 3))
    count_moves(in_c_order(panel.y), panel.lengths, months, same.place, ahead, moves)
    elsewhere, known, share = np.moveaxis(moves, 2, 0)
    return np.asarray((elsewhere + _ALL_DAYS * share + 1) / (known + _ALL_DAYS + 1))


def with_point_mass(
    quantiles: NDArray[np.float64],
    last: NDArray[np.float64],
    moved: NDArray[np.float64],
    probabilities: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return ``quantiles`` [n, s, q] with a point mass of 1 - ``moved`` [n, s] on ``last`` [n, s] or [n, 1].

    No more than ``moved`` lies below the last balance, and no more above it: a quantile from that probability on is not
    below it, and one up to the rest is not above.
    """
    from forecast_cli.models.pooled.loops import set_point_mass

    held = quantiles.copy()
    set_point_mass(np.broadcast_to(last, moved.shape).copy(), in_c_order(moved), probabilities, held)
    return held
