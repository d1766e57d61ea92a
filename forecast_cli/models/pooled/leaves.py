"""Leaves: quantiles of the outcomes of the windows in each leaf."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Probabilities of the quantiles that a leaf keeps.
KEPT: Final = (0.1, 0.5, 0.9)


def leaf_quantiles(
    leaf: NDArray[np.int64], outcomes: NDArray[np.float64], order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the distinct leaves [l], ascending, and the quantiles of the outcomes in each, [l, k, 3].

    ``leaf`` [n] is the leaf of each window, ``outcomes`` [n, k] its outcomes, ``order`` [n, k] the
    indices that sort them at each knot. Quantiles are interpolated as in numpy's ``linear`` method.
    """
    leaves, inverse, count = np.unique(leaf, return_inverse=True, return_counts=True)
    group = inverse.astype(np.min_scalar_type(len(leaves)))  # numpy uses radix sort for 16-bit integers
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    out = np.empty((len(leaves), outcomes.shape[1], len(KEPT)))
    for knot in range(outcomes.shape[1]):
        own = order[:, knot]
        values = outcomes[own[np.argsort(group[own], kind="stable")], knot]
        for place, probability in enumerate(KEPT):
            position = probability * (count - 1)
            below = np.floor(position).astype(np.int64)
            share = position - below
            above = np.minimum(below + 1, count - 1)
            out[:, knot, place] = values[start + below] * (1 - share) + values[start + above] * share
    return leaves, out
