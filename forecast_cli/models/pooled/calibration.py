"""Calibration: conformal scores of a forest on held-out accounts, by segment, horizon and side of the median."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.base import quantile_probabilities
from forecast_cli.models.normal_scores import interpolate_linearly, normal_scores
from forecast_cli.models.pooled.segments import SEGMENTS

#: Levels, in percent, whose bounds and median are the quantiles of the scores that are kept.
LEVELS: Final = (20.0, 40.0, 60.0, 80.0, 90.0, 95.0, 98.0, 99.0)
#: Probabilities of these quantiles.
GRID: Final = tuple(quantile_probabilities(LEVELS).tolist())
#: Smallest predicted distance of the 10th or 90th percentile from the median, as a share of an account's scale.
_MIN_DISTANCE: Final = 0.02
#: Outcomes are clipped to this many scales from the path, for growing trees and for their slope.
MAX_OUTCOME: Final = 4.0
#: Slopes that are tried. None is below 1: the slope is measured on held-out accounts, and a forest knows more about the
#: accounts on which it was grown.
_SLOPES: Final = tuple(tenths / 10 for tenths in range(10, 16))
#: Intervals are widened to hold in this share of the months of the scores, rather than on average over months.
_MONTHS_COVERED: Final = 0.9
#: Largest factor by which intervals are widened for differences between months.
_MAX_WIDENING: Final = 2.0
#: Largest conformal score, a whole scale of the account at the smallest predicted distance: a dormant account that
#: wakes moves by thousands of its scales, and must not set the tails of all accounts.
_MAX_SCORE: Final = 50.0
#: Number of times that windows are assigned to months at random.
_N_SHUFFLES: Final = 4
#: Fewest windows of a month for it to be counted.
_FEWEST: Final = 50
#: Fewest such months for intervals to be widened.
_FEWEST_MONTHS: Final = 6
#: Fewest windows of a segment for it to have scores of its own.
_FEWEST_OF_SEGMENT: Final = 200


@dataclass(frozen=True)
class Calibration:
    """Quantiles of ``scores`` [s, p, k] for each segment, probability of ``GRID`` and knot, and a ``slope``.

    Predictions of a forest are multiplied by ``slope``: where trees agree on a direction, their mean is too small. A
    score is the distance from the predicted median, divided by the predicted distance from the median to the 90th
    percentile (above it) or to the 10th (below it).
    """

    scores: NDArray[np.float64]
    slope: float

    def quantiles(
        self, predictions: NDArray[np.float64], probabilities: NDArray[np.float64], segments: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return calibrated quantiles [n, k, q] of ``predictions`` [n, k, 3] for accounts of ``segments`` [n]."""
        wanted, known = normal_scores(probabilities), normal_scores(np.array(GRID))
        scores = np.stack([interpolate_linearly(wanted, known, own.T) for own in self.scores])[segments]
        median, below, above = split_prediction(self.slope * predictions)
        return np.asarray(median[..., None] + scores * np.where(scores < 0, below[..., None], above[..., None]))


def calibrate(
    predictions: NDArray[np.float64],
    outcomes: NDArray[np.float64],
    months: NDArray[np.int64],
    segments: NDArray[np.int64],
) -> Calibration:
    """Return the calibration from ``predictions`` [n, k, 3] and ``outcomes`` [n, k] of windows in ``months``.

    Conformal quantile regression (Romano, Patterson and Candes, NeurIPS 2019), each side of the median by itself, and
    each of ``segments`` [n] by itself if it has enough windows, else over all. Each side is widened to hold in 90 %
    of months, as far as months differ by more than chance: events that all accounts share make windows of one
    month alike, and future months will differ.
    """
    slope, scores = score_outcomes(predictions, outcomes)
    own = [segments == segment for segment in range(SEGMENTS)]
    return Calibration(np.stack([_calibrate_segment(scores, months, some) for some in own]), slope)


def score_outcomes(
    predictions: NDArray[np.float64], outcomes: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the slope of ``predictions`` [n, k, 3], and the scores [n, k] of ``outcomes`` [n, k] with it."""
    slope = _best_slope(predictions[..., 1], np.clip(outcomes, -MAX_OUTCOME, MAX_OUTCOME))
    median, below, above = split_prediction(slope * predictions)
    error = outcomes - median
    return slope, np.clip(error / np.where(error < 0, below, above), -_MAX_SCORE, _MAX_SCORE)


def _calibrate_segment(
    scores: NDArray[np.float64], months: NDArray[np.int64], own: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the widened quantiles [p, k] of the ``scores`` [n, k] of a segment, whose windows are ``own`` [n].

    Where its windows are too few, scores are those of all accounts; where its months are too few, factors are.
    """
    everyone = np.ones_like(own)
    some = own if own.sum() >= _FEWEST_OF_SEGMENT else everyone
    similar = some if len(_large_months(months[some])) >= _FEWEST_MONTHS else everyone
    return _widen_quantiles(scores[some], _widening_factors(scores[similar], months[similar]))


def _best_slope(medians: NDArray[np.float64], outcomes: NDArray[np.float64]) -> float:
    """Return the slope of the lowest mean absolute error between slope * ``medians`` and ``outcomes``, [n, k] each."""
    return min(_SLOPES, key=lambda slope: float(np.abs(outcomes - slope * medians).mean()))


def _widen_quantiles(scores: NDArray[np.float64], factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quantiles [p, k] of ``scores`` [n, k], their distances from the median times ``factors`` [2, k]."""
    quantiles = np.quantile(scores, GRID, axis=0)
    middle = quantiles[len(GRID) // 2]
    wider = np.where(np.array(GRID)[:, None] < 0.5, *factors)
    return np.asarray(middle + (quantiles - middle) * wider)


def _large_months(months: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return those of ``months`` [n] that have enough windows to be counted."""
    found, counts = np.unique(months, return_counts=True)
    return found[counts >= _FEWEST]


def _widening_factors(scores: NDArray[np.float64], months: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the factors that widen intervals for differences between months, below and above the median, [2, k].

    A factor is the 10th or 90th percentile of ``scores`` [n, k], taken relative to their median, in a month that lies
    further out than 90 % of them, divided by the same figure after windows are assigned to months at random. Months
    of few windows differ by chance, too, and the division leaves that out.
    """
    large, centered = _large_months(months), scores - np.median(scores, axis=0)
    if len(large) < _FEWEST_MONTHS:
        return np.ones((2, scores.shape[1]))
    drawn = np.random.default_rng(0)
    shuffles = [_outer_percentiles(centered, drawn.permutation(months), large) for _ in range(_N_SHUFFLES)]
    chance, found = np.mean(shuffles, axis=0), _outer_percentiles(centered, months, large)
    wider = np.divide(found, chance, out=np.ones_like(chance), where=chance != 0.0)
    return np.asarray(np.clip(wider, 1.0, _MAX_WIDENING))


def _outer_percentiles(
    scores: NDArray[np.float64], months: NDArray[np.int64], large: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the 10th and 90th percentile of a month further out than 90 % of the ``large`` months, [2, k]."""
    low, high = np.stack([np.quantile(scores[months == month], (0.1, 0.9), axis=0) for month in large], axis=1)
    return np.stack([np.quantile(low, 1 - _MONTHS_COVERED, axis=0), np.quantile(high, _MONTHS_COVERED, axis=0)])


def split_prediction(
    predictions: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the medians [n, k] of ``predictions`` [n, k, 3], and the distances below and above, 0.02 or more."""
    low, median, high = predictions[..., 0], predictions[..., 1], predictions[..., 2]
    return median, np.maximum(median - low, _MIN_DISTANCE), np.maximum(high - median, _MIN_DISTANCE)
