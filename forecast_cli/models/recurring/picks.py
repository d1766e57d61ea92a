"""Picks: the strongest candidates of each account that cannot be one stream seen twice."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.candidates import Candidates

#: Candidates of an account that are taken at a time.
_AT_ONCE: Final = 16
_LOOKED_AT: Final = 32
#: Candidates of like amounts that are settled, the strongest of which is kept.
_ALIKE: Final = 3
#: Amounts closer than this, as a ratio, may be one stream seen in two cycles: the weaker waits for the next round.
_APART: Final = 1.45


def pick(found: Candidates) -> NDArray[np.int64]:
    """Return which candidates are picked, by account and the strongest first: places in ``found``."""
    return _distinct(found, _ranked(found))


def _ranked(found: Candidates) -> NDArray[np.int64]:
    """Return the places [c, r] of each account's strongest candidates, the strongest first, -1 behind the last."""
    order = np.lexsort((found.place, -found.score, found.row))
    row = found.row[order]
    starts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]][: len(row)])
    rank = np.arange(len(row)) - np.repeat(starts, np.diff(np.r_[starts, len(row)]))
    near = rank < _LOOKED_AT
    account = np.cumsum(rank == 0) - 1
    table = np.full((len(starts), _LOOKED_AT), -1)
    table[account[near], rank[near]] = order[near]
    return table


def _distinct(found: Candidates, table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return those of ``table`` [c, r], the strongest first, that have few like them among those taken before."""
    low, sign = found.low[table], found.sign[table]
    kept = table >= 0
    for later in range(1, table.shape[1]):
        near = (low[:, later, None] <= _APART * low[:, :later]) & (low[:, :later] <= _APART * low[:, later, None])
        same = near & (sign[:, later, None] == sign[:, :later]) & kept[:, :later]
        few = np.count_nonzero(same, axis=1) < _ALIKE
        kept[:, later] &= few & (np.count_nonzero(kept[:, :later], axis=1) < _AT_ONCE)
    return table[kept]


def strongest(row: NDArray[np.int64], score: NDArray[np.float64], amount: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which of m settled streams are the strongest of their account and amount, ``amount`` [m] signed."""
    sign = np.sign(amount)
    every = Candidates(row, np.arange(len(row)), score, np.abs(amount), np.abs(amount), sign)
    table = _ranked(every)
    low, sign = every.low[table], every.sign[table]
    kept = table >= 0
    for later in range(1, table.shape[1]):
        near = (low[:, later, None] <= _APART * low[:, :later]) & (low[:, :later] <= _APART * low[:, later, None])
        kept[:, later] &= ~(near & (sign[:, later, None] == sign[:, :later]) & kept[:, :later]).any(axis=1)
    return table[kept]
