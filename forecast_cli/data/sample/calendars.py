"""Calendars: the days of a sample, its US business days, and the due days of each cycle.

A day is an index on the sample's axis: 0 is the first day, negative days lie before it.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final

import holidays
import numpy as np

from forecast_cli.data.sample.draws import Bools, Floats, Ints, whole_between

MARGIN: Final = 45  # days before and after the sample, for payments that are moved into it
FRIDAY: Final = 4  # as Python counts weekdays: Monday is 0
_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday


class Cycle(StrEnum):
    """How often a stream is paid."""

    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    SEMI_MONTHLY = "semi_monthly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


class Roll(StrEnum):
    """How a payment that is due on a weekend or a holiday is moved."""

    NONE = "none"
    PREVIOUS = "previous"
    NEXT = "next"


PER_MONTH: Final = {
    Cycle.WEEKLY: 52 / 12,
    Cycle.BIWEEKLY: 26 / 12,
    Cycle.SEMI_MONTHLY: 2.0,
    Cycle.MONTHLY: 1.0,
    Cycle.QUARTERLY: 1 / 3,
    Cycle.YEARLY: 1 / 12,
}


@dataclass(frozen=True)
class Calendar:
    """The t days of a sample; ``start`` is its first day, in days since 1970-01-01.

    ``weekday`` (Monday is 0), ``month`` (January is 0), ``month_end`` and ``business`` [t]. ``previous_business`` and
    ``next_business`` [t + 2 * MARGIN]: the last business day not after, and the first not before, each day from -MARGIN
    on. ``month_first`` [m + 1]: the first day of every month that overlaps the sample and its margins, and of the next
    month.
    """

    start: int
    days: int
    weekday: Ints
    month: Ints
    month_end: Bools
    business: Bools
    previous_business: Ints
    next_business: Ints
    month_first: Ints


@lru_cache(maxsize=4)
def sample_calendar(end: date, days: int) -> Calendar:
    """Return the calendar of the ``days`` days up to ``end``, with US federal holidays."""
    last = int(np.datetime64(end, "D").astype(np.int64))
    start = last - days + 1
    axis = np.arange(start - MARGIN, last + MARGIN + 1)
    dates = axis.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    firsts = np.arange(months[0], months[-1] + np.timedelta64(2, "M")).astype("datetime64[D]")
    month_first = firsts.astype(np.int64) - start
    weekday = (axis + _EPOCH_WEEKDAY) % 7
    business = (weekday < 5) & ~np.isin(dates, _us_holidays(int(str(dates[0])[:4]), int(str(dates[-1])[:4])))
    inner = slice(MARGIN, MARGIN + days)
    return Calendar(
        start=start,
        days=days,
        weekday=weekday[inner],
        month=months.astype(np.int64)[inner] % 12,
        month_end=np.isin(np.arange(1, days + 1), month_first),
        business=business[inner],
        previous_business=_previous(business) - MARGIN,
        next_business=len(axis) - 1 - _previous(business[::-1])[::-1] - MARGIN,
        month_first=month_first,
    )


def roll_days(calendar: Calendar, days: Ints, roll: Roll) -> Ints:
    """Move days (of any shape) to business days as ``roll`` says; days outside the margins stay out of the sample."""
    match roll:
        case Roll.NONE:
            return days
        case Roll.PREVIOUS:
            table = calendar.previous_business
        case Roll.NEXT:
            table = calendar.next_business
    return table[np.clip(days + MARGIN, 0, len(table) - 1)]


def due_days(calendar: Calendar, cycle: Cycle, anchor: Ints, phase: Ints) -> Ints:
    """Return the days [s, k] on which s streams of one cycle are due, before they are moved.

    ``anchor`` [s] is the day of the month (31: its last day), for weekly cycles any day on which the stream is due.
    ``phase`` [s] selects the months of quarterly and yearly streams.
    """
    match cycle:
        case Cycle.WEEKLY:
            return _days_by_step(calendar, 7, anchor)
        case Cycle.BIWEEKLY:
            return _days_by_step(calendar, 14, anchor)
        case Cycle.SEMI_MONTHLY:
            return np.hstack([_day_of_month(calendar, np.full_like(anchor, day)) for day in (15, 31)])
        case Cycle.MONTHLY:
            return _day_of_month(calendar, anchor)
        case Cycle.QUARTERLY:
            return _some_months(calendar, anchor, every=3, phase=phase)
        case Cycle.YEARLY:
            return _some_months(calendar, anchor, every=12, phase=phase)


def paydays(calendar: Calendar, u: Floats) -> Ints:
    """Return Fridays [s], each of an even or an odd week, from uniform draws [s]."""
    return first_friday(calendar) + 7 * whole_between(u, 0, 1)


def first_friday(calendar: Calendar) -> int:
    """Return the last Friday not after the first day that lies a whole number of fortnights after 1970-01-02."""
    return -((calendar.start + _EPOCH_WEEKDAY - FRIDAY) % 14)


def _days_by_step(calendar: Calendar, step: int, anchor: Ints) -> Ints:
    first = (anchor + MARGIN) % step - MARGIN
    return first[:, None] + step * np.arange((calendar.days + 2 * MARGIN) // step + 1)


def _day_of_month(calendar: Calendar, anchor: Ints) -> Ints:
    lengths = np.diff(calendar.month_first)
    return calendar.month_first[:-1] + np.minimum(anchor[:, None], lengths) - 1


def _some_months(calendar: Calendar, anchor: Ints, *, every: int, phase: Ints) -> Ints:
    """Return the due days in one month of ``every``; those in other months are put outside the margins."""
    firsts = (calendar.month_first[:-1] + calendar.start).astype("datetime64[D]")
    wanted = (firsts.astype("datetime64[M]").astype(np.int64) - phase[:, None]) % every == 0
    return np.where(wanted, _day_of_month(calendar, anchor), -MARGIN - 1)


def _previous(business: Bools) -> Ints:
    """Return for each position the last business day at or before it, -1 if there is none."""
    return np.maximum.accumulate(np.where(business, np.arange(len(business)), -1))


def _us_holidays(first_year: int, last_year: int) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    known = holidays.country_holidays("US", years=range(first_year, last_year + 1))
    return np.array(sorted(known), dtype="datetime64[D]")
