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
#: What comes counts up to this many scales from what was expected, for growing trees and for their slope.
FURTHEST: Final = 4.0
#: Times that what a forest says may count. Never less than once: of accounts that it was grown on it knows more than of
#: those that were held out.
_SLOPES: Final = tuple(tenths / 10 for tenths in range(10, 16))
#: Intervals hold what they say in this share of the months that scores were taken in, not in the mean of them.
_MONTHS: Final = 0.8
#: How many times as wide months to come may make them, at most.
_WIDEST: Final = 2.0
#: Times that the same windows are dealt to months by chance.
_DEALS: Final = 4
#: Fewest windows that make a month.
_FEWEST: Final = 50
#: Fewest months that tell how months differ.
_FEWEST_MONTHS: Final = 6
#: Fewest windows of a segment that has scores of its own.
_FEWEST_OF_SEGMENT: Final = 200


@dataclass(frozen=True)
class Calibration:
    """``scores`` [s, p, k] of each segment at the probabilities of ``GRID`` and the knots, and a ``slope``.

    What a forest says counts ``slope`` times: where trees agree on a direction, their mean says too little of it.
    A score is the distance from the median, over that of the 90th percentile above it or of the 10th below it: -1 and 1
    for a forest whose 80 % interval is right.
    """

    scores: NDArray[np.float64]
    slope: float

    def quantiles(
        self, said: NDArray[np.float64], probabilities: NDArray[np.float64], segments: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the quantiles [n, k, q] of accounts of ``segments`` [n] that a forest said ``said`` [n, k, 4] of."""
        wanted, known = normal_scores(probabilities), normal_scores(np.array(GRID))
        scores = np.stack([straight_between(wanted, known, own.T) for own in self.scores])[segments]
        median, below, above = _spread(self.slope * said)
        return np.asarray(median[..., None] + scores * np.where(scores < 0, below[..., None], above[..., None]))


def calibrate(
    said: NDArray[np.float64], came: NDArray[np.float64], months: NDArray[np.int64], segments: NDArray[np.int64]
) -> Calibration:
    """Return the calibration for what was ``said`` [n, k, 4] and ``came`` [n, k] in windows of ``months`` [n].

    Split conformal prediction with the scores of quantile regression, each side its own (Romano, Patterson and Candes,
    NeurIPS 2019), in each of ``segments`` [n] that has the windows for it, else over all. Widened on each side so that
    it holds in four months of five, as far as months differ by more than chance: what all accounts meet together in a
    month makes windows of one month alike, and the months to come are others.
    """
    slope = _best_slope(said[..., 1], np.clip(came, -FURTHEST, FURTHEST))
    median, below, above = _spread(slope * said)
    error = came - median
    scores = error / np.where(error < 0, below, above)
    wider_below, wider_above = _widening(scores - np.median(scores, axis=0), months)
    wider = np.where(np.array(GRID)[:, None] < 0.5, wider_below, wider_above)
    own = [segments == segment for segment in range(SEGMENTS)]
    return Calibration(
        np.stack([_widened(scores[some] if some.sum() >= _FEWEST_OF_SEGMENT else scores, wider) for some in own]), slope
    )


def _best_slope(medians: NDArray[np.float64], came: NDArray[np.float64]) -> float:
    """Return the slope whose multiple of ``medians`` [n, k] misses what ``came`` [n, k] by least on average."""
    return min(_SLOPES, key=lambda slope: float(np.abs(came - slope * medians).mean()))


def _widened(scores: NDArray[np.float64], wider: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quantiles [p, k] of ``scores`` [n, k], stretched from their median ``wider`` [p, k] times."""
    quantiles = np.quantile(scores, GRID, axis=0)
    middle = quantiles[len(GRID) // 2]
    return np.asarray(middle + (quantiles - middle) * wider)


def _widening(scores: NDArray[np.float64], months: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how much further out the 10th and 90th percentile lie than in months that differ by chance alone, [2, k].

    Both in the month that is further out than four of five, of ``scores`` [n, k] over their median. A few windows
    scatter: dealt to months by chance, the same windows have some months further out than others too.
    """
    _, place, counts = np.unique(months, return_inverse=True, return_counts=True)
    large = np.flatnonzero(counts >= _FEWEST)
    if len(large) < _FEWEST_MONTHS:
        return np.ones((2, scores.shape[1]))
    drawn = np.random.default_rng(0)
    chance = np.mean([_far_out(scores, drawn.permutation(place), large) for _ in range(_DEALS)], axis=0)
    found = _far_out(scores, place, large)
    wider = np.divide(found, chance, out=np.ones_like(chance), where=chance != 0.0)
    return np.asarray(np.clip(wider, 1.0, _WIDEST))


def _far_out(scores: NDArray[np.float64], place: NDArray[np.int64], large: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the 10th and 90th percentile of a month that is further out than four of five of the ``large``, [2, k]."""
    low, high = np.stack([np.quantile(scores[place == month], (0.1, 0.9), axis=0) for month in large], axis=1)
    return np.stack([np.quantile(low, 1 - _MONTHS, axis=0), np.quantile(high, _MONTHS, axis=0)])


def _spread(said: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    low, median, high = said[..., 0], said[..., 1], said[..., 2]
    return median, np.maximum(median - low, _NARROWEST), np.maximum(high - median, _NARROWEST)
