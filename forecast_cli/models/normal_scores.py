"""Normal scores, on whose scale the quantiles of a normal distribution lie on a straight line."""

from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


def normal_scores(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard normal quantiles z [p] of ``probabilities`` [p], each above 0 and below 1."""
    return np.array(_cached_scores(tuple(probabilities.tolist())))


def interpolate_linearly(
    wanted: NDArray[np.float64], known: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Interpolate ``values`` [..., p] at ascending scores ``known`` [p] linearly at scores ``wanted`` [q]: [..., q].

    Beyond the first and the last known score, the outermost lines are extrapolated.
    """
    left = np.clip(np.searchsorted(known, wanted, side="right") - 1, 0, len(known) - 2)
    share = (wanted - known[left]) / (known[left + 1] - known[left])
    return np.asarray(values[..., left] * (1 - share) + values[..., left + 1] * share)


@lru_cache(maxsize=16)
def _cached_scores(probabilities: tuple[float, ...]) -> tuple[float, ...]:
    standard = NormalDist()
    return tuple(standard.inv_cdf(p) for p in probabilities)
