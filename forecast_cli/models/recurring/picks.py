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
    table = np.ascontiguousarray(_ranked(found.row, found.score, found.place).T)
    key = (found.cycle * _PHASES + found.place) * len(WIDTHS) + found.width
    amounts, cycle, key = _Amounts(found.low[table], found.sign[table]), found.cycle[table], key[table]
    kept = table >= 0
    for later in range(1, len(table)):
        before = kept[:later]
        alike = amounts.alike(later)
        alike &= before
        few = _count(alike) < _ALIKE
        few &= _count(before) < _AT_ONCE
        alike &= cycle[:later] == cycle[later]
        few &= _count(alike) < _ALIKE_IN_CYCLE
        few &= ~(alike & (key[:later] == key[later])).any(axis=0)
        kept[later] &= few
    return table.T[kept.T]


def strongest(row: NDArray[np.int64], score: NDArray[np.float64], amount: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which of m settled streams, ``amount`` [m] signed, are the strongest of their account and amount."""
    table = np.ascontiguousarray(_ranked(row, score, np.arange(len(row))).T)
    amounts, kept = _Amounts(np.abs(amount)[table], np.sign(amount)[table]), table >= 0
    for later in range(1, len(table)):
        kept[later] &= ~(amounts.alike(later) & kept[:later]).any(axis=0)
    return table.T[kept.T]


class _Amounts:
    """Amounts of ``size`` and ``sign`` [r, c], the r candidates of each of c accounts."""

    def __init__(self, size: NDArray[np.float64], sign: NDArray[np.float64]) -> None:
        self._size, self._most, self._sign = size, _APART * size, sign.astype(np.int8)

    def alike(self, later: int) -> NDArray[np.bool_]:
        """Say which amounts of each account before ``later`` are of its sign and near its size: [later, c]."""
        near = self._size[later] <= self._most[:later]
        near &= self._size[:later] <= self._most[later]
        near &= self._sign[:later] == self._sign[later]
        return np.asarray(near)


def _count(kind: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.asarray(np.add.reduce(kind.view(np.uint8), axis=0, dtype=np.uint8))


def _ranked(row: NDArray[np.int64], score: NDArray[np.float64], tie: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places [c, r] of the best scores of each account that has any, the best first, -1 behind the last."""
    order = np.lexsort((tie, -score, row))
    row = row[order]
    starts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]][: len(row)])
    rank = np.arange(len(row)) - np.repeat(starts, np.diff(np.r_[starts, len(row)]))
    near = rank < _LOOKED_AT
    account = np.cumsum(rank == 0) - 1
    table = np.full((len(starts), int(rank[near].max(initial=-1)) + 1), -1)
    table[account[near], rank[near]] = order[near]
    return table
