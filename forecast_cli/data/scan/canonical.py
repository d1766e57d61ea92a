"""Canonical rows: expressions that turn the columns of a group of files into the columns used for every input."""

from typing import Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c

AT: Final = "at"
_SECONDS_A_DAY: Final = 86_400
#: 0001-01-01 and 9999-12-31, the earliest and latest dates of Python, in days since 1970-01-01.
_FIRST_DAY: Final = -719_162
_LAST_DAY: Final = 2_932_896
_TICKS: Final = {"ms": 1_000, "us": 1_000_000}
_INSTANT: Final = pl.Datetime("us")


def id_rows(column: str, raw: pl.DataType | None, key_dtype: pl.DataType) -> pl.Expr:
    """Return the expression for account ids, cast to the key type of the run."""
    expression = pl.col(column)
    return (expression if raw == key_dtype else expression.cast(key_dtype)).alias(c.UNIQUE_ID)


def day_rows(column: str, raw: pl.DataType | None, timezone: str | None) -> list[pl.Expr]:
    """Return expressions for the day of each row and its instant (null for dates), from a column of type ``raw``.

    ``raw`` is None for a hive folder. Dates outside the years 1 to 9999 are clipped to the nearest valid date, where
    the data contract excludes them: polars panics on the days of instants that are further away.
    """
    if isinstance(raw, pl.Datetime):
        return _from_instants(_clip_instants(column, raw), raw.time_zone, timezone)
    no_instant = pl.lit(None, dtype=_INSTANT).alias(AT)
    if raw is None:
        return [_from_folder(column).alias(c.DS), no_instant]
    return [_clip_days(pl.col(column).cast(pl.Date)).alias(c.DS), no_instant]


def balance_rows(column: str) -> pl.Expr:
    """Return the expression for balances as float64; null, NaN and inf are kept."""
    return pl.col(column).cast(pl.Float64).alias(c.Y)


def currency_rows(column: str) -> pl.Expr:
    """Return the expression for currencies as text."""
    return pl.col(column).cast(pl.String).alias(c.CURRENCY)


def key_columns(settings: Settings) -> list[str]:
    """Return the key columns of accounts: the id, and the currency if the settings name one."""
    return [c.UNIQUE_ID] if settings.currency_col is None else [c.UNIQUE_ID, c.CURRENCY]


def _from_folder(column: str) -> pl.Expr:
    text = pl.col(column)
    return pl.coalesce(text.str.to_date("%Y-%m-%d", strict=False), text.str.to_date("%Y%m%d", strict=False))


def _clip_days(days: pl.Expr) -> pl.Expr:
    """Return days within the limits, in a fifth of the time of ``pl.Expr.clip``."""
    number = days.to_physical()
    first, last = pl.lit(_FIRST_DAY, dtype=pl.Int32), pl.lit(_LAST_DAY, dtype=pl.Int32)
    return pl.when(number < first).then(first).when(number > last).then(last).otherwise(number).cast(pl.Date)


def _clip_instants(column: str, raw: pl.Datetime) -> pl.Expr:
    ticks = _TICKS.get(raw.time_unit)
    if ticks is None:
        return pl.col(column)  # nanosecond timestamps span only 1677 to 2262
    a_day = ticks * _SECONDS_A_DAY
    # one day inside the limits, so that no timezone moves a day beyond them
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

    A time that occurs twice is taken as the earlier of the two; one that is skipped in spring, as one hour later.
    """
    shifted = (_in_zone(moment, timezone) for moment in (stamps, stamps.dt.offset_by("1h")))
    return pl.coalesce(*shifted).dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _in_zone(stamps: pl.Expr, timezone: str) -> pl.Expr:
    return stamps.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
