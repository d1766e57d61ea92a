"""Quantiles of the Laplace distribution. Balances stand still or jump, so changes have a sharp peak and heavy tails."""

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.base import quantile_probabilities

_NORMAL_80 = 1.2815515655446004


def laplace_scores(levels: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the quantiles [q] of the Laplace distribution with the 80 % interval of the standard normal."""
    upper = quantile_probabilities(levels)[len(levels) + 1 :]
    scores = _NORMAL_80 * np.log(2 * (1 - upper)) / np.log(0.2)
    return np.concatenate([-scores[::-1], [0.0], scores])
