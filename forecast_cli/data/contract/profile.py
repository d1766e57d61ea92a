"""Profile: one row of counts for every account, and whether they are all that must be known of it.

Accounts whose rows do not simply follow each other day by day, each with a balance, or of whose history a part is left
out, are marked as irregular: only those need the closer look of ``repair``. ``row_counts`` looks at the rows,
``tallies`` puts together what is counted of an input piece by piece.
"""

from typing import Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.contract.history import is_long
from forecast_cli.data.contract.marks import is_unnamed

#: What only the closer look can count; zero for an account that is not irregular.
SETTLED_COUNTS: Final = ("duplicates", "conflicts", "conflict_days", "same_day", "nulls_inside")


def profile_of(tallies: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the profile of accounts, each of which has one row of ``tallies``, as ``count_rows`` gives them.

    Counts of rows: ``n_rows``, ``n_undated``, ``n_impossible`` (dates outside the ones taken), ``n_after`` (``as_of``),
    ``n_usable`` (by date), of those ``n_missing`` and ``n_infinite``. Of usable balances: ``n_obs``, ``first``,
    ``last``, ``low``, ``high``; ``resumed``, ``begin`` and ``n_used`` as ``history`` has them. ``irregular``: these and
    ``SETTLED_COUNTS`` need a closer look.
    """
    return tallies.with_columns(
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
    """Return the profile of the accounts, sorted by key, and the number of rows that name no account."""
    unnamed = is_unnamed(profile.schema[c.UNIQUE_ID])
    nameless = int(profile.filter(unnamed)["n_rows"].sum())
    return profile.filter(~unnamed).sort(c.keys_among(profile.columns)), nameless
