"""Choice of the timezone that defines days: that of the timestamp column, or the one the user names."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from forecast_cli.data.files.problems import file_finding
from forecast_cli.data.findings import Action, Finding
from forecast_cli.data.schema.file_columns import Typed
from forecast_cli.data.schema.zones import is_zone_name, suggest_zone


@dataclass(frozen=True)
class ZoneChoice:
    """The timezone that defines days (None: as written), and the findings about it."""

    timezone: str | None
    findings: tuple[Finding, ...] = ()


def choose_zone(types: Sequence[Typed], wanted: str | None, column: str) -> ZoneChoice:
    """Return the timezone of a date column, from its distinct ``types`` and the timezone ``wanted`` by the user."""
    if wanted is not None and not is_zone_name(wanted):
        message = f"--timezone '{wanted}': unknown timezone"
        return ZoneChoice(None, (file_finding("SC19", Action.REJECT, message, hint=suggest_zone(wanted)),))
    stamps = [typed for typed in types if isinstance(typed.dtype, pl.Datetime)]
    zones = list(dict.fromkeys(_zone(typed) for typed in stamps))
    if zones in ([], [None]):
        return ZoneChoice(None, _ignored(stamps, wanted, column))
    if len(zones) > 1 and wanted is None:
        return ZoneChoice(None, (_reject_mixture(stamps, column),))
    chosen = wanted or zones[0]
    first = next(typed for typed in stamps if _zone(typed))
    message = f"{first.path}: column '{column}' has the timezone {_zone(first)}: days are those of {chosen}"
    without = next((typed.path for typed in stamps if not _zone(typed)), None)
    if without is not None:
        message += f"; in {without} it has none: its times are read as times of {chosen}"
    return ZoneChoice(chosen, (file_finding("SC16", Action.NOTE, message, paths=[typed.path for typed in stamps]),))


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


def _reject_mixture(stamps: Sequence[Typed], column: str) -> Finding:
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
