"""Row counts: what can be counted from each account's rows, and from how they follow each other.

Nearly every row has a usable date, a balance, and a day shortly after that of the row before it. Only what shows this
is computed for all rows; the reasons for exceptions are counted on the few exceptional rows.
"""

from typing import Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.contract.history import longest_step
from forecast_cli.data.contract.marks import is_observed, is_plausible, is_up_to_as_of, is_usable, unsigned_zero
from forecast_cli.data.contract.numbers import NUMBER, Numbered

#: Counts of irregular rows, which few accounts have.
_FEW: Final = ("runs", "steps_back", "leaps", "n_undated", "n_impossible", "n_after", "n_missing", "n_infinite")


def count_rows(numbered: Numbered, settings: Settings) -> pl.DataFrame:
    """Return one row for each key of ``numbered``: its number, the key, and the counts of its rows.

    The counts are those of ``profile.profile_of``, and ``runs`` of consecutive rows, ``steps_back`` (rows not dated
    after the row before), ``leaps`` (as in ``history``), ``earliest`` and ``latest`` day of any row.
    """
    rows = numbered.rows
    observed = rows.select(is_observed(settings)).to_series()
    parts = [
        _count_breaks(rows, settings),
        count_observed(rows.filter(observed), NUMBER),
        _count_others(rows.filter(~observed), settings),
        *_currency_range(rows, settings),
    ]
    whole = numbered.keys
    for part in parts:
        whole = whole.join(part, on=NUMBER, how="left")
    return (
        whole.with_columns(pl.col("n_obs", "n_others", *_FEW).fill_null(0))
        .with_columns(
            (pl.col("n_obs") + pl.col("n_others")).alias("n_rows"),
            (pl.col("n_obs") + pl.col("n_missing")).alias("n_usable"),
            pl.min_horizontal("first", "earliest").alias("earliest"),
            pl.max_horizontal("last", "latest").alias("latest"),
            *(unsigned_zero(pl.col(name)).alias(name) for name in ("low", "high")),
        )
        .drop("n_others")
    )


def _count_breaks(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Count the rows that start a run of another account, step back in time, or leap ahead."""
    most = longest_step(settings)
    gap = pl.col(c.DS).to_physical().diff().alias("gap")
    same = (pl.col(NUMBER) == pl.col(NUMBER).shift()).fill_null(value=False).alias("same")
    follows = (pl.col("same") & pl.col("gap").is_between(1, most)).fill_null(value=False)
    later, leaps = ((pl.col("gap") > least).fill_null(value=False) for least in (0, most))
    turns = rows.select(NUMBER, same, gap).filter(~follows)
    counts = _counts(runs=~pl.col("same"), steps_back=pl.col("same") & ~later, leaps=pl.col("same") & leaps)
    return turns.group_by(NUMBER).agg(counts)


def count_observed(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Return number, first and last day, lowest and highest balance of rows with a usable date and finite balance."""
    return rows.group_by(by).agg(
        pl.len().cast(pl.Int64).alias("n_obs"),
        pl.col(c.DS).min().alias("first"),
        pl.col(c.DS).max().alias("last"),
        pl.col(c.Y).min().alias("low"),
        pl.col(c.Y).max().alias("high"),
    )


def _count_others(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Count the remaining rows, by what is wrong with them."""
    plausible, usable = is_plausible(settings), is_usable(settings)
    after = plausible & ~is_up_to_as_of(settings)
    lacks = _counts(
        n_undated=pl.col(c.DS).is_null(),
        n_impossible=~plausible,
        n_after=after,
        n_missing=usable,
        n_infinite=usable & pl.col(c.Y).is_infinite(),
    )
    return rows.group_by(NUMBER).agg(
        pl.len().cast(pl.Int64).alias("n_others"),
        *lacks,
        pl.when(after).then(pl.col(c.DS)).min().alias("first_after"),
        pl.col(c.DS).min().alias("earliest"),
        pl.col(c.DS).max().alias("latest"),
    )


def _counts(**conditions: pl.Expr) -> list[pl.Expr]:
    return [holds.sum().cast(pl.Int64).alias(name) for name, holds in conditions.items()]


def _currency_range(rows: pl.DataFrame, settings: Settings) -> list[pl.DataFrame]:
    """Return the lowest and highest currency per account, if a currency column exists that the settings do not name."""
    if settings.currency_col is not None or c.CURRENCY not in rows.columns:
        return []
    turns = rows.select(NUMBER, c.CURRENCY)[pl.concat(_begins(rows[name]) for name in (NUMBER, c.CURRENCY))]
    text = pl.col(c.CURRENCY).cast(pl.String)
    return [turns.group_by(NUMBER).agg(text.min().alias("currency_low"), text.max().alias("currency_high"))]


def _begins(column: pl.Series) -> pl.Series:
    """Return the indices of values that differ from the value before them."""
    lengths = column.rle().struct.field("len")
    return lengths.cum_sum() - lengths
