"""Cycles: the due days of payments that recur after a number of days or of months.

A cycle is a unit and a step: every 7, 14, 28 or 30 days, every 1, 2 or 3 months. A *phase* is one set of due days of
a cycle: a day of the fortnight, or a day of the month and the months of the quarter, or the third Wednesday of the
month. Days are days since 1970-01-01, months since 1970-01.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.row_arrays import RowArrays


class Cycle(IntEnum):
    """How often a stream is paid: first the cycles counted in days, then those in months, each from the shortest on."""

    WEEKLY = 0
    BIWEEKLY = 1
    FOUR_WEEKLY = 2
    THIRTY_DAYS = 3
    SEMI_MONTHLY = 4
    MONTHLY = 5
    MONTHLY_WEEKDAY = 6
    MONTHLY_BUSINESS_DAY = 7
    TWO_MONTHLY = 8
    QUARTERLY = 9

    @property
    def label(self) -> str:
        """Return the cycle's name in a table: of each of the monthly ones, monthly."""
        monthly = Cycle.MONTHLY <= self <= Cycle.MONTHLY_BUSINESS_DAY
        return (Cycle.MONTHLY if monthly else self).name.lower()


#: Days between two payments of the cycles that are counted in days.
DAY_STEPS: Final = {Cycle.WEEKLY: 7, Cycle.BIWEEKLY: 14, Cycle.FOUR_WEEKLY: 28, Cycle.THIRTY_DAYS: 30}
#: Months between two payments of the other cycles; each half of a semi-monthly stream is monthly.
MONTH_STEPS: Final = {
    Cycle.SEMI_MONTHLY: 1,
    Cycle.MONTHLY: 1,
    Cycle.MONTHLY_WEEKDAY: 1,
    Cycle.MONTHLY_BUSINESS_DAY: 1,
    Cycle.TWO_MONTHLY: 2,
    Cycle.QUARTERLY: 3,
}
#: Offsets in days by which a payment may come early or late.
EARLIEST: Final = -3
LATEST: Final = 5
OFFSETS: Final = np.arange(EARLIEST, LATEST + 1)
MONTH_DAYS: Final = 31  # a day of the month that a shorter month lacks is its last day
WEEK: Final = 7
_STEPS: Final = {**DAY_STEPS, **MONTH_STEPS}
#: Each cycle for compiled loops: whether it is counted ``by_days``, by a ``weekday`` of the month or in ``business``
#: days of it; its ``step`` in days or months; how many values ``residue`` and ``anchor`` have.
CYCLE_KINDS: Final = np.array(
    [
        (
            cycle in DAY_STEPS,
            cycle is Cycle.MONTHLY_WEEKDAY,
            cycle is Cycle.MONTHLY_BUSINESS_DAY,
            _STEPS[cycle],
            WEEK if cycle is Cycle.MONTHLY_WEEKDAY else _STEPS[cycle],
            1 if cycle in DAY_STEPS else MONTH_DAYS,
        )
        for cycle in Cycle
    ],
    dtype=[(name, "?") for name in ("by_days", "weekday", "business")]
    + [(name, "i8") for name in ("step", "residues", "anchors")],
)
#: Day of the month from which its first to fourth such weekday is looked for; 31 stands for the last one.
WEEKS_OF_MONTH: Final = (1, 8, 15, 22, MONTH_DAYS)
#: Monday to Friday, as days since 1970-01-01 modulo 7; that day was a Thursday.
WORKDAYS: Final = (4, 5, 6, 0, 1)
#: The second to sixth business day of the month, and the sixth last to the second last (31 would be the last one).
BUSINESS_DAYS: Final = (2, 3, 4, 5, 6, 26, 27, 28, 29, 30)


@dataclass(frozen=True)
class Phases(RowArrays):
    """The phases of some streams: ``cycle``, ``residue`` and ``anchor`` [m].

    Counted in days: ``residue`` is a due day modulo the step, ``anchor`` is 0. Counted in months: ``residue`` is a due
    month modulo the step, ``anchor`` is the day of the month, 31 for the last day. By a weekday of the month:
    ``residue`` is a due day modulo 7, and ``anchor`` one of ``WEEKS_OF_MONTH``: due is the first such weekday from that
    day of the month on, the last one for 31. By business days: ``residue`` is 0, and ``anchor`` one of
    ``BUSINESS_DAYS``; due days are the days of the month, counted from its end where that is nearer, which the rule
    ``business_days.Rule.COUNT`` moves to the business day of that number.
    """

    cycle: NDArray[np.int64]
    residue: NDArray[np.int64]
    anchor: NDArray[np.int64]

    @property
    def by_days(self) -> NDArray[np.bool_]:
        """Return which cycles are counted in days, [m]."""
        return np.asarray(CYCLE_KINDS["by_days"][self.cycle])


def due_days(phases: Phases, until: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the last ``count`` due days up to day ``until`` [m], newest first, [m, count]."""
    back = np.arange(count)
    step = CYCLE_KINDS["step"][phases.cycle]
    by_days = phases.by_days
    if by_days.all():
        return _evenly_spaced_days(phases.residue, until, step, back)
    month = month_of(until)
    month = month - (month - phases.residue) % step
    late = due_in_month(phases.cycle, month, phases.residue, phases.anchor) > until
    months = (month - np.where(late, step, 0))[:, None] - step[:, None] * back
    days = due_in_month(phases.cycle[:, None], months, phases.residue[:, None], phases.anchor[:, None])
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


def due_in_month(
    cycle: NDArray[np.int64], month: NDArray[np.int64], residue: NDArray[np.int64], anchor: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the due day of phases (see ``Phases``) in each ``month``, before a rule moves it; shapes are broadcast."""
    days = day_in_month(month, anchor)
    by_weekday, by_business_day = cycle == Cycle.MONTHLY_WEEKDAY, cycle == Cycle.MONTHLY_BUSINESS_DAY
    if by_weekday.any():
        earliest = days - np.where(anchor == MONTH_DAYS, WEEK - 1, 0)
        days = np.where(by_weekday, earliest + (residue - earliest) % WEEK, days)
    if by_business_day.any():
        from_end = day_in_month(month, np.full_like(anchor, MONTH_DAYS)) + anchor - MONTH_DAYS
        days = np.where(by_business_day & (anchor > MONTH_DAYS // 2), from_end, days)
    return days


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
