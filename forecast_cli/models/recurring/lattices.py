"""Lattices: the due days of every phase of a cycle, by day of a block."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.recurring.business_days import Rule, shift_days
from forecast_cli.models.recurring.cycles import (
    BUSINESS_DAYS,
    DAY_STEPS,
    MONTH_DAYS,
    MONTH_STEPS,
    WEEKS_OF_MONTH,
    WORKDAYS,
    Cycle,
    due_in_month,
    month_of,
)
from forecast_cli.models.recurring.records import PHASE
from forecast_cli.models.rows import in_c_order

#: Cycles and rules that are searched for. A semi-monthly stream is found as two monthly ones, and a stream that moves
#: to the business day before is found on those of its due days that are business days.
_SEARCHED: Final = (
    (Cycle.WEEKLY, Rule.NONE),
    (Cycle.BIWEEKLY, Rule.NONE),
    (Cycle.THIRTY_DAYS, Rule.NONE),
    (Cycle.MONTHLY, Rule.NONE),
    (Cycle.MONTHLY, Rule.AFTER),
    (Cycle.MONTHLY_WEEKDAY, Rule.NONE),
    (Cycle.MONTHLY_BUSINESS_DAY, Rule.COUNT),
    (Cycle.QUARTERLY, Rule.AFTER),
)
#: The shortest and the longest cycle that are searched for in each round, never more than in the round before.
ROUNDS: Final = (
    (Cycle.WEEKLY, Cycle.QUARTERLY),
    (Cycle.THIRTY_DAYS, Cycle.QUARTERLY),
    (Cycle.THIRTY_DAYS, Cycle.QUARTERLY),
    (Cycle.THIRTY_DAYS, Cycle.MONTHLY_BUSINESS_DAY),
)

#: Most payments of a stream, and most days of history (whole weeks), that are used; older streams that have ended say
#: nothing about the future.
MAX_PAYMENTS: Final = 126
MAX_DAYS: Final = 7 * MAX_PAYMENTS

#: Number of a phase that does not exist, the largest byte, and how many of its entries follow those of each day, so
#: that a loop over the entries of a day may take four at a time.
_NO_PHASE: Final = 255
_SPARE: Final = 3


@dataclass(frozen=True)
class Lattices:
    """The ``phases`` [p] of some cycles and rules, and those in which each day is due, for u distinct origins.

    Days are counted from 0 to t - 1, the origin; t stands for due days outside this range. For each day, the entries
    from ``starts`` to ``stops`` [u, t + 1] hold the numbers of its phases in ``owner`` [u, k], and in ``due`` [u, k]
    which due day of the phase it is, 0 for the newest. The three entries after them are of phases that are not in
    ``phases``. ``place`` [c] is the index of each account's origin.
    """

    phases: NDArray[Any]
    starts: NDArray[np.uint32]
    stops: NDArray[np.uint32]
    owner: NDArray[np.uint8]
    due: NDArray[np.uint8]
    place: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64]) -> "Lattices":
        """Return the lattices of the accounts ``rows`` [c] only, with all origins."""
        return replace(self, place=self.place[rows])


def build_lattices(origins: NDArray[np.int64], t: int, holidays: str) -> list[Lattices]:
    """Return the lattices of each of ``ROUNDS`` for ``origins`` [c] (days since 1970-01-01) over ``t`` days."""
    distinct, place = np.unique(origins, return_inverse=True)
    all_of = (
        _build_for_origin(int(distinct[0]), t, holidays)
        if len(distinct) == 1
        else _build_for_origins(distinct, t, holidays)
    )
    return [one.of(place.reshape(-1)) for one in all_of]


@lru_cache(maxsize=8)
def _build_for_origin(origin: int, t: int, holidays: str) -> list[Lattices]:
    return _build_for_origins(np.array([origin]), t, holidays)


def _build_for_origins(origins: NDArray[np.int64], t: int, holidays: str) -> list[Lattices]:
    """Return the lattices of each round for distinct ``origins`` [u], with ``place`` 0 to u - 1."""
    phases, columns = _build_phases(origins, t, holidays)
    assert len(phases) <= _NO_PHASE and t <= MAX_DAYS  # noqa: PT018, S101 - else ``owner`` or ``due`` would not hold them
    cycle, u = phases["cycle"], len(origins)
    spans = np.array([[np.searchsorted(cycle, first), np.searchsorted(cycle, last, "right")] for first, last in ROUNDS])
    owner, due = np.full((2, u, columns.shape[1] + _SPARE * (t + 1)), _NO_PHASE, dtype=np.uint8)
    starts, stops = np.empty((2, len(ROUNDS), u, t + 1), dtype=np.uint32)
    _sort_entries(in_c_order(columns), phases, spans, owner, due, starts, stops, np.empty(t + 1, dtype=np.uint32))
    return [
        Lattices(phases[slice(*spans[number])], starts[number], stops[number], owner, due, np.arange(u))
        for number in range(len(ROUNDS))
    ]


def _build_phases(origins: NDArray[np.int64], t: int, holidays: str) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return all phases, and the columns [u, k] of their due days."""
    parts, columns, start = [], [], 0
    for cycle, rule in _SEARCHED:
        cycle_columns = _due_columns(cycle, rule, origins, t, holidays)
        cycle_columns = cycle_columns[(cycle_columns < t).any(axis=(1, 2))]
        k, p, u = cycle_columns.shape
        cycle_phases = np.zeros(p, dtype=PHASE)
        cycle_phases["cycle"], cycle_phases["place"] = int(cycle), _list_places(cycle)
        cycle_phases["start"] = start + k * np.arange(p)
        cycle_phases["end"] = cycle_phases["start"] + k
        start += k * p
        parts.append(cycle_phases)
        columns.append(np.broadcast_to(cycle_columns.transpose(2, 1, 0).reshape(u, p * k), (len(origins), p * k)))
    phases = np.concatenate(parts)
    phases["number"] = np.arange(len(phases))
    return phases, np.concatenate(columns, axis=1).astype(np.int32)


def _list_places(cycle: Cycle) -> NDArray[np.int64]:
    """Return the places of a cycle's phases: days before the origin, or 31 times a residue plus the anchor less one."""
    if cycle in DAY_STEPS:
        return np.arange(DAY_STEPS[cycle])
    if cycle is Cycle.MONTHLY_BUSINESS_DAY:
        return np.array(BUSINESS_DAYS) - 1
    if cycle is Cycle.MONTHLY_WEEKDAY:
        return np.asarray(np.add.outer(MONTH_DAYS * np.array(WORKDAYS), np.array(WEEKS_OF_MONTH) - 1).ravel())
    return np.arange(MONTH_DAYS * MONTH_STEPS[cycle])


def _due_columns(cycle: Cycle, rule: Rule, origins: NDArray[np.int64], t: int, holidays: str) -> NDArray[np.int64]:
    """Return the columns [k, p, u] of the due days of a cycle's p phases; u is 1 if they are equal for all origins."""
    if cycle in DAY_STEPS:
        step = DAY_STEPS[cycle]
        columns = t - 1 - np.arange(step) - step * np.arange(-(-t // step))[:, None]
        return np.where(columns >= 0, columns, t)[:, :, None]
    step, places = MONTH_STEPS[cycle], _list_places(cycle)
    residues, anchors = places // MONTH_DAYS, places % MONTH_DAYS + 1
    ago = step * np.arange(t // (28 * step) + 2)[:, None] + (0 if cycle is Cycle.MONTHLY_WEEKDAY else residues)
    months = month_of(origins) - ago[:, :, None]
    due = due_in_month(np.array(cycle), months, residues[:, None], anchors[:, None])
    columns = shift_days(due, rule, holidays) - origins + t - 1
    return np.where((columns >= 0) & (columns < t), columns, t)


@subroutine
def _copy(ends: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    for day in range(len(ends)):
        out[day] = ends[day]


@kernel(
    (np.int32, 2), (PHASE, 1), (np.int64, 2), (np.uint8, 2), (np.uint8, 2), (np.uint32, 3), (np.uint32, 3),
    (np.uint32, 1),
)  # fmt: skip
def _sort_entries(
    columns: NDArray[np.int32],
    phases: NDArray[Any],
    spans: NDArray[np.int64],
    owner: NDArray[np.uint8],
    due: NDArray[np.uint8],
    starts: NDArray[np.uint32],
    stops: NDArray[np.uint32],
    ends: NDArray[np.uint32],
) -> None:
    """Sort the entries of ``columns`` [u, k] by day, then phase, and set where those of each round are within a day.

    ``spans`` [r, 2] holds the first phase of each round and the one after its last; ``ends`` [t + 1] is overwritten.
    """
    for origin in range(len(columns)):
        ends[:] = _SPARE
        for column in columns[origin]:
            ends[column] += 1
        position = owner.shape[1]
        for day in range(len(ends) - 1, -1, -1):
            position -= ends[day]
            ends[day] = position
        for number in range(len(phases)):
            start, end = phases[number]["start"], phases[number]["end"]
            for span in range(len(spans)):
                if spans[span, 0] == number:
                    _copy(ends, starts[span, origin])
            for place in range(end - start):
                day = columns[origin, start + place]
                owner[origin, ends[day]], due[origin, ends[day]] = number, place
                ends[day] += 1
            for span in range(len(spans)):
                if spans[span, 1] == number + 1:
                    _copy(ends, stops[span, origin])
