"""Laplace quantiles: balances stand still or jump, so their changes have a narrow middle and wide ends."""

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.base import quantile_probabilities

_NORMAL_80 = 1.2815515655446004


def laplace_scores(levels: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the quantiles [q] of the Laplace distribution whose 80 % interval is the standard normal's."""
    upper = quantile_probabilities(levels)[len(levels) + 1 :]
    scores = _NORMAL_80 * np.log(2 * (1 - upper)) / np.log(0.2)
    return np.concatenate([-scores[::-1], [0.0], scores])
