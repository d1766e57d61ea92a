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
#: Number of earlier months whose matching days count, and the weight of all days of the last year, in months.
_MONTHS: Final = 12
_ALL_DAYS: Final = 4


def moved_share(panel: Panel, ahead: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the probability that each balance differs ``ahead`` [k] (ascending) days later, from its own past, [n, k].

    It is (m + 4 a + 1) / (M + 5). M is the number of known earlier months, up to 12; m is how many of them had a
    different balance that many days after the same day of the month; a is the share of all days of the last year with a
    different balance that many days later. The 1 is Laplace's rule of succession: a balance that never moved may still
    move.
    """
    from forecast_cli.models.pooled.loops import count_moves

    same = match_months(panel.origins, int(ahead[-1]), _MONTHS)
    months = in_c_order(same.days[:, :, np.concatenate([[0], ahead])])
    moves = np.empty((len(panel), len(ahead), 3))
    count_moves(in_c_order(panel.y), panel.lengths, months, same.place, ahead, moves)
    elsewhere, known, share = np.moveaxis(moves, 2, 0)
    return np.asarray((elsewhere + _ALL_DAYS * share + 1) / (known + _ALL_DAYS + 1))


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
