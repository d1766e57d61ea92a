"""Streams: the recurring payments of a panel, one row a stream."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.cycles import Phases


@dataclass(frozen=True)
class Streams:
    """The m streams found in n accounts, accounts in order and the strongest stream of each first.

    ``row`` [m] is the account's row in the panel; ``phases`` when payments fall due, ``rule`` [m] how they move with
    weekends and holidays; ``amount`` and ``spread`` [m] of the next payment, signed and its standard deviation, in units
    of the balance; ``before`` [m] the median amount; ``fixed`` [m] whether amounts repeat; ``n_seen``, ``first``,
    ``last`` [m] payments found, the first and the last day paid; ``alive``, ``rate`` [m] probabilities that the stream
    still runs and that a due payment then comes; ``punctuality`` [m, o] of each of ``payments.OFFSETS``; ``score`` [m].
    ``partner`` [m] is the other half of a semi-monthly stream, -1 where there is none. ``explained`` [n, t] is the past
    flow that is payments. Days are days since 1970-01-01.
    """

    row: NDArray[np.int64]
    phases: Phases
    rule: NDArray[np.int64]
    amount: NDArray[np.float64]
    before: NDArray[np.float64]
    spread: NDArray[np.float64]
    fixed: NDArray[np.bool_]
    n_seen: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    alive: NDArray[np.float64]
    rate: NDArray[np.float64]
    punctuality: NDArray[np.float64]
    score: NDArray[np.float64]
    partner: NDArray[np.int64]
    explained: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def cycle(self) -> NDArray[np.int64]:
        """Return the cycle of each stream, [m]."""
        return self.phases.cycle


def columns_of(streams: Streams) -> list[str]:
    """Return the names of the fields that have one entry a stream."""
    return [field.name for field in fields(streams) if field.name not in {"phases", "explained"}]
