"""Difficulty: how far the outcomes of accounts like this one lie from the predicted median, in predicted distances.

The mean over trees makes predicted distances too similar: too large for accounts that are easy to predict, too small
for difficult ones. Multiplied by the difficulty, they are right for accounts of each kind, and not only on average
(normalized conformal prediction: Papadopoulos, Vovk and Gammerman, Journal of Artificial Intelligence Research 40,
2011; with forests: Johansson, Bostrom, Lofstrom and Linusson, Machine Learning 97, 2014).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.pooled.calibration import split_prediction
from forecast_cli.models.pooled.forest import Forest, grow_mean_forest

#: Scores further out count as this far: a few surprises must not decide for all similar accounts.
_MAX_SCORE: Final = 2.0
#: Smallest difficulty, for accounts whose outcomes never differed from the median.
_LEAST: Final = 0.05


def grow_difficulty(x: NDArray[np.float32], scores: NDArray[np.float64], *, trees: int, seed: int) -> Forest:
    """Grow ``trees`` on features ``x`` [n, f] whose leaves keep the mean of |``scores``| [n, k] at each knot."""
    return grow_mean_forest(x, np.minimum(np.abs(scores), _MAX_SCORE), None, trees=trees, seed=seed)


def stretch(predictions: NDArray[np.float64], difficulty: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``predictions`` [n, k, 3] with their distances from the median times ``difficulty`` [n, k, 1]."""
    median, below, above = split_prediction(predictions)
    factor = np.maximum(difficulty[..., 0], _LEAST)
    return np.stack([median - factor * below, median, median + factor * above], axis=-1)
