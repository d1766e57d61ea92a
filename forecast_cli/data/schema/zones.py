"""Checks of timezone names. polars panics on an unknown name, so each name is checked before it is read."""

import re
import zoneinfo
from typing import Final

import polars as pl

from forecast_cli.core.text import did_you_mean
from forecast_cli.data.files.problems import Problem

#: The only offsets that polars reads from a file: whole hours for which the timezone database has a name.
_WHOLE_HOURS: Final = re.compile(r"(?:\+(?:0\d|1[0-4])|-(?:0\d|1[0-2])):00")
#: Other offsets, and UTC as ISO 8601 writes it.
_OFFSET: Final = re.compile(r"[+-]\d{1,2}:?\d{2}|Z")


def known_zone(name: str) -> bool:
    """Return whether polars can read timestamps of this timezone."""
    return _WHOLE_HOURS.fullmatch(name) is not None or is_zone_name(name)


def is_zone_name(name: str) -> bool:
    """Return whether a name, exactly as written, is in the timezone database."""
    try:
        pl.Series([0]).cast(pl.Datetime("us")).dt.replace_time_zone(name)
    except (pl.exceptions.ComputeError, UnicodeEncodeError):  # the latter for a name that is not UTF-8
        return False
    return True


def suggest_zone(name: str) -> str:
    """Return a hint with the closest timezone name."""
    otherwise = "give a name of the timezone database, such as Europe/Prague"
    return did_you_mean(name, sorted(zoneinfo.available_timezones()), otherwise=otherwise)


def reject_zone(path: str, column: str, zone: str) -> Problem:
    """Return the problem for a column with a timezone that polars cannot read."""
    if _OFFSET.fullmatch(zone):
        what = f"column '{column}' has the timezone '{zone}', expected a name or an offset of whole hours"
        cast = f'table.column("{column}").cast(pa.timestamp("us", "UTC"))'
        days = "name the timezone whose days count with --timezone, e.g. Asia/Kolkata"
        return Problem("SC19", path, what, f"write its instants in UTC, in pyarrow: {cast}; {days}", fatal=True)
    what = f"column '{column}' has the unknown timezone '{zone}'"
    hint = f"write the column again with a known timezone: {suggest_zone(zone)}"
    return Problem("SC19", path, what, hint, fatal=True)
