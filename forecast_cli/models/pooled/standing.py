"""Standing still: the probability that a balance does not change, and quantiles with a point mass for it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import quantile_probabilities, take_levels
from forecast_cli.models.months import match_months
from forecast_cli.models.rows import in_c_order

#: Level whose quantiles, the 10th and the 90th percentile, say how likely a balance below the last one is.
MIDDLE_LEVEL: Final = 80.0
#: Number of earlier months whose matching days count, and the weight of the last 90 days for unexplained flow.
_MONTHS: Final = 12
_RECENT_WEIGHT: Final = 12.0


def moved_share(panel: Panel, explained: NDArray[np.float64], paid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability that each balance differs from the last one on each of h days ahead, [n, h].

    It is (1 - (1 - p) (1 - r)) q: there is flow by then, from a payment or other flow, and the balance then differs.
    p = ``paid`` [n, h] is the probability that a recurring payment has come. r = (u + 1) / (M + 13) and q = (d + 1) /
    (f + 1) are from the account's own past. M is the number of known earlier months, up to 12; 13 is 12 + 1. u =
    u_months + 12 u_days, f = f_months + f_days and d = d_months + d_days: the number of these months, and the share of
    the last 90 days. A month counts if, as many days after the same day of the month, there had been flow that is not
    ``explained`` [n, t] by payments (u), there had been any flow (f), or the balance was another (d); a day counts if
    that was so since as many days before it. The 1 is Laplace's rule of succession: a balance that never moved may.
    """
    from forecast_cli.models.pooled.loops import count_moves

    same, moves = match_months(panel.origins, paid.shape[1], _MONTHS), np.empty((*paid.shape, 4))
    weight, last = np.array([_RECENT_WEIGHT]), np.empty((2, panel.y.shape[1]), dtype=np.int64)
    count_moves(in_c_order(panel.y), in_c_order(explained), panel.lengths, same.days, same.place, weight, last, moves)
    known, unexplained, flow, different = np.moveaxis(moves, 2, 0)
    other = (unexplained + 1) / (known + _RECENT_WEIGHT + 1)
    return np.asarray((1.0 - (1.0 - paid) * (1.0 - other)) * ((different + 1) / (flow + 1)))


def add_point_mass(
    quantiles: NDArray[np.float64],
    last: NDArray[np.float64],
    moved: NDArray[np.float64],
    levels: tuple[float, ...],
) -> NDArray[np.float64]:
    """Return ``quantiles`` [n, s, q] of ``levels`` with a point mass of 1 - ``moved`` [n, s] on ``last`` [n, 1].

    Let b be the probability of a balance below the last one by the quantiles, on straight lines through the 10th, 50th
    and 90th percentile. At most ``moved`` b of the probability lies below the last balance, and at most ``moved`` (1 -
    b) above it: other quantiles are moved to it. ``levels`` contain ``MIDDLE_LEVEL``.
    """
    from forecast_cli.models.pooled.loops import set_point_mass

    held, last = quantiles.copy(), np.broadcast_to(last, moved.shape).copy()
    outer = in_c_order(take_levels(quantiles, levels, (MIDDLE_LEVEL,)))
    set_point_mass(last, in_c_order(moved), outer, quantile_probabilities(levels), held)
    return held
