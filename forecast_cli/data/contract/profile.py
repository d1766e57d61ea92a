"""Profile: one row of counts for every account, in one pass over the rows.

The pass is cheap because it only looks at a row and the one before it. Accounts whose rows do not simply follow each
other day by day, each with a balance, or of whose history a part is left out, are marked as tangled: only those need
the closer look of ``repair``. ``tallies`` puts together what is counted of an input piece by piece.
"""

from typing import Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.contract.history import is_leap, is_long
from forecast_cli.data.contract.marks import (
    BALANCE,
    USABLE,
    is_plausible,
    is_unnamed,
    is_up_to_as_of,
    key_columns,
    mark_rows,
)
from forecast_cli.data.scan.canonical import CURRENCY

#: What only the closer look can count; zero for an account that is not tangled.
SETTLED_COUNTS: Final = ("duplicates", "conflicts", "conflict_days", "same_day", "nulls_inside")


def scan_profile(rows: pl.LazyFrame, settings: Settings, *, keys: list[str] | None = None) -> pl.LazyFrame:
    """Return one row for each key of the input, in no order, null and blank ids among them: see ``profile_of``.

    ``keys`` are the columns that tell accounts apart, where those are not id and currency.
    """
    return profile_of(scan_tallies(rows, settings, keys=keys), settings)


def profile_of(tallies: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """Return the profile of accounts, each of which has one row of ``tallies``.

    Counts of rows: ``n_rows``, ``n_undated``, ``n_impossible`` (dates outside the ones taken), ``n_after`` (``as_of``),
    ``n_usable`` (by date), of those ``n_missing`` and ``n_infinite``. Of usable balances: ``n_obs``, ``first``,
    ``last``, ``low``, ``high``; ``resumed``, ``begin`` and ``n_used`` as ``history`` has them. ``tangled``: these and
    ``SETTLED_COUNTS`` need a closer look.
    """
    return tallies.with_columns(
        _is_tangled(settings).alias("tangled"),
        *(pl.lit(0, dtype=pl.Int64).alias(name) for name in SETTLED_COUNTS),
        *(pl.lit(None, dtype=pl.Date).alias(name) for name in ("conflict_day", "resumed")),
        pl.col("first").alias("begin"),
        pl.col("n_obs").alias("n_used"),
    ).drop("runs", "steps_back", "leaps", "earliest", "latest")


def scan_tallies(rows: pl.LazyFrame, settings: Settings, *, keys: list[str] | None = None) -> pl.LazyFrame:
    """Return one row for each key of ``rows``: what can be counted of them, and how they follow each other.

    ``runs`` of an account's rows, ``steps_back`` (rows not dated after the one before), ``leaps`` (as ``history`` has
    them), ``earliest`` and ``latest`` day of any row. ``keys`` tell accounts apart: id and currency, where not given.
    """
    keys = keys or key_columns(settings)
    marked = mark_rows(rows, settings).with_columns(*_adjacent(keys), is_leap(keys, settings).alias("leaps"))
    days = [pl.col(c.DS).min().alias("earliest"), pl.col(c.DS).max().alias("latest")]
    counts = [*_row_counts(settings), _first_after(settings), *_balance_counts(), *_currency_range(rows, settings)]
    return marked.group_by(keys).agg(*counts, *days).with_columns(_n_usable()).with_columns(_n_missing())


def _is_tangled(settings: Settings) -> pl.Expr:
    out_of_order = (pl.col("runs") > 1) | (pl.col("steps_back") > 0)
    return out_of_order | (pl.col("n_missing") > 0) | (pl.col("leaps") > 0) | is_long(settings).fill_null(value=False)


def split_unnamed(profile: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return the profile of the accounts, sorted by key, and the number of rows that name no account."""
    unnamed = is_unnamed(profile.schema[c.UNIQUE_ID])
    keys = [name for name in (c.UNIQUE_ID, CURRENCY) if name in profile.columns]
    nameless = int(profile.filter(unnamed)["n_rows"].sum())
    return profile.filter(~unnamed).sort(keys), nameless


def _adjacent(keys: list[str]) -> tuple[pl.Expr, pl.Expr]:
    """Mark rows that begin a run of one account's rows, and rows not dated after the one before them."""
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift()) for key in keys)
    later = (pl.col(c.DS) > pl.col(c.DS).shift()).fill_null(value=False)
    return (~same).alias("begins"), (same & ~later).alias("steps_back")


def _row_counts(settings: Settings) -> list[pl.Expr]:
    plausible = is_plausible(settings)
    after = plausible & ~is_up_to_as_of(settings)
    counts = {
        "n_rows": pl.len(),
        "n_undated": pl.col(c.DS).null_count(),
        "n_impossible": (~plausible).sum(),
        "n_after": after.sum(),
        "n_infinite": (pl.col(USABLE) & pl.col(c.Y).is_infinite()).sum(),
        "n_obs": pl.col(BALANCE).count(),
        "runs": pl.col("begins").sum(),
        "steps_back": pl.col("steps_back").sum(),
        "leaps": pl.col("leaps").sum(),
    }
    return [count.cast(pl.Int64).alias(name) for name, count in counts.items()]


def _n_usable() -> pl.Expr:
    return (pl.col("n_rows") - pl.col("n_undated") - pl.col("n_impossible") - pl.col("n_after")).alias("n_usable")


def _n_missing() -> pl.Expr:
    return (pl.col("n_usable") - pl.col("n_obs")).alias("n_missing")


def _first_after(settings: Settings) -> pl.Expr:
    after = is_plausible(settings) & ~is_up_to_as_of(settings)
    return pl.when(after).then(pl.col(c.DS)).min().alias("first_after")


def _balance_counts() -> list[pl.Expr]:
    day = pl.when(pl.col(BALANCE).is_not_null()).then(pl.col(c.DS))
    return [
        day.min().alias("first"),
        day.max().alias("last"),
        pl.col(BALANCE).min().alias("low"),
        pl.col(BALANCE).max().alias("high"),
    ]


def _currency_range(rows: pl.LazyFrame, settings: Settings) -> list[pl.Expr]:
    """Look at a currency column that is there but not named: one account in two currencies cannot be added up."""
    if settings.currency_col is not None or CURRENCY not in rows.collect_schema():
        return []
    return [pl.col(CURRENCY).min().alias("currency_low"), pl.col(CURRENCY).max().alias("currency_high")]
