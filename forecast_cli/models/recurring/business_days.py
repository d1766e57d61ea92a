"""Business days: shifts of payments that fall due on a weekend or a holiday of the run's calendar."""

import warnings
from datetime import date
from enum import IntEnum
from functools import lru_cache
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.config.calendars import NO_HOLIDAYS

#: Largest shift of a payment in days; if the next business day is further away, the payment is not moved.
MAX_SHIFT: Final = 12
#: Days known before and after those requested: a month, and more than the largest shift.
_MARGIN: Final = 31
_HALF: Final = 15
_BLOCK: Final = 3650  # tables are made for whole blocks of days, so that a few of them serve every panel
_EVERY_DAY: Final = "1111111"  # weekends are closed days like others
_SATURDAY: Final = 5
#: Warnings can only be silenced for the whole process, so one thread does so at a time.
_WARNINGS_LOCK: Final = Lock()


class Rule(IntEnum):
    """How a due day moves: not; if it is no business day, to the one before or to the one after; or by counting.

    Counted, day n of the month is its nth business day, and after the 15th, the nth last day is its nth last.
    """

    NONE = 0
    BEFORE = 1
    AFTER = 2
    COUNT = 3


def shift_days(due: NDArray[np.int64], rule: Rule, holidays: str) -> NDArray[np.int64]:
    """Return due days (since 1970-01-01, any shape), moved to a business day by ``rule``."""
    if rule is Rule.NONE or not due.size:
        return due
    calendar = shift_table(due, holidays)
    return np.asarray(calendar[rule][due - calendar[Rule.NONE, 0]])


def apply_rules(due: NDArray[np.int64], rule: NDArray[np.int64], holidays: str) -> NDArray[np.int64]:
    """Return the due days [m, k] of m streams, moved by each stream's own ``rule`` [m]."""
    moved = due
    for one_rule in (Rule.BEFORE, Rule.AFTER, Rule.COUNT):
        if (own := rule == one_rule).any():
            moved = np.where(own[:, None], shift_days(due, one_rule, holidays), moved)
    return moved


def shift_table(days: NDArray[np.int64], holidays: str) -> NDArray[np.int64]:
    """Return the day to which each rule moves each of d consecutive days that include all ``days``, [4, d]."""
    return _build_shift_table(holidays, int(days.min()) // _BLOCK, int(days.max()) // _BLOCK)


@lru_cache(maxsize=8)
def _build_shift_table(holidays: str, first_block: int, last_block: int) -> NDArray[np.int64]:
    axis = np.arange(first_block * _BLOCK - _MARGIN, (last_block + 1) * _BLOCK + _MARGIN).astype("datetime64[D]")
    open_days = _is_business_day(axis, holidays)
    closed = axis[~open_days]
    inner = axis[_MARGIN:-_MARGIN]
    moved = [
        np.busday_offset(inner, 0, roll=roll, weekmask=_EVERY_DAY, holidays=closed) for roll in ("backward", "forward")
    ]
    moved.append(_count(inner, axis[open_days]))
    near = [np.where(np.abs(days - inner) <= np.timedelta64(MAX_SHIFT, "D"), days, inner) for days in moved]
    return np.stack([inner, *near]).astype(np.int64)


def _count(days: NDArray[np.datetime64], business: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """Return the business day of the number of each of ``days`` in its month; the day itself if there is none."""
    month = days.astype("datetime64[M]")
    start, end = month.astype("datetime64[D]"), (month + np.timedelta64(1, "M")).astype("datetime64[D]")
    first, behind = np.searchsorted(business, start), np.searchsorted(business, end)
    number = (days - start).astype(np.int64)
    place = np.where(number < _HALF, first + number, behind - (end - days).astype(np.int64))
    return np.where((first <= place) & (place < behind), business[np.clip(place, 0, len(business) - 1)], days)


def _is_business_day(days: NDArray[np.datetime64], name: str) -> NDArray[np.bool_]:
    """Return which of consecutive ``days`` are business days of a calendar, with its own weekends at that time."""
    if name == NO_HOLIDAYS:
        return np.is_busday(days)
    calendar = _country_calendar(name, range(int(str(days[0])[:4]), int(str(days[-1])[:4]) + 1))
    return np.array([calendar.is_working_day(day) for day in days.tolist()])


def weekday_holidays(name: str, year: int) -> frozenset[date]:
    """Return the holidays of a calendar in a year that fall on Monday to Friday."""
    return frozenset(day for day in _country_calendar(name, range(year, year + 1)) if day.weekday() < _SATURDAY)


def _country_calendar(name: str, years: range) -> Any:
    """Return a calendar of the package holidays, by a name such as ``DE`` or ``DE-BY``."""
    import holidays

    code, _, part = name.partition("-")
    with _WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some calendars warn about years that they do not know, and return no holidays
        return holidays.country_holidays(code, subdiv=part or None, years=years)
