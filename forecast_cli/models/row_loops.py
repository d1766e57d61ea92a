"""Compiled loops over the days of rows. Importing this module loads the compiler (half a second)."""

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel


@kernel((np.float64, 2), (np.int64, 1), (np.float64, 1), (np.float64, 1))
def sum_squares(
    y: NDArray[np.float64], lag: NDArray[np.int64], drift: NDArray[np.float64], total: NDArray[np.float64]
) -> None:
    """Fill ``total`` [n] with the sum of (y[t] - y[t - lag] - drift)^2 over the days of ``y`` [n, t], NaN ignored."""
    for row in range(len(y)):
        squares = 0.0
        for day in range(lag[0], y.shape[1]):
            change = y[row, day] - y[row, day - lag[0]] - drift[row]
            squares += 0.0 if np.isnan(change) else change * change
        total[row] = squares


@kernel((np.float64, 3), (np.int64, 1), (np.float64, 3))
def interpolate_days(values: NDArray[np.float64], knots: NDArray[np.int64], interpolated: NDArray[np.float64]) -> None:
    """Fill ``interpolated`` [n, h, m] linearly between ``values`` [n, k, m] at the ``knots`` [k], and 0 on day 0."""
    n, h, m = interpolated.shape
    for row in range(n):
        right = 0
        for day in range(1, h + 1):
            while knots[right] < day:
                right += 1
            left = knots[right - 1] if right else 0
            share = (day - left) / (knots[right] - left)
            for column in range(m):
                before = values[row, right - 1, column] if right else 0.0
                interpolated[row, day - 1, column] = before * (1.0 - share) + values[row, right, column] * share
