"""Profile: one row of counts for each account, and whether these counts are final.

An account is irregular if its rows are not one balance a day in order, or if a part of its history is left out; only
irregular accounts need the closer look of ``repair``. ``row_counts`` counts the rows of one piece of the input,
``profile_pieces`` adds up the counts of all pieces.
"""

from typing import Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.contract.history import is_long
from forecast_cli.data.contract.marks import is_unnamed

#: Counts that only the closer look can make; zero for an account that is not irregular.
SETTLED_COUNTS: Final = ("duplicates", "conflicts", "conflict_days", "same_day", "nulls_inside")


def profile_of(counts: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the profile of accounts from ``counts``, the columns of ``count_rows`` with one row per account.

    Counts of rows: ``n_rows``, ``n_undated``, ``n_impossible`` (dates outside the accepted ones), ``n_after`` (after
    ``as_of``), ``n_usable`` (by date), of those ``n_missing`` and ``n_infinite``. Of usable balances: ``n_obs``,
    ``first``, ``last``, ``low``, ``high``; ``resumed``, ``begin`` and ``n_used`` as in ``history``. ``irregular``:
    these columns and ``SETTLED_COUNTS`` are not final before the closer look.
    """
    return counts.with_columns(
        _is_irregular(settings).alias("irregular"),
        *(pl.lit(0, dtype=pl.Int64).alias(name) for name in SETTLED_COUNTS),
        *(pl.lit(None, dtype=pl.Date).alias(name) for name in ("conflict_day", "resumed")),
        pl.col("first").alias("begin"),
        pl.col("n_obs").alias("n_used"),
    ).drop("runs", "steps_back", "leaps", "earliest", "latest")


def _is_irregular(settings: Settings) -> pl.Expr:
    out_of_order = (pl.col("runs") > 1) | (pl.col("steps_back") > 0)
    return out_of_order | (pl.col("n_missing") > 0) | (pl.col("leaps") > 0) | is_long(settings).fill_null(value=False)


def split_unnamed(profile: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return the profile of the named accounts, sorted by key, and the number of rows without an account id."""
    unnamed = is_unnamed(profile.schema[c.UNIQUE_ID])
    nameless = int(profile.filter(unnamed)["n_rows"].sum())
    return profile.filter(~unnamed).sort(c.keys_among(profile.columns)), nameless
