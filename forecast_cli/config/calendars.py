"""Holiday calendars by name: a country, a part of one, a financial market, or none."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from forecast_cli.core.text import closest

#: The calendar without holidays, with weekends only.
NO_HOLIDAYS: Final = "none"
#: The default; it is valid without a look at the list of calendars.
HOME: Final = "US"

_HINT: Final = f"give a country (CZ), a part of one (GB-ENG), a financial calendar (ECB) or {NO_HOLIDAYS}"
_LONGEST_LIST: Final = 200
#: Names people use for TARGET, the calendar of payments in euros.
_EURO: Final = frozenset({"eu", "eur", "euro", "target", "target2"})
#: Shortest name to suggest for a misspelled one, and the similarity it needs: short codes all resemble each other.
_SHORTEST: Final = 4
_ALIKE: Final = 0.8


class UnknownCalendarError(ValueError):
    """No calendar has this name; ``hint`` suggests another."""

    def __init__(self, hint: str) -> None:
        super().__init__("unknown calendar")
        self.hint = hint


def check_calendar(text: str) -> str:
    """Return the canonical name of a calendar, such as ``GB``, ``GB-ENG``, ``XECB`` or ``none``.

    ``text`` may be in any case, or an alias. Raises UnknownCalendarError.
    """
    if text in (HOME, NO_HOLIDAYS):
        return text
    name, dash, part = _plain(text).partition("-")
    codes = _codes()
    code = {_plain(known): code for known, code in codes.items()}.get(name)
    if code is None or (dash and code == NO_HOLIDAYS):
        guess = _guess(_plain(text), codes)
        raise UnknownCalendarError(f"did you mean '{guess}'? {_HINT}" if guess else _HINT)
    return f"{code}-{_part(code, part)}" if dash else code


def describe_calendar(calendar: str) -> str:
    """Return a calendar as part of a sentence: ``GB-ENG holidays``, ``no holidays``."""
    return f"{'no' if calendar == NO_HOLIDAYS else calendar} holidays"


def _plain(text: str) -> str:
    """Return a name normalized for comparison: case-folded, without blanks, with a dash before a part."""
    return "".join(text.casefold().split()).replace("_", "-").replace("/", "-")


def _guess(name: str, codes: Mapping[str, str]) -> str | None:
    """Return the calendar that an unknown name may mean: a part of a country without the country, or a similar name."""
    if name in _EURO:
        return "ECB"
    parts = {
        _plain(alias): part for code in sorted(set(codes.values()) - {NO_HOLIDAYS}) for alias, part in _aliases(code)
    }
    if name in parts:
        return parts[name]
    close = closest(name, (known for known in codes if len(known) >= _SHORTEST), cutoff=_ALIKE)
    return codes[close] if close else None


def _aliases(code: str) -> Iterator[tuple[str, str]]:
    """Yield the names of a country's parts, with their codes."""
    import holidays

    aliases: Mapping[str, str] = getattr(holidays, code).subdivisions_aliases
    return ((alias, f"{code}-{part}") for alias, part in aliases.items())


def _codes() -> dict[str, str]:
    """Return country and market codes by name; a country takes precedence over a market of the same name."""
    from holidays.registry import COUNTRIES, FINANCIAL

    entries = (*FINANCIAL.values(), *COUNTRIES.values())
    return {NO_HOLIDAYS: NO_HOLIDAYS, **{name: names[1] for names in entries for name in names}}


def _part(code: str, part: str) -> str:
    """Return the code of a part of a country; raise UnknownCalendarError if there is none."""
    import holidays

    calendar: Any = getattr(holidays, code)
    names = {one: one for one in calendar.subdivisions} | calendar.subdivisions_aliases
    known = {_plain(name): own for name, own in names.items()}
    if part in known:
        return str(known[part])
    close = closest(part, names)
    listed = textwrap.shorten(", ".join(calendar.subdivisions), _LONGEST_LIST, placeholder=" ...")
    hint = f"did you mean '{code}-{close}'?" if close else f"its parts: {listed}" if listed else f"{code} has no parts"
    raise UnknownCalendarError(hint)
