"""History: which of an account's days are used. A single old row must not stretch a series over decades."""

from datetime import timedelta

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.contract.marks import CODE


def add_history(counts: pl.DataFrame, days: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add the used part of the history to ``counts`` (code, n_obs, first, last), from ``days`` (code, ds).

    ``days`` ascend by code and day. New columns: ``resumed``, the first day after the last gap of more than ``max_gap``
    days without a balance, null if there is no such gap. ``begin``, the first day used: the later of ``resumed`` (else
    ``first``) and the first of the ``max_history`` days up to ``last``. ``n_used``, the number of days with a balance
    from ``begin`` on.
    """
    resumed = days.filter(_is_leap(settings)).group_by(CODE).agg(pl.col(c.DS).max().alias("resumed"))
    begun = counts.join(resumed, on=CODE, how="left").with_columns(_history_start(settings))
    later = days.join(begun.filter(pl.col("begin") > pl.col("first")).select(CODE, "begin"), on=CODE)
    used = later.filter(pl.col(c.DS) >= pl.col("begin")).group_by(CODE).agg(pl.len().cast(pl.Int64).alias("n_used"))
    left_of_cut = pl.when(pl.col("begin") > pl.col("first")).then("n_used")
    return begun.join(used, on=CODE, how="left").with_columns(left_of_cut.otherwise("n_obs").alias("n_used"))


def longest_step(settings: Settings) -> int:
    """Return the most days from one balance to the next; after a longer step (a leap) the history starts anew."""
    return settings.max_gap + 1


def is_long(settings: Settings) -> pl.Expr:
    """Return an expression: whether ``first`` to ``last``, both included, are more than ``max_history`` days."""
    return pl.col("last") - pl.col("first") >= timedelta(days=settings.max_history)


def _is_leap(settings: Settings) -> pl.Expr:
    """Return an expression: whether more than ``max_gap`` days lie between a day and the account's day before it."""
    same = pl.col(CODE) == pl.col(CODE).shift()
    apart = pl.col(c.DS) - pl.col(c.DS).shift()
    return (same & (apart > timedelta(days=longest_step(settings)))).fill_null(value=False)


def _history_start(settings: Settings) -> pl.Expr:
    window = pl.col("last") - timedelta(days=settings.max_history - 1)
    return pl.max_horizontal(pl.coalesce("resumed", "first"), window).alias("begin")
