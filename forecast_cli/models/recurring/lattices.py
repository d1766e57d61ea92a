"""Lattices: where on the axis of a panel the payments of every phase of a cycle would stand."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, part
from forecast_cli.models.recurring.business_days import Rule, shifted
from forecast_cli.models.recurring.cycles import MONTH_DAYS, MONTH_STEPS, WEEK_STEPS, Cycle, in_month, month_of
from forecast_cli.models.recurring.records import PHASE

#: Cycles and rules that are looked for; a semi-monthly stream is found as two monthly ones, and payments that go to the
#: business day before on those of their days that are business days.
_SOUGHT: Final = (
    (Cycle.WEEKLY, Rule.NONE),
    (Cycle.BIWEEKLY, Rule.NONE),
    (Cycle.MONTHLY, Rule.NONE),
    (Cycle.MONTHLY, Rule.AFTER),
    (Cycle.QUARTERLY, Rule.AFTER),
)
#: The shortest and the longest of them that are looked for each time an account is looked at, never more than before.
ROUNDS: Final = (
    (Cycle.WEEKLY, Cycle.QUARTERLY),
    (Cycle.MONTHLY, Cycle.QUARTERLY),
    (Cycle.MONTHLY, Cycle.QUARTERLY),
    (Cycle.MONTHLY, Cycle.MONTHLY),
)

#: Payments of a stream that are looked at, and days of history, whole weeks: what came to an end before does not tell
#: what is to come.
MOST_PAYMENTS: Final = 126
MOST_DAYS: Final = 7 * MOST_PAYMENTS

#: Numbers that a byte holds.
_BYTES: Final = 256


@dataclass(frozen=True)
class Lattices:
    """The ``phases`` [p] of some cycles and rules, and which of them each day is due in, for u distinct origins.

    Days are the t that end at the origin, counted from 0, t itself one that is on none of them. From ``starts`` to
    ``stops`` [u, t + 1] of a day stand the numbers of its phases in ``owner`` [u, k], and in ``due`` [u, k] which day
    of each it is, the newest 0. ``place`` [c] is that of each account's origin among the u.
    """

    phases: NDArray[Any]
    starts: NDArray[np.uint32]
    stops: NDArray[np.uint32]
    owner: NDArray[np.uint8]
    due: NDArray[np.uint8]
    place: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64]) -> "Lattices":
        """Return the lattices of the accounts ``rows`` [c] alone; the origins stay those of all."""
        return replace(self, place=self.place[rows])


def lattices(origins: NDArray[np.int64], t: int, holidays: str) -> list[Lattices]:
    """Return the lattices that are looked for in each of ``ROUNDS``, of ``origins`` [c], in days, over t days."""
    distinct, place = np.unique(origins, return_inverse=True)
    all_of = _of_one(int(distinct[0]), t, holidays) if len(distinct) == 1 else _of_all(distinct, t, holidays)
    return [one.of(place.reshape(-1)) for one in all_of]


@lru_cache(maxsize=8)
def _of_one(origin: int, t: int, holidays: str) -> list[Lattices]:
    return _of_all(np.array([origin]), t, holidays)


def _of_all(origins: NDArray[np.int64], t: int, holidays: str) -> list[Lattices]:
    """Return the lattices of each round for distinct ``origins``, which stand in their own place."""
    phases, columns = _all_phases(origins, t, holidays)
    assert len(phases) <= _BYTES and t <= MOST_DAYS  # noqa: PT018, S101 - else ``owner`` or ``due`` would not hold them
    cycle, u = phases["cycle"], len(origins)
    spans = np.array([[np.searchsorted(cycle, first), np.searchsorted(cycle, last, "right")] for first, last in ROUNDS])
    owner, due = np.empty((2, *columns.shape), dtype=np.uint8)
    starts, stops = np.empty((2, len(ROUNDS), u, t + 1), dtype=np.uint32)
    _deal(columns, phases, spans, owner, due, starts, stops, np.empty(t + 1, dtype=np.uint32))
    return [
        Lattices(phases[slice(*spans[number])], starts[number], stops[number], owner, due, np.arange(u))
        for number in range(len(ROUNDS))
    ]


def _all_phases(origins: NDArray[np.int64], t: int, holidays: str) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return all phases and the columns [u, k] that are their due days."""
    parts, columns, start = [], [], 0
    for cycle, rule in _SOUGHT:
        own = _columns(cycle, rule, origins, t, holidays)
        own = own[(own < t).any(axis=(1, 2))]
        k, p, u = own.shape
        some = np.zeros(p, dtype=PHASE)
        some["cycle"], some["place"] = int(cycle), np.arange(p)
        some["start"] = start + k * np.arange(p)
        some["end"] = some["start"] + k
        start += k * p
        parts.append(some)
        columns.append(np.broadcast_to(own.transpose(2, 1, 0).reshape(u, p * k), (len(origins), p * k)))
    phases = np.concatenate(parts)
    phases["number"] = np.arange(len(phases))
    return phases, np.concatenate(columns, axis=1).astype(np.int32)


def _columns(cycle: Cycle, rule: Rule, origins: NDArray[np.int64], t: int, holidays: str) -> NDArray[np.int64]:
    """Return the columns [k, p, u] of the p phases of a cycle; u is 1 where they are the same for all origins."""
    if cycle in WEEK_STEPS:
        step = WEEK_STEPS[cycle]
        columns = t - 1 - np.arange(step) - step * np.arange(-(-t // step))[:, None]
        return np.where(columns >= 0, columns, t)[:, :, None]
    step = MONTH_STEPS[cycle]
    back = np.repeat(np.arange(step), MONTH_DAYS) + step * np.arange(t // (28 * step) + 2)[:, None]
    anchors = np.tile(np.arange(1, MONTH_DAYS + 1), step)
    due = shifted(in_month(month_of(origins) - back[:, :, None], anchors[:, None]), rule, holidays)
    columns = due - origins + t - 1
    return np.where((columns >= 0) & (columns < t), columns, t)


@part
def _copy(ends: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    for day in range(len(ends)):
        out[day] = ends[day]


@kernel(
    (np.int32, 2), (PHASE, 1), (np.int64, 2), (np.uint8, 2), (np.uint8, 2), (np.uint32, 3), (np.uint32, 3),
    (np.uint32, 1),
)  # fmt: skip
def _deal(
    columns: NDArray[np.int32],
    phases: NDArray[Any],
    spans: NDArray[np.int64],
    owner: NDArray[np.uint8],
    due: NDArray[np.uint8],
    starts: NDArray[np.uint32],
    stops: NDArray[np.uint32],
    ends: NDArray[np.uint32],
) -> None:
    """Deal ``columns`` [u, k] to the days they are, phase by phase, and write where in each day a round's stand.

    ``spans`` [r, 2] are the first phase of each round and that behind its last; ``ends`` [t + 1] is written over.
    """
    for origin in range(len(columns)):
        ends[:] = 0
        for column in columns[origin]:
            ends[column] += 1
        left = columns.shape[1]
        for day in range(len(ends) - 1, -1, -1):
            left -= ends[day]
            ends[day] = left
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
