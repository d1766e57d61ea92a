"""Calibration: how far what came lay from what a forest said of accounts not seen, by segment, horizon and side."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.normal_scores import normal_scores, straight_between
from forecast_cli.models.pooled.segments import SEGMENTS

#: Probabilities that scores are kept at.
GRID: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995)
#: Least distance of the 10th or 90th percentile from the median, as a share of an account's scale.
_NARROWEST: Final = 0.02
#: Intervals hold what they say in this share of the months that scores were taken in, not in the mean of them.
_MONTHS: Final = 0.75
#: Fewest windows that make a month, and that give a segment scores of its own.
_FEWEST: Final = 50
_FEWEST_OF_SEGMENT: Final = 200


@dataclass(frozen=True)
class Calibration:
    """``scores`` [s, p, k] of each segment at the probabilities of ``GRID`` and the knots.

    A score is the distance from the median, over that of the 90th percentile above it or of the 10th below it: -1 and 1
    for a forest whose 80 % interval is right.
    """

    scores: NDArray[np.float64]

    def quantiles(
        self, said: NDArray[np.float64], probabilities: NDArray[np.float64], segments: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the quantiles [n, k, q] of accounts of ``segments`` [n] that a forest said ``said`` [n, k, 4] of."""
        wanted, known = normal_scores(probabilities), normal_scores(np.array(GRID))
        scores = np.stack([straight_between(wanted, known, own.T) for own in self.scores])[segments]
        median, below, above = _spread(said)
        return np.asarray(median[..., None] + scores * np.where(scores < 0, below[..., None], above[..., None]))


def calibrate(
    said: NDArray[np.float64], came: NDArray[np.float64], months: NDArray[np.int64], segments: NDArray[np.int64]
) -> Calibration:
    """Return the calibration for what was ``said`` [n, k, 4] and ``came`` [n, k] in windows of ``months`` [n].

    Split conformal prediction with the scores of quantile regression, each side its own (Romano, Patterson and Candes,
    NeurIPS 2019), in each of ``segments`` [n] that has the windows for it, else over all. Widened on each side so that
    it holds in three months of four: what all accounts meet together in a month makes windows of one month alike, and
    the months to come are others.
    """
    median, below, above = _spread(said)
    error = came - median
    scores = error / np.where(error < 0, below, above)
    wider_below, wider_above = (_widening(scores, months, side) for side in (0.1, 0.9))
    wider = np.where(np.array(GRID)[:, None] < 0.5, wider_below, wider_above)
    own = [segments == segment for segment in range(SEGMENTS)]
    return Calibration(
        np.stack([_widened(scores[some] if some.sum() >= _FEWEST_OF_SEGMENT else scores, wider) for some in own])
    )


def _widened(scores: NDArray[np.float64], wider: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quantiles [p, k] of ``scores`` [n, k], as many times as far from their median as ``wider`` says."""
    quantiles = np.quantile(scores, GRID, axis=0)
    middle = quantiles[len(GRID) // 2]
    return np.asarray(middle + (quantiles - middle) * wider)


def _widening(scores: NDArray[np.float64], months: NDArray[np.int64], side: float) -> NDArray[np.float64]:
    """Return how much further out the quantile ``side`` lies in three months of four than in all windows, [k]."""
    names, counts = np.unique(months, return_counts=True)
    each = [np.quantile(scores[months == name], side, axis=0) for name in names[counts >= _FEWEST]]
    pooled = np.quantile(scores, side, axis=0)
    if not each:
        return np.ones_like(pooled)
    furthest = np.quantile(np.stack(each), _MONTHS if side > 0.5 else 1 - _MONTHS, axis=0)
    return np.asarray(np.maximum(np.divide(furthest, pooled, out=np.ones_like(pooled), where=pooled != 0.0), 1.0))


def _spread(said: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    low, median, high = said[..., 0], said[..., 1], said[..., 2]
    return median, np.maximum(median - low, _NARROWEST), np.maximum(high - median, _NARROWEST)
