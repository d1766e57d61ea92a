"""Conformal intervals: as wide as a model was wrong over the last windows of the same account.

Source: Stankeviciute, Alaa and van der Schaar, Conformal time-series forecasting, NeurIPS 2021; the scores and the
quantiles are those of statsforecast's ``ConformalIntervals``, method ``conformal_distribution``: quantiles of the
forecast plus and minus each absolute error of the same step.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.base import quantile_probabilities


@dataclass(frozen=True)
class Windows:
    """How many windows of h days to be wrong over: as many as an account has room for, 2 to ``most``.

    ``train`` is the number of observations the model needs before the first of them.
    """

    train: int
    most: int

    def needed(self, h: int) -> int:
        """Return the observations an account needs."""
        return self.train + 2 * h

    def count(self, lengths: NDArray[np.int64], h: int) -> NDArray[np.int64]:
        """Return the windows each account has room for, [n]; below 2 where it is too short."""
        return np.minimum((lengths - self.train) // h, self.most)


def symmetric_quantiles(scores: NDArray[np.float64], levels: tuple[float, ...]) -> NDArray[np.float64]:
    """Return what the quantiles lie above the forecast, [n, h, q], given absolute errors ``scores`` [k, n, h].

    The 2k numbers +-score are symmetric, so that their upper quantiles, interpolated linearly, are those wanted and
    the lower ones their mirror.
    """
    ordered = _ascending(scores)
    middle = len(levels)
    offsets = np.zeros((*scores.shape[1:], 2 * middle + 1))
    for place, probability in enumerate(quantile_probabilities(levels)[middle + 1 :], start=1):
        position = float(probability) * (2 * len(scores) - 1)
        below = min(int(position), 2 * len(scores) - 2)
        left, right = _mirrored(ordered, below), _mirrored(ordered, below + 1)
        width = left + (right - left) * (position - below)
        offsets[:, :, middle + place] = width
        offsets[:, :, middle - place] = -width
    return offsets


def _ascending(scores: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Sort along the first axis, all accounts and steps at once; half the time of numpy's sort of short runs."""
    columns = list(scores)
    for low, high in _sorting_network(len(columns)):
        a, b = columns[low], columns[high]
        columns[low], columns[high] = np.minimum(a, b), np.maximum(a, b)
    return columns


@lru_cache(maxsize=32)
def _sorting_network(n: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs to compare, in order: merge exchange (Knuth, The Art of Computer Programming 3, 5.2.2 M)."""
    pairs = []
    p = top = 1 << max((n - 1).bit_length() - 1, 0)
    while p > 0:
        q, r, d = top, 0, p
        while d > 0:
            pairs += [(i, i + d) for i in range(n - d) if i & p == r]
            d, q, r = q - p, q >> 1, p
        p >>= 1
    return tuple(pairs)


def _mirrored(ordered: list[NDArray[np.float64]], place: int) -> NDArray[np.float64]:
    """Return the ``place``-th of the numbers +-ordered, ascending, [n, h]."""
    k = len(ordered)
    picked: NDArray[np.float64] = ordered[place - k] if place >= k else -ordered[k - 1 - place]
    return picked
