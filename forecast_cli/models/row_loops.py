"""Loops over the days of rows, compiled: whoever imports this loads the compiler, half a second."""

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel


@kernel((np.float64, 2), (np.int64, 1), (np.float64, 1), (np.float64, 1))
def sum_squares(
    y: NDArray[np.float64], lag: NDArray[np.int64], drift: NDArray[np.float64], total: NDArray[np.float64]
) -> None:
    """Fill ``total`` [n] with the sum of (y[t] - y[t - lag] - drift)^2 over the days of ``y`` [n, t], NaN left out."""
    for row in range(len(y)):
        squares = 0.0
        for day in range(lag[0], y.shape[1]):
            change = y[row, day] - y[row, day - lag[0]] - drift[row]
            squares += 0.0 if np.isnan(change) else change * change
        total[row] = squares
