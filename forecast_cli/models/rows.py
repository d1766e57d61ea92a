"""Rows of a panel: as loops take them, and their sums, in the same bits whatever stands beside or before a row.

numpy's ``sum`` adds in pairs, in an order that depends on the length of the array: the same account in a panel with a
longer neighbour, hence with more NaN before its first day, would get other last bits. ``np.add.accumulate`` adds from
left to right, and zeros before the first day change nothing.
"""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel

#: Rows worked on at a time: few enough that a block of two years of days stays in the processor's cache.
_CHUNK = 256

Number = TypeVar("Number", bound=np.generic)


def row_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of each row of ``values`` [n, t], NaN counted as zero, added from left to right."""
    if values.shape[1] == 0:
        return np.zeros(len(values))
    filled = np.where(np.isnan(values), 0.0, values)
    total: NDArray[np.float64] = np.add.accumulate(filled, axis=1)[:, -1]
    return total


def tree_sum(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum over the last axis, halves added to halves: an order that only its length decides.

    Several times as fast as ``row_sums``, for windows that are as long for every account; NaN stays NaN.
    """
    return tree_sum_down(np.moveaxis(values, -1, 0))


def tree_sum_down(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum over the first axis of ``values`` [t, ...], one at least, added as ``tree_sum`` does, [...]."""
    while len(values) > 1:
        half = len(values) // 2
        folded = values[:half] + values[half : 2 * half]
        if len(values) % 2:
            folded[0] += values[-1]
        values = folded
    return np.asarray(values[0])


def squared_changes(panel: Panel, lag: int, *, drift: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return the sum over days of (y[t] - y[t - lag] - drift)^2 for each account, [n]; 0 where there is no pair."""
    from forecast_cli.models.row_loops import sum_squares

    total, drifts = np.empty(len(panel)), np.zeros(len(panel)) if drift is None else drift
    for rows in chunks(len(panel)):
        sum_squares(in_c_order(panel.y[rows]), np.array([lag]), drifts[rows], total[rows])
    return total


def in_c_order(values: NDArray[Number]) -> NDArray[Number]:
    """Return ``values``, of any shape, as compiled loops take them: in C order, writable, copied only where needed."""
    return np.require(values, requirements=["C", "W"])


def chunks(n: int) -> Iterator[slice]:
    """Return slices of n rows to work on one after the other."""
    return (slice(start, start + _CHUNK) for start in range(0, n, _CHUNK))
