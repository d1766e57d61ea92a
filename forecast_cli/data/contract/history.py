"""History: which of an account's days are used. One stray old row must not stretch a series over decades."""

from datetime import timedelta

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.contract.marks import CODE


def add_history(counts: pl.DataFrame, days: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add to ``counts`` (code, n_obs, first, last) what is used of ``days`` (code, ds), ascending by code and day.

    ``resumed``: the first day after the last stretch of more than ``max_gap`` days without a balance, null where
    there is none. ``begin``: the first day used, that one or the first of the ``max_history`` days up to ``last``,
    whichever is later. ``n_used``: days from then on with a balance of their own.
    """
    resumed = days.filter(_is_leap(settings)).group_by(CODE).agg(pl.col(c.DS).max().alias("resumed"))
    begun = counts.join(resumed, on=CODE, how="left").with_columns(_begin(settings))
    later = days.join(begun.filter(pl.col("begin") > pl.col("first")).select(CODE, "begin"), on=CODE)
    used = later.filter(pl.col(c.DS) >= pl.col("begin")).group_by(CODE).agg(pl.len().cast(pl.Int64).alias("n_used"))
    left_of_cut = pl.when(pl.col("begin") > pl.col("first")).then(pl.col("n_used").fill_null(0))
    return begun.join(used, on=CODE, how="left").with_columns(left_of_cut.otherwise("n_obs").alias("n_used"))


def longest_step(settings: Settings) -> int:
    """Return the most days from one balance to the next: the history begins anew after a longer one, a leap."""
    return settings.max_gap + 1


def is_long(settings: Settings) -> pl.Expr:
    """Say whether an account's days from ``first`` to ``last`` are more than ``max_history``."""
    return pl.col("last") - pl.col("first") >= timedelta(days=settings.max_history)


def _is_leap(settings: Settings) -> pl.Expr:
    """Say whether more than ``max_gap`` days lie between a day and the one of the account before it."""
    same = pl.col(CODE) == pl.col(CODE).shift()
    apart = pl.col(c.DS) - pl.col(c.DS).shift()
    return (same & (apart > timedelta(days=longest_step(settings)))).fill_null(value=False)


def _begin(settings: Settings) -> pl.Expr:
    window = pl.col("last") - timedelta(days=settings.max_history - 1)
    return pl.max_horizontal(pl.coalesce("resumed", "first"), window).alias("begin")
