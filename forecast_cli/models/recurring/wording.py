"""Wording: the due days of a stream in words."""

from typing import Final

from forecast_cli.models.recurring.business_days import Rule
from forecast_cli.models.recurring.cycles import MONTH_DAYS, Cycle

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SHIFTS: Final = {Rule.NONE: "", Rule.BEFORE: ", business day before", Rule.AFTER: ", business day after"}


def rule_words(cycle: Cycle, residue: int, days: tuple[int, ...], rule: Rule) -> str:
    """Return the rule of a stream in words: "every second Friday", "day 15, business day before", "days 15 and last".

    ``days`` are its days of the month, ascending: two for a semi-monthly stream.
    """
    if cycle in (Cycle.WEEKLY, Cycle.BIWEEKLY):
        every = "every" if cycle is Cycle.WEEKLY else "every second"
        return f"{every} {_WEEKDAYS[(residue + _EPOCH_WEEKDAY) % 7]}{_SHIFTS[rule]}"
    if cycle is Cycle.THIRTY_DAYS:
        return f"every 30 days{_SHIFTS[rule]}"
    return _name_days(days) + _name_months(cycle, residue) + _SHIFTS[rule]


def _name_days(days: tuple[int, ...]) -> str:
    names = ["last" if day == MONTH_DAYS else str(day) for day in days]
    if len(names) > 1:
        return f"days {' and '.join(names)}"
    if names == ["last"]:
        return "last day"
    return f"day {names[0]}"


def _name_months(cycle: Cycle, residue: int) -> str:
    match cycle:
        case Cycle.QUARTERLY:
            return " of " + ", ".join(name[:3] for name in _MONTHS[residue % 3 :: 3])
        case Cycle.YEARLY:
            return f" of {_MONTHS[residue % 12]}"
        case _:
            return ""
