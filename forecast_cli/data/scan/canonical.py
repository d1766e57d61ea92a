"""Canonical rows: the columns of one group of files, as expressions of the columns every input has."""

from typing import Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c

AT: Final = "at"
_SECONDS_A_DAY: Final = 86_400
#: Days since 1970-01-01 of 0001-01-01 and 9999-12-31, the dates Python can hold.
_FIRST_DAY: Final = -719_162
_LAST_DAY: Final = 2_932_896
_TICKS: Final = {"ms": 1_000, "us": 1_000_000}
_INSTANT: Final = pl.Datetime("us")


def id_rows(column: str, raw: pl.DataType | None, key_dtype: pl.DataType) -> pl.Expr:
    """Return account ids in the type that runs compare them by."""
    expression = pl.col(column)
    return (expression if raw == key_dtype else expression.cast(key_dtype)).alias(c.UNIQUE_ID)


def day_rows(column: str, raw: pl.DataType | None, timezone: str | None) -> list[pl.Expr]:
    """Return the day of each row and its instant (null for dates), from a column of type ``raw``.

    None stands for a folder's name. Dates beyond the years 1 to 9999 are moved to the nearest of them, where the
    data contract sets them aside: polars panics on the days of instants that are farther away.
    """
    if isinstance(raw, pl.Datetime):
        return _from_instants(_bounded(column, raw), raw.time_zone, timezone)
    no_instant = pl.lit(None, dtype=_INSTANT).alias(AT)
    if raw is None:
        return [_from_folder(column).alias(c.DS), no_instant]
    days = pl.col(column).cast(pl.Date).to_physical().clip(_FIRST_DAY, _LAST_DAY).cast(pl.Date)
    return [days.alias(c.DS), no_instant]


def balance_rows(column: str) -> pl.Expr:
    """Return balances as float64; null, NaN and inf stay as they came."""
    return pl.col(column).cast(pl.Float64).alias(c.Y)


def currency_rows(column: str) -> pl.Expr:
    """Return currencies as text."""
    return pl.col(column).cast(pl.String).alias(c.CURRENCY)


def key_columns(settings: Settings) -> list[str]:
    """Return the columns that tell accounts apart: the id, and the currency where it is named."""
    return [c.UNIQUE_ID] if settings.currency_col is None else [c.UNIQUE_ID, c.CURRENCY]


def _from_folder(column: str) -> pl.Expr:
    text = pl.col(column)
    return pl.coalesce(text.str.to_date("%Y-%m-%d", strict=False), text.str.to_date("%Y%m%d", strict=False))


def _bounded(column: str, raw: pl.Datetime) -> pl.Expr:
    ticks = _TICKS.get(raw.time_unit)
    if ticks is None:
        return pl.col(column)  # nanoseconds reach from 1677 to 2262
    a_day = ticks * _SECONDS_A_DAY
    # a day short of the ends, so that no timezone moves it beyond them
    return pl.col(column).to_physical().clip((_FIRST_DAY + 1) * a_day, _LAST_DAY * a_day - 1).cast(raw)


def _from_instants(stamps: pl.Expr, own: str | None, timezone: str | None) -> list[pl.Expr]:
    if own is None:
        instant = stamps.cast(_INSTANT) if timezone is None else _localized(stamps.cast(_INSTANT), timezone)
        return [stamps.dt.date().alias(c.DS), instant.alias(AT)]
    local = stamps if timezone in (None, own) else stamps.dt.convert_time_zone(timezone or own)
    instant = stamps.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(_INSTANT)
    return [local.dt.date().alias(c.DS), instant.alias(AT)]


def _localized(stamps: pl.Expr, timezone: str) -> pl.Expr:
    """Return the UTC instants of wall-clock times, so that they can be ordered among rows with a timezone.

    A time that happens twice is the earlier of the two; one that is skipped in spring is taken as an hour later.
    """
    shifted = (_in_zone(moment, timezone) for moment in (stamps, stamps.dt.offset_by("1h")))
    return pl.coalesce(*shifted).dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _in_zone(stamps: pl.Expr, timezone: str) -> pl.Expr:
    return stamps.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
