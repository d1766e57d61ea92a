"""The quantiles from which sample paths are made, and the mean of such paths."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.base import quantile_probabilities
from forecast_cli.models.normal_scores import interpolate_linearly, normal_scores

N_PATHS: Final = 100
#: Levels, in percent, whose quantiles make the paths. They are fixed, so low balances do not depend on the published
#: levels. The bounds of the last one are where the lowest and the highest of 100 paths lie.
PATH_LEVELS: Final = (20.0, 40.0, 60.0, 80.0, 95.0, 99.0)


def levels_to_request(published: tuple[float, ...]) -> tuple[float, ...]:
    """Return the levels to request from a model, ascending: the published ones and those of paths."""
    return tuple(sorted({*published, *PATH_LEVELS}))


def path_scores(n_paths: int) -> NDArray[np.float64]:
    """Return the normal scores [s] of the probabilities (k + 0.5) / s, whose quantiles the s paths have on each day."""
    return normal_scores((np.arange(n_paths) + 0.5) / n_paths)


def mean_of_paths(quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean [n, h] of the paths made from ``quantiles`` [n, h, q] of ``PATH_LEVELS``.

    On each day, paths have the quantiles of ``path_scores``, linear in the score between those given. Distances
    of both bounds of a level from the median are added, level by level: the result of a row does not depend on other
    rows, that of a symmetric distribution is its median, and mirrored quantiles have the mirrored mean.
    """
    middle = len(PATH_LEVELS)
    median, above = quantiles[:, :, middle], np.zeros(quantiles.shape[:2])
    for place, share in enumerate(_shares(), 1):
        above += share * ((quantiles[:, :, middle - place] - median) + (quantiles[:, :, middle + place] - median))
    return np.asarray(median + above)


@lru_cache(maxsize=1)
def _shares() -> tuple[float, ...]:
    """Return the share of the bounds of each level in the mean of the paths."""
    known = normal_scores(quantile_probabilities(PATH_LEVELS))
    shares = interpolate_linearly(path_scores(N_PATHS), known, np.eye(len(known))).mean(axis=1)
    return tuple(shares[len(PATH_LEVELS) + 1 :].tolist())
