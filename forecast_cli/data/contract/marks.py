"""Marks: expressions for whether a single row's date and balance can be used."""

import sys
from typing import Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c

BALANCE: Final = "balance"
USABLE: Final = "usable"
#: An account's index in the sorted keys.
CODE: Final = "code"
_LARGEST: Final = sys.float_info.max


def mark_rows(rows: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """Add ``usable`` (the date can be used, never null) and ``balance`` (finite if usable, else null; never -0.0)."""
    usable = is_usable(settings).fill_null(value=False).alias(USABLE)
    balance = pl.when(pl.col(USABLE) & pl.col(c.Y).is_finite()).then(unsigned_zero(pl.col(c.Y))).alias(BALANCE)
    return rows.with_columns(usable).with_columns(balance)


def is_observed(settings: Settings) -> pl.Expr:
    """Return an expression: whether a row has a usable date and a finite balance; never null."""
    is_finite = pl.col(c.Y).is_between(-_LARGEST, _LARGEST)  # a third of the time of pl.Expr.is_finite
    return (is_usable(settings) & is_finite).fill_null(value=False)


def is_usable(settings: Settings) -> pl.Expr:
    """Return an expression: whether a row's date is plausible and not after ``as_of``; null for a null date."""
    return is_plausible(settings) & is_up_to_as_of(settings)


def is_plausible(settings: Settings) -> pl.Expr:
    """Return an expression: whether a date is within ``earliest_date`` to ``latest_date``; null for a null date."""
    return pl.col(c.DS).is_between(pl.lit(settings.earliest_date), pl.lit(settings.latest_date))


def is_up_to_as_of(settings: Settings) -> pl.Expr:
    """Return an expression: whether a date is not after ``as_of``; true if there is none."""
    return pl.lit(value=True) if settings.as_of is None else pl.col(c.DS) <= pl.lit(settings.as_of)


def is_unnamed(id_dtype: pl.DataType) -> pl.Expr:
    """Return an expression: whether an account id is null or blank, so that the row belongs to no account."""
    unnamed = pl.col(c.UNIQUE_ID).is_null()
    return unnamed | (pl.col(c.UNIQUE_ID).str.strip_chars() == "") if id_dtype == pl.String else unnamed


def unsigned_zero(y: pl.Expr) -> pl.Expr:
    """Return ``y`` with 0.0 in place of -0.0."""
    return pl.when(y == 0.0).then(0.0).otherwise(y)
