"""Balances that several tests of models share."""

import numpy as np


def balances(days: int, seed: int = 3) -> np.ndarray:
    """Return positive balances with a weekly pattern, for which a multiplicative model would seem to fit."""
    rng = np.random.default_rng(seed)
    return 5000 + np.cumsum(rng.normal(0, 40, days) * (rng.random(days) < 0.4)) + 300 * (np.arange(days) % 7 < 2)
