"""Events of a balance's future, read off sample paths."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Periods, in days from the origin, whose low point is asked for.
PERIODS: Final = (7, 14, 30)


def periods_within(h: int) -> tuple[int, ...]:
    """Return the periods that a horizon of ``h`` days covers."""
    return tuple(days for days in PERIODS if days <= h)


def low_points(paths: NDArray[np.float64], days: int) -> NDArray[np.float64]:
    """Return the lowest balance of the first ``days`` days of each path, [n, s], given ``paths`` [n, s, h]."""
    lowest: NDArray[np.float64] = paths[:, :, :days].min(axis=2)
    return lowest


def probability_below(paths: NDArray[np.float64], thresholds: NDArray[np.float64], *, days: int) -> NDArray[np.float64]:
    """Return the share of paths whose low point of the first ``days`` days lies under the threshold, [n].

    ``paths`` [n, s, h] and ``thresholds`` [n] in units of the balance. NaN where the paths are.
    """
    lowest = low_points(paths, days)
    share = (lowest < thresholds[:, None]).mean(axis=1)
    return np.where(np.isnan(lowest).any(axis=1), np.nan, share)
