"""Timezones: which names are known, and the one that defines days: that of the timestamp column, or the user's choice.

polars panics on an unknown name, so each name is checked before it is read.
"""

import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from forecast_cli.core.text import did_you_mean
from forecast_cli.data.files.problems import Problem, file_finding
from forecast_cli.data.findings import Action, Finding
from forecast_cli.data.schema.file_columns import Typed

#: The only offsets that polars reads from a file: whole hours for which the timezone database has a name.
_WHOLE_HOURS: Final = re.compile(r"(?:\+(?:0\d|1[0-4])|-(?:0\d|1[0-2])):00")
#: Other offsets, and UTC as ISO 8601 writes it.
_OFFSET: Final = re.compile(r"[+-]\d{1,2}:?\d{2}|Z")


@dataclass(frozen=True)
class ZoneChoice:
    """The timezone that defines days (None: as written), and the findings about it."""

    timezone: str | None
    findings: tuple[Finding, ...] = ()


def known_zone(name: str) -> bool:
    """Return whether polars can read timestamps of this timezone."""
    return _WHOLE_HOURS.fullmatch(name) is not None or _is_zone_name(name)


def reject_zone(path: str, column: str, zone: str) -> Problem:
    """Return the problem for a column with a timezone that polars cannot read."""
    if _OFFSET.fullmatch(zone):
        what = f"column '{column}' has the timezone '{zone}', expected a name or an offset of whole hours"
        cast = f'table.column("{column}").cast(pa.timestamp("us", "UTC"))'
        days = "name the timezone whose days count with --timezone, e.g. Asia/Kolkata"
        return Problem("SC19", path, what, f"write its instants in UTC, in pyarrow: {cast}; {days}", fatal=True)
    what = f"column '{column}' has the unknown timezone '{zone}'"
    hint = f"write the column again with a known timezone: {_suggest_zone(zone)}"
    return Problem("SC19", path, what, hint, fatal=True)


def choose_zone(types: Sequence[Typed], wanted: str | None, column: str) -> ZoneChoice:
    """Return the timezone of a date column, from its distinct ``types`` and the timezone ``wanted`` by the user."""
    if wanted is not None and not _is_zone_name(wanted):
        message = f"--timezone '{wanted}': unknown timezone"
        return ZoneChoice(None, (file_finding("SC19", Action.REJECT, message, hint=_suggest_zone(wanted)),))
    stamps = [typed for typed in types if isinstance(typed.dtype, pl.Datetime)]
    zones = list(dict.fromkeys(_zone(typed) for typed in stamps))
    if zones in ([], [None]):
        return ZoneChoice(None, _ignored(stamps, wanted, column))
    if len(zones) > 1 and wanted is None:
        return ZoneChoice(None, (_reject_zones(stamps, column),))
    chosen = wanted or zones[0]
    first = next(typed for typed in stamps if _zone(typed))
    message = f"{first.path}: column '{column}' has the timezone {_zone(first)}: days are those of {chosen}"
    without = next((typed.path for typed in stamps if not _zone(typed)), None)
    if without is not None:
        message += f"; in {without} it has none: its times are read as times of {chosen}"
    return ZoneChoice(chosen, (file_finding("SC16", Action.NOTE, message, paths=[typed.path for typed in stamps]),))


def _is_zone_name(name: str) -> bool:
    """Return whether a name, exactly as written, is in the timezone database."""
    try:
        pl.Series([0]).cast(pl.Datetime("us")).dt.replace_time_zone(name)
    except (pl.exceptions.ComputeError, UnicodeEncodeError):  # the latter for a name that is not UTF-8
        return False
    return True


def _suggest_zone(name: str) -> str:
    """Return a hint with the closest timezone name."""
    otherwise = "give a name of the timezone database, such as Europe/Prague"
    return did_you_mean(name, sorted(zoneinfo.available_timezones()), otherwise=otherwise)


def _zone(typed: Typed) -> str | None:
    return typed.dtype.time_zone if isinstance(typed.dtype, pl.Datetime) else None


def _ignored(stamps: Sequence[Typed], wanted: str | None, column: str) -> tuple[Finding, ...]:
    """Return a warning if a timezone was named but the timestamps have none, so that it has no effect."""
    if wanted is None or not stamps:
        return ()
    message = (
        f"{stamps[0].path}: column '{column}' has no timezone: its days are used as written, not converted to {wanted}"
    )
    return (file_finding("SC16", Action.WARN, message, paths=[typed.path for typed in stamps]),)


def _reject_zones(stamps: Sequence[Typed], column: str) -> Finding:
    first = stamps[0]
    other = next(typed for typed in stamps if _zone(typed) != _zone(first))
    message = (
        f"{other.path}: column '{column}' has {_described(other)}, but {_described(first)} in {first.path}: "
        "the last row of a day cannot be determined"
    )
    hint = "name the timezone whose days count, e.g. --timezone Europe/Prague"
    return file_finding("SC17", Action.REJECT, message, hint=hint, paths=[first.path, other.path])


def _described(typed: Typed) -> str:
    zone = _zone(typed)
    return f"the timezone {zone}" if zone else "no timezone"
