"""Streams: the recurring payments of a panel, one row a stream."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.cycles import Phases

_PHASES: Final = tuple(field.name for field in fields(Phases))


@dataclass(frozen=True)
class Streams:
    """The m streams found in n accounts, accounts in order and the streams of each as they were found.

    ``row`` [m] is the account's row in the panel; ``phases`` when payments fall due, ``rule`` [m] how they move with
    weekends and holidays; ``amount`` and ``spread`` [m] of the next payment, signed and its standard deviation, in
    units of the balance; ``median`` [m] of all payments; ``fixed`` [m] whether amounts repeat; ``n_seen``, ``first``,
    ``last`` [m] payments found, the first and the last day paid; ``covered`` [m] the last due day that was paid or may
    have been; ``alive``, ``rate`` [m] probabilities that the stream still runs and that a due payment then comes;
    ``punctuality`` [m, o] of each of ``cycles.OFFSETS``; ``strength`` [m], the score. ``partner`` [m] is the row of
    the other half of a semi-monthly stream, -1 where there is none. ``explained`` [n, t] is the past flow that is
    payments. ``holidays`` is the calendar they move with. Days are days since 1970-01-01.
    """

    row: NDArray[np.int64]
    phases: Phases
    rule: NDArray[np.int64]
    amount: NDArray[np.float64]
    median: NDArray[np.float64]
    spread: NDArray[np.float64]
    fixed: NDArray[np.bool_]
    n_seen: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    covered: NDArray[np.int64]
    alive: NDArray[np.float64]
    rate: NDArray[np.float64]
    punctuality: NDArray[np.float64]
    strength: NDArray[np.float64]
    partner: NDArray[np.int64]
    explained: NDArray[np.float64]
    holidays: str

    def at_rows(self, rows: NDArray[np.int64]) -> "Streams":
        """Return the streams under other row numbers, ``rows`` [n], without what they explain of the past."""
        return replace(self, row=rows[self.row], explained=np.zeros((0, 0)))

    def __len__(self) -> int:
        return len(self.row)

    @property
    def cycle(self) -> NDArray[np.int64]:
        """Return the cycle of each stream, [m]."""
        return self.phases.cycle


#: Fields of streams that are columns, one value for each of them.
_APART: Final = frozenset({"phases", "partner", "explained", "holidays"})
_PLAIN: Final = tuple(field.name for field in fields(Streams) if field.name not in _APART)


def streams_of(found: NDArray[Any], explained: NDArray[np.float64], holidays: str) -> Streams:
    """Return the streams that were found, of ``STREAM`` [m]."""
    return Streams(
        phases=Phases(*(found[name].copy() for name in _PHASES)),
        partner=found["partner"].copy(),
        explained=explained,
        holidays=holidays,
        **{name: found[name].copy() for name in _PLAIN},
    )


def join_streams(parts: Sequence[Streams]) -> Streams:
    """Return the streams of the panels of a run, at least one, one after the other, their rows numbered as they are."""
    starts = np.cumsum([0, *(len(part) for part in parts)])
    partners = [
        np.where(part.partner < 0, -1, part.partner + start) for part, start in zip(parts, starts[:-1], strict=True)
    ]
    phases = (np.concatenate([getattr(part.phases, name) for part in parts]) for name in _PHASES)
    return Streams(
        phases=Phases(*phases),
        partner=np.concatenate([np.zeros(0, dtype=np.int64), *partners]),
        explained=np.zeros((0, 0)),
        holidays=parts[0].holidays,
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in _PLAIN},
    )
