"""Picks: of an account's streams those that cannot be one seen twice."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel

#: Amounts closer than this, as a ratio, may be one stream seen in two phases.
_APART: Final = 1.45


def strongest(row: NDArray[np.int64], score: NDArray[np.float64], amount: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which of m settled streams, ``amount`` [m] signed, are the strongest of their account and amount."""
    kept = np.zeros(len(row), dtype=np.bool_)
    _keep(row, np.ascontiguousarray(amount), np.lexsort((-score, row)), kept)
    return kept


@kernel((np.int64, 1), (np.float64, 1), (np.int64, 1), (np.bool_, 1))
def _keep(
    row: NDArray[np.int64], amount: NDArray[np.float64], order: NDArray[np.int64], kept: NDArray[np.bool_]
) -> None:
    """Say of each stream, account by account and the strongest first, whether none kept before it is like it."""
    first = 0
    for place in range(len(order)):
        one = order[place]
        if row[one] != row[order[first]]:
            first = place
        kept[one] = True
        for other in order[first:place]:
            near = abs(amount[one]) <= _APART * abs(amount[other]) and abs(amount[other]) <= _APART * abs(amount[one])
            if kept[other] and near and (amount[one] > 0.0) == (amount[other] > 0.0):
                kept[one] = False
