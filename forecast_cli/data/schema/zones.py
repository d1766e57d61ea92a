"""Checks of timezone names. polars panics on an unknown name, so each name is checked before it is read."""

import re
import zoneinfo
from typing import Final

import polars as pl

from forecast_cli.core.text import did_you_mean
from forecast_cli.data.files.problems import Problem

#: Offsets of whole hours are the only ones polars reads from a file.
_WHOLE_HOURS: Final = re.compile(r"[+-]\d{2}:00")


def known_zone(name: str) -> bool:
    """Return whether polars can read timestamps of this timezone."""
    return _WHOLE_HOURS.fullmatch(name) is not None or is_zone_name(name)


def is_zone_name(name: str) -> bool:
    """Return whether a name, exactly as written, is in the timezone database."""
    try:
        pl.Series([0]).cast(pl.Datetime("us")).dt.replace_time_zone(name)
    except pl.exceptions.ComputeError:
        return False
    return True


def suggest_zone(name: str) -> str:
    """Return a hint with the closest timezone name."""
    otherwise = "give a name of the timezone database, such as Europe/Prague"
    return did_you_mean(name, sorted(zoneinfo.available_timezones()), otherwise=otherwise)


def reject_zone(path: str, column: str, zone: str) -> Problem:
    """Return the problem for a column with an unknown timezone."""
    message = f"{path}: column '{column}' has the unknown timezone '{zone}'"
    hint = f"write the column again with a known timezone: {suggest_zone(zone)}"
    return Problem("SC19", path, message, hint, fatal=True)
