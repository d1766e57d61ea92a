"""Leaves: quantiles and means of what came, for groups of windows."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Probabilities of the quantiles that a leaf keeps, before the mean.
KEPT: Final = (0.1, 0.5, 0.9)


def ascending(came: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the places [n, k] of what ``came`` [n, k] at each knot, the lowest first: the same for all trees."""
    return np.argsort(came, axis=0, kind="stable")


def leaf_statistics(
    leaf: NDArray[np.int64], came: NDArray[np.float64], order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the leaves [l] that windows fall in, ascending, and for each the quantiles and the mean: [l, k, 4].

    ``leaf`` [n], ``came`` [n, k], ``order`` [n, k] of it as ``ascending`` has it. Quantiles lie between neighbours as
    numpy's ``linear`` method has them.
    """
    leaves, inverse, count = np.unique(leaf, return_inverse=True, return_counts=True)
    group = inverse.astype(np.min_scalar_type(len(leaves)))  # numpy sorts numbers of 16 bits by their digits
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    out = np.empty((len(leaves), came.shape[1], len(KEPT) + 1))
    for knot in range(came.shape[1]):
        own = order[:, knot]
        values = came[own[np.argsort(group[own], kind="stable")], knot]
        for place, probability in enumerate(KEPT):
            position = probability * (count - 1)
            below = np.floor(position).astype(np.int64)
            share = position - below
            above = np.minimum(below + 1, count - 1)
            out[:, knot, place] = values[start + below] * (1 - share) + values[start + above] * share
        out[:, knot, -1] = np.add.reduceat(values, start) / count
    return leaves, out
