"""Calendars as they are written: a country, a part of one, a financial market, or weekends alone."""

import textwrap
from typing import Any, Final

from forecast_cli.core.text import closest

#: No holidays: weekends alone.
NO_HOLIDAYS: Final = "none"
#: The default, which is known without a look at the list of calendars.
HOME: Final = "US"

_HINT: Final = f"give a country (GB), a part of one (GB-ENG), a financial calendar (ECB) or {NO_HOLIDAYS}"
_LONGEST_LIST: Final = 200


class UnknownCalendarError(ValueError):
    """No calendar has this name; ``hint`` says which may have been meant."""

    def __init__(self, hint: str) -> None:
        super().__init__("no such calendar")
        self.hint = hint


def check_calendar(text: str) -> str:
    """Return the one spelling of a calendar, ``GB``, ``GB-ENG``, ``XECB`` or ``none``, in any case or by its aliases.

    Raises UnknownCalendarError.
    """
    if text in (HOME, NO_HOLIDAYS):
        return text
    name, dash, part = (piece.strip() for piece in text.partition("-"))
    codes = _codes()
    code = {known.casefold(): code for known, code in codes.items()}.get(name.casefold())
    if code is None or (dash and code == NO_HOLIDAYS):
        close = closest(name, codes)
        raise UnknownCalendarError(f"did you mean '{close}'? {_HINT}" if close else _HINT)
    return f"{code}-{_part(code, part)}" if dash else code


def _codes() -> dict[str, str]:
    """Return the code of each country and market by its names; a country goes before a market."""
    from holidays.registry import COUNTRIES, FINANCIAL

    entries = (*FINANCIAL.values(), *COUNTRIES.values())
    return {NO_HOLIDAYS: NO_HOLIDAYS, **{name: names[1] for names in entries for name in names}}


def _part(code: str, part: str) -> str:
    """Return the code of a part of a country."""
    import holidays

    calendar: Any = getattr(holidays, code)
    names = {one: one for one in calendar.subdivisions} | calendar.subdivisions_aliases
    known = {name.casefold(): own for name, own in names.items()}
    if part.casefold() in known:
        return str(known[part.casefold()])
    close = closest(part, names)
    listed = textwrap.shorten(", ".join(calendar.subdivisions), _LONGEST_LIST, placeholder=" ...")
    hint = f"did you mean '{code}-{close}'?" if close else f"its parts: {listed}" if listed else f"{code} has no parts"
    raise UnknownCalendarError(hint)
