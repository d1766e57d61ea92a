"""Warnings about a calendar: years that it does not know, and holidays of most parts of a country but not of all."""

from collections import Counter
from datetime import date

from forecast_cli.config.calendars import HOME, NO_HOLIDAYS
from forecast_cli.models.recurring.business_days import weekday_holidays


def calendar_doubts(name: str, year: int) -> list[str]:
    """Return warnings about a calendar for payments up to the end of ``year``, a line each; usually there are none."""
    if name in (HOME, NO_HOLIDAYS):
        return []
    own = weekday_holidays(name, year)
    if not own:
        return [
            f"holidays {name}: none are known for {year}, so that only weekends move payments; "
            "a newer version of the package holidays may know them"
        ]
    return [] if "-" in name else _warn_of_regional_holidays(name, own, year)


def _warn_of_regional_holidays(name: str, own: frozenset[date], year: int) -> list[str]:
    """Return a warning if more than half of a country's parts have a holiday that the whole country has not."""
    import holidays

    parts: tuple[str, ...] = getattr(holidays, name).subdivisions
    counts = Counter(day for part in parts for day in weekday_holidays(f"{name}-{part}", year))
    missing = sorted(day for day, count in counts.items() if 2 * count > len(parts) and day not in own)
    if not missing:
        return []
    days = " and ".join(str(day) for day in missing[:3])
    return [
        f"holidays {name}: most of its parts have a holiday on {days}, the country as a whole has none; "
        f"name the part that accounts are of, as in --holidays {name}-{parts[0]}"
    ]
