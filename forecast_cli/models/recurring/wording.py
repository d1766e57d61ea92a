"""Wording: the due days of a stream in words."""

from typing import Final

from forecast_cli.models.recurring.business_days import Rule
from forecast_cli.models.recurring.cycles import MONTH_DAYS, MONTH_STEPS, WEEKS_OF_MONTH, Cycle

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EVERY: Final = {Cycle.WEEKLY: "every", Cycle.BIWEEKLY: "every second", Cycle.FOUR_WEEKLY: "every four weeks on"}
_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth")
_WEEKS: Final = dict(zip(WEEKS_OF_MONTH, (*_ORDINALS[:4], "last"), strict=True))
_SHIFTS: Final = {Rule.NONE: "", Rule.BEFORE: ", business day before", Rule.AFTER: ", business day after"}


def rule_words(cycle: Cycle, residue: int, days: tuple[int, ...], rule: Rule) -> str:
    """Return the rule of a stream in words: "every second Friday", "day 15, business day before", "days 15 and last".

    ``days`` are its days of the month, ascending: two for a semi-monthly stream.
    """
    if cycle in _EVERY:
        return f"{_EVERY[cycle]} {_weekday(residue)}{_SHIFTS[rule]}"
    if cycle is Cycle.MONTHLY_WEEKDAY:
        return f"{_WEEKS[days[0]]} {_weekday(residue)} of the month{_SHIFTS[rule]}"
    if cycle is Cycle.MONTHLY_BUSINESS_DAY:
        return f"{_name_business_day(days[0])} business day of the month"
    if cycle is Cycle.THIRTY_DAYS:
        return f"every 30 days{_SHIFTS[rule]}"
    return _name_days(days) + _name_months(cycle, residue) + _SHIFTS[rule]


def _weekday(residue: int) -> str:
    return _WEEKDAYS[(residue + _EPOCH_WEEKDAY) % 7]


def _name_business_day(anchor: int) -> str:
    from_end = MONTH_DAYS - anchor
    return _ORDINALS[anchor - 1] if anchor <= MONTH_DAYS // 2 else f"{_ORDINALS[from_end]} last"


def _name_days(days: tuple[int, ...]) -> str:
    names = ["last" if day == MONTH_DAYS else str(day) for day in days]
    if len(names) > 1:
        return f"days {' and '.join(names)}"
    if names == ["last"]:
        return "last day"
    return f"day {names[0]}"


def _name_months(cycle: Cycle, residue: int) -> str:
    step = MONTH_STEPS[cycle]
    return "" if step == 1 else " of " + ", ".join(_MONTHS[residue % step :: step])
