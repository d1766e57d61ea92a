"""Sums over rows of a panel, the same to the last bit whatever other rows there are, and arrays for compiled loops.

``numpy.sum`` adds in pairs, in an order that depends on the length of the array. In a panel with a longer neighbour an
account has more NaN before its first day, and its sum would differ in the last bits. ``np.add.accumulate`` adds from
left to right, so that zeros before the first day change nothing.
"""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel

#: Rows in a chunk: few enough that two years of daily values stay in the processor's cache.
_CHUNK = 256

Number = TypeVar("Number", bound=np.generic)


def row_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of each row of ``values`` [n, t], added from left to right, with NaN as zero."""
    if values.shape[1] == 0:
        return np.zeros(len(values))
    filled = np.where(np.isnan(values), 0.0, values)
    total: NDArray[np.float64] = np.add.accumulate(filled, axis=1)[:, -1]
    return total


def tree_sum(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum over the last axis, by repeatedly adding its two halves: the order depends on its length only.

    It is several times as fast as ``row_sums``, for windows of equal length in all accounts. NaN stays NaN.
    """
    parts = np.moveaxis(values, -1, 0)
    while len(parts) > 1:
        half = len(parts) // 2
        folded = parts[:half] + parts[half : 2 * half]
        if len(parts) % 2:
            folded[0] += parts[-1]
        parts = folded
    return np.asarray(parts[0])


def balance_sizes(panel: Panel, days: int) -> NDArray[np.float64]:
    """Return the size of each account's balance, [n]: |last|, or the mean of |y| over the last ``days`` if larger."""
    mean = row_sums(np.abs(panel.y[:, -days:])) / np.minimum(panel.lengths, days)
    return np.maximum(np.abs(panel.y[:, -1]), mean)


def squared_changes(panel: Panel, lag: int, *, drift: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return the sum over days of (y[t] - y[t - lag] - drift)^2 for each account, [n]; 0 if there are no two days."""
    from forecast_cli.models.row_loops import sum_squares

    total, drifts = np.empty(len(panel)), np.zeros(len(panel)) if drift is None else drift
    for rows in chunks(len(panel)):
        sum_squares(in_c_order(panel.y[rows]), np.array([lag]), drifts[rows], total[rows])
    return total


def long_rows(panel: Panel, needed: int) -> Iterator[NDArray[np.int64]]:
    """Yield the rows with at least ``needed`` days of history, chunk by chunk, without chunks that have none."""
    for chunk in chunks(len(panel)):
        rows = np.arange(len(panel))[chunk][panel.lengths[chunk] >= needed]
        if len(rows):
            yield rows


def in_c_order(values: NDArray[Number]) -> NDArray[Number]:
    """Return ``values`` [any shape] in C order and writable, as compiled loops need them; copied only if necessary."""
    return np.require(values, requirements=["C", "W"])


def chunks(n: int) -> Iterator[slice]:
    """Return an iterator of slices that cut n rows into chunks."""
    return (slice(start, start + _CHUNK) for start in range(0, n, _CHUNK))
