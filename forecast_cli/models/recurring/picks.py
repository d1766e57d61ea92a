"""Picks: the strongest candidates of each account, and of its streams those that cannot be one seen twice."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.candidates import Candidates
from forecast_cli.models.recurring.ranges import WIDTHS

#: Candidates of an account that are looked at, and that are settled at a time.
_LOOKED_AT: Final = 32
_AT_ONCE: Final = 14
#: Amounts closer than this, as a ratio, may be one stream seen in two phases: so many of them are settled, and no more
#: than two of one cycle.
_APART: Final = 1.45
_ALIKE: Final = 4
_ALIKE_IN_CYCLE: Final = 2
_PHASES: Final = 100  # more than any cycle's lattice has


def pick(found: Candidates) -> NDArray[np.int64]:
    """Return which candidates are to be settled: places in ``found``, by account and the strongest first."""
    table = _ranked(found.row, found.score, found.place)
    key = (found.cycle * _PHASES + found.place) * len(WIDTHS) + found.width
    signed, cycle, key = (found.low * found.sign)[table], found.cycle[table], key[table]
    kept = table >= 0
    for later in range(1, table.shape[1]):
        before = kept[:, :later]
        alike = before & _alike(signed, later)
        few = np.count_nonzero(alike, axis=1) < _ALIKE
        few &= np.count_nonzero(alike & (cycle[:, :later] == cycle[:, later, None]), axis=1) < _ALIKE_IN_CYCLE
        few &= ~(alike & (key[:, :later] == key[:, later, None])).any(axis=1)
        kept[:, later] &= few & (np.count_nonzero(before, axis=1) < _AT_ONCE)
    return table[kept]


def strongest(row: NDArray[np.int64], score: NDArray[np.float64], amount: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which of m settled streams, ``amount`` [m] signed, are the strongest of their account and amount."""
    table = _ranked(row, score, np.arange(len(row)))
    signed, kept = amount[table], table >= 0
    for later in range(1, table.shape[1]):
        kept[:, later] &= ~(_alike(signed, later) & kept[:, :later]).any(axis=1)
    return table[kept]


def _alike(signed: NDArray[np.float64], later: int) -> NDArray[np.bool_]:
    """Say which amounts of each row before ``later`` are of its sign and near its size."""
    one, others = signed[:, later, None], signed[:, :later]
    near = (np.abs(one) <= _APART * np.abs(others)) & (np.abs(others) <= _APART * np.abs(one))
    return np.asarray(near & (np.sign(one) == np.sign(others)))


def _ranked(row: NDArray[np.int64], score: NDArray[np.float64], tie: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places [c, r] of the best scores of each account that has any, the best first, -1 behind the last."""
    order = np.lexsort((tie, -score, row))
    row = row[order]
    starts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]][: len(row)])
    rank = np.arange(len(row)) - np.repeat(starts, np.diff(np.r_[starts, len(row)]))
    near = rank < _LOOKED_AT
    account = np.cumsum(rank == 0) - 1
    table = np.full((len(starts), _LOOKED_AT), -1)
    table[account[near], rank[near]] = order[near]
    return table
