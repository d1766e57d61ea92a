"""Cycles: the due days of payments that recur after a number of days or of months.

A cycle is a unit and a step: every 7, 14 or 30 days, every 1, 3 or 12 months. A *phase* is one set of due days of a
cycle: a day of the fortnight, or a day of the month and the months of the quarter. Days are days since 1970-01-01,
months since 1970-01.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray


class Cycle(IntEnum):
    """How often a stream is paid."""

    WEEKLY = 0
    BIWEEKLY = 1
    THIRTY_DAYS = 2
    SEMI_MONTHLY = 3
    MONTHLY = 4
    QUARTERLY = 5
    YEARLY = 6

    @property
    def label(self) -> str:
        """Return the cycle's name in a table."""
        return self.name.lower()


#: Days between two payments of the cycles that are counted in days.
DAY_STEPS: Final = {Cycle.WEEKLY: 7, Cycle.BIWEEKLY: 14, Cycle.THIRTY_DAYS: 30}
#: Months between two payments of the other cycles; each half of a semi-monthly stream is monthly.
MONTH_STEPS: Final = {Cycle.SEMI_MONTHLY: 1, Cycle.MONTHLY: 1, Cycle.QUARTERLY: 3, Cycle.YEARLY: 12}
#: Offsets in days by which a payment may come early or late.
EARLIEST: Final = -3
LATEST: Final = 5
OFFSETS: Final = np.arange(EARLIEST, LATEST + 1)
MONTH_DAYS: Final = 31  # a day of the month that a shorter month lacks is its last day
#: Each cycle for compiled loops: whether it is counted ``by_days``, its ``step`` in days or months, its count of
#: ``anchors``, and the next shorter cycle that includes its due days and is searched for (``finer``, -1 if there is
#: none).
CYCLE_KINDS: Final = np.array(
    [
        (
            cycle in DAY_STEPS,
            DAY_STEPS.get(cycle) or MONTH_STEPS[cycle],
            1 if cycle in DAY_STEPS else MONTH_DAYS,
            finer,
        )
        for cycle, finer in zip(Cycle, (-1, Cycle.WEEKLY, -1, -1, -1, Cycle.MONTHLY, Cycle.MONTHLY), strict=True)
    ],
    dtype=[("by_days", "?"), ("step", "i8"), ("anchors", "i8"), ("finer", "i8")],
)


@dataclass(frozen=True)
class Phases:
    """The phases of some streams: ``cycle``, ``residue`` and ``anchor`` [m].

    Counted in days: ``residue`` is a due day modulo the step, ``anchor`` is 0. Counted in months: ``residue`` is a due
    month modulo the step, ``anchor`` is the day of the month, 31 for the last day.
    """

    cycle: NDArray[np.int64]
    residue: NDArray[np.int64]
    anchor: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Phases":
        """Return the phases of some streams, by their indices or a mask [m]."""
        return Phases(self.cycle[rows], self.residue[rows], self.anchor[rows])

    @property
    def by_days(self) -> NDArray[np.bool_]:
        """Return which cycles are counted in days, [m]."""
        return self.cycle <= Cycle.THIRTY_DAYS


def due_days(phases: Phases, until: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the last ``count`` due days up to day ``until`` [m], newest first, [m, count]."""
    back = np.arange(count)
    step = np.select(
        [phases.cycle == cycle for cycle in (*DAY_STEPS, *MONTH_STEPS)], [*DAY_STEPS.values(), *MONTH_STEPS.values()]
    )
    by_days = phases.by_days
    if by_days.all():
        return _evenly_spaced_days(phases.residue, until, step, back)
    month = month_of(until)
    month = month - (month - phases.residue) % step
    late = day_in_month(month, phases.anchor) > until
    months = (month - np.where(late, step, 0))[:, None] - step[:, None] * back
    days = day_in_month(months, phases.anchor[:, None])
    days[by_days] = _evenly_spaced_days(phases.residue[by_days], until[by_days], step[by_days], back)
    return days


def _evenly_spaced_days(
    residue: NDArray[np.int64], until: NDArray[np.int64], step: NDArray[np.int64], back: NDArray[np.int64]
) -> NDArray[np.int64]:
    return np.asarray((until - (until - residue) % step)[:, None] - step[:, None] * back)


def day_in_month(month: NDArray[np.int64], anchor: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return day ``anchor`` (1..31) of each ``month``, or its last day if it is shorter; shapes are broadcast.

    Months are counted from 1970-01, days from 1970-01-01.
    """
    if not month.size:
        return month
    start = int(month.min())
    table = first_day_of_month(np.arange(start, int(month.max()) + 2))
    first = table[month - start]
    return np.asarray(np.minimum(first + (anchor - 1), table[month - start + 1] - 1))


def month_of(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the month, counted from 1970-01, of each day since 1970-01-01, any shape."""
    return np.asarray(day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64))


def first_day_of_month(month: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first day, since 1970-01-01, of each month counted from 1970-01, any shape."""
    return np.asarray(month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64))


@lru_cache(maxsize=8)
def month_starts(first: int, last: int) -> NDArray[np.int64]:
    """Return the first days of consecutive months, [months], from January of the year before that of day ``first``.

    The last month is the one after that of day ``last``. Days are days since 1970-01-01. Indices differ from months
    since 1970-01 by a multiple of 12.
    """
    start, end = month_of(np.array([first, last]))
    return first_day_of_month(np.arange(start // 12 * 12 - 12, end + 2))
