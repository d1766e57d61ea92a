"""Picks: the candidates of each account that are told apart from chance and from each other."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.candidates import Candidates

#: Score a candidate needs: what the best of a few hundred phases and ranges reaches by chance, and a margin.
LEAST_SCORE: Final = 11.0
#: Candidates of an account that are taken at a time.
_AT_ONCE: Final = 8
#: Amounts closer than this, as a ratio, may be one stream seen in two cycles: the weaker waits for the next round.
_APART: Final = 1.45


@dataclass(frozen=True)
class Picks:
    """The m candidates picked: ``row`` [m] of the block and ``place`` [m] among all phases, accounts in order."""

    row: NDArray[np.int64]
    place: NDArray[np.int64]


def pick(found: Candidates) -> Picks:
    """Return the picks among the phases of all cycles, [c, p] each: the strongest, and others of other amounts."""
    top = np.argsort(-found.score, axis=1, kind="stable")[:, :_AT_ONCE]
    score, low, sign = (np.take_along_axis(part, top, axis=1) for part in (found.score, found.low, found.sign))
    kept = score >= LEAST_SCORE
    for later in range(1, top.shape[1]):
        for earlier in range(later):
            near = (low[:, later] <= _APART * low[:, earlier]) & (low[:, earlier] <= _APART * low[:, later])
            kept[:, later] &= ~(near & (sign[:, later] == sign[:, earlier]) & kept[:, earlier])
    row, rank = np.nonzero(kept)
    return Picks(row, top[row, rank])
