"""Logarithms of whole numbers, for scores."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.lattices import MAX_DAYS


@lru_cache(maxsize=1)
def log_table() -> NDArray[np.float64]:
    """Return a table of the logarithms of whole numbers, with 0 for 0, so that equal numbers give equal bits."""
    table = np.zeros(4 * MAX_DAYS)
    table[1:] = np.log(np.arange(1, len(table)))
    return table
