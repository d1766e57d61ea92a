"""Streams: the recurring payments of a panel, one row for each stream."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.cycles import Phases


@dataclass(frozen=True)
class Streams:
    """The m streams found in n accounts, in the order of accounts, those of each in the order they were found.

    - ``row`` [m]: the account's row in the panel.
    - ``phases``: the due days; ``rule`` [m]: how they move with weekends and holidays of the calendar ``holidays``.
    - ``amount``, ``spread`` [m]: the signed next payment and its standard deviation, in units of the balance. Where it
      follows the balance of the day before, ``amount`` is that after ``balance`` [m], and grows by ``slope`` [m] for
      each unit above; else both are 0.
    - ``median`` [m]: of all payments; ``fixed`` [m]: whether amounts repeat.
    - ``n_seen``, ``first``, ``last`` [m]: the number of payments found, and the first and the last day paid.
    - ``covered`` [m]: the last due day that was paid or hidden.
    - ``alive``, ``rate`` [m]: the probabilities that the stream still runs, and that a due payment then comes.
    - ``punctuality`` [m, o]: the probability of each of ``cycles.OFFSETS``; ``strength`` [m]: the score.
    - ``partner`` [m]: the index of the other half of a semi-monthly stream, -1 if there is none.
    - ``explained`` [n, t]: the past flow that is payments.

    Days are days since 1970-01-01.
    """

    row: NDArray[np.int64]
    phases: Phases
    rule: NDArray[np.int64]
    amount: NDArray[np.float64]
    slope: NDArray[np.float64]
    balance: NDArray[np.float64]
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

    def with_rows(self, rows: NDArray[np.int64]) -> "Streams":
        """Return the streams with row numbers replaced by ``rows`` [n], and without ``explained``."""
        return replace(self, row=rows[self.row], explained=np.zeros((0, 0)))

    def __len__(self) -> int:
        return len(self.row)

    @property
    def cycle(self) -> NDArray[np.int64]:
        """Return the cycle of each stream, [m]."""
        return self.phases.cycle


#: Fields of ``Streams`` that are not copied as they are, and the others, which are arrays over streams.
_SPECIAL_FIELDS: Final = frozenset({"phases", "partner", "explained", "holidays"})
_PLAIN_FIELDS: Final = tuple(field.name for field in fields(Streams) if field.name not in _SPECIAL_FIELDS)


def build_streams(found: NDArray[Any], explained: NDArray[np.float64], holidays: str) -> Streams:
    """Return the streams of the records ``found`` (``STREAM`` [m])."""
    return Streams(
        phases=Phases(*(found[field.name].copy() for field in fields(Phases))),
        partner=found["partner"].copy(),
        explained=explained,
        holidays=holidays,
        **{name: found[name].copy() for name in _PLAIN_FIELDS},
    )


def join_streams(parts: Sequence[Streams]) -> Streams:
    """Concatenate the streams of at least one panel; row numbers stay, partners are renumbered."""
    starts = np.cumsum([0, *(len(part) for part in parts)])
    partners = [
        np.where(part.partner < 0, -1, part.partner + start) for part, start in zip(parts, starts[:-1], strict=True)
    ]
    return Streams(
        phases=Phases.join([part.phases for part in parts]),
        partner=np.concatenate([np.zeros(0, dtype=np.int64), *partners]),
        explained=np.zeros((0, 0)),
        holidays=parts[0].holidays,
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in _PLAIN_FIELDS},
    )
