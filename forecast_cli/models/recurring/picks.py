"""Picks: the strongest candidates of each account that cannot be one stream seen twice."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.candidates import Candidates

#: Candidates of an account that are taken at a time.
_AT_ONCE: Final = 10
#: Amounts closer than this, as a ratio, may be one stream seen in two cycles: the weaker waits for the next round.
_APART: Final = 1.45


def pick(found: Candidates) -> NDArray[np.int64]:
    """Return which candidates are picked, by account and the strongest first: places in ``found``."""
    order = np.lexsort((found.place, -found.score, found.row))
    row = found.row[order]
    if not len(row):
        return order
    starts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    rank = np.arange(len(row)) - np.repeat(starts, np.diff(np.r_[starts, len(row)]))
    near = rank < 3 * _AT_ONCE
    account = np.cumsum(rank == 0) - 1
    table = np.full((len(starts), 3 * _AT_ONCE), -1)
    table[account[near], rank[near]] = order[near]
    return _distinct(found, table)


def _distinct(found: Candidates, table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return those of ``table`` [c, r], the strongest first, that differ from all that are taken before them."""
    low, sign = found.low[table], found.sign[table]
    kept = table >= 0
    for later in range(1, table.shape[1]):
        near = (low[:, later, None] <= _APART * low[:, :later]) & (low[:, :later] <= _APART * low[:, later, None])
        same = near & (sign[:, later, None] == sign[:, :later]) & kept[:, :later]
        kept[:, later] &= ~same.any(axis=1) & (np.count_nonzero(kept[:, :later], axis=1) < _AT_ONCE)
    return table[kept]
