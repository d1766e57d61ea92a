"""Conformal intervals: their width comes from a model's absolute errors over the last windows of the same account.

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
class ConformalWindows:
    """The number of windows of h days in which errors are measured: as many as fit into the history.

    There are 2 to ``max_windows``. ``train`` is the number of observations the model needs before the first window.
    """

    train: int
    max_windows: int

    def min_obs(self, h: int) -> int:
        """Return the number of observations an account needs for two windows of ``h`` days."""
        return self.train + 2 * h

    def count(self, lengths: NDArray[np.int64], h: int) -> NDArray[np.int64]:
        """Return the number of windows of ``h`` days for accounts of ``lengths`` [n]; below 2 if too short."""
        return np.minimum((lengths - self.train) // h, self.max_windows)


def symmetric_quantiles(scores: NDArray[np.float64], levels: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the quantiles minus the forecast, [n, h, q], from absolute errors ``scores`` [k, n, h].

    They are the linearly interpolated quantiles of the 2k numbers +-score. These are symmetric, so only the upper
    quantiles are computed, and mirrored.
    """
    ordered = _sort_scores(scores)
    middle = len(levels)
    offsets = np.zeros((*scores.shape[1:], 2 * middle + 1))
    for place, probability in enumerate(quantile_probabilities(levels)[middle + 1 :], start=1):
        position = float(probability) * (2 * len(scores) - 1)
        below = min(int(position), 2 * len(scores) - 2)
        left, right = _select_signed(ordered, below), _select_signed(ordered, below + 1)
        offset = left + (right - left) * (position - below)
        offsets[:, :, middle + place] = offset
        offsets[:, :, middle - place] = -offset
    return offsets


def _sort_scores(scores: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Sort ``scores`` [k, n, h] along the first axis; for a short axis this takes half the time of ``numpy.sort``."""
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


def _select_signed(ordered: list[NDArray[np.float64]], place: int) -> NDArray[np.float64]:
    """Return the ``place``-th smallest (from 0) of the numbers +-``ordered``, [n, h]."""
    k = len(ordered)
    selected: NDArray[np.float64] = ordered[place - k] if place >= k else -ordered[k - 1 - place]
    return selected
