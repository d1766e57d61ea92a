"""Repair: from the rows of an account, in any order and with repetitions, to one balance a day.

Per account and day: identical rows count once; of several instants the last one counts; different balances at that
instant are a conflict, resolved by ``on_duplicate``. Accounts are identified by ``code``, their index in the sorted
keys. The result does not depend on the order of rows, except for ``last-row``, which is defined by that order.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from forecast_cli.config.choices import OnDuplicate
from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.contract.history import add_history
from forecast_cli.data.contract.marks import BALANCE, CODE, USABLE
from forecast_cli.data.contract.row_counts import count_observed
from forecast_cli.data.scan.canonical import AT

_CELL: Final = "cell"
_DAYS_PER_CODE: Final = 2**23  # more than there are days in the years -9999 to 9999
_DATES_AND_RANGE: Final = ("first", "last", "resumed", "begin", "low", "high", "conflict_day")


@dataclass(frozen=True)
class DailyBalances:
    """Accounts with one balance a day.

    ``days``: code, ds, y, ascending by code and day. ``counts``: one row for each code with a usable row, with
    ``n_obs``, ``first``, ``last``, ``low``, ``high`` of the days, the columns of ``history``, the counts of
    ``profile.SETTLED_COUNTS``, and ``conflict_day``, the first day with two balances.
    """

    days: pl.DataFrame
    counts: pl.DataFrame


def deduplicate_days(rows: pl.DataFrame, settings: Settings) -> DailyBalances:
    """Reduce ``rows`` of ``marks.mark_rows`` with a UInt32 ``code``, in file and row order, to one balance a day."""
    ordered = sorted_by(_CELL, rows.filter(USABLE).select(CODE, c.DS, AT, BALANCE, _account_day_code()))
    present = ordered.drop_nulls(BALANCE)
    again = (pl.col(_CELL) == pl.col(_CELL).shift()) | (pl.col(_CELL) == pl.col(_CELL).shift(-1))
    repeated = present.select(again.fill_null(value=False)).to_series()
    crowded = _resolve_duplicate_days(present.filter(repeated), settings.on_duplicate)
    alone = present.filter(~repeated).select(CODE, c.DS, pl.col(BALANCE).alias(c.Y), _CELL)
    settled = crowded.select(alone.columns)
    days = pl.concat([alone, settled]).sort(_CELL) if len(settled) else alone
    observed = add_history(count_observed(days, CODE), days, settings)
    counts = observed.join(_count_crowded(crowded), on=CODE, how="left")
    holes = _count_holes(ordered.filter(pl.col(BALANCE).is_null()), days, counts)
    empty = rows.filter(USABLE).select(CODE).unique()
    merged = empty.join(counts, on=CODE, how="left").join(holes, on=CODE, how="left")
    whole = merged.with_columns(pl.exclude(CODE, *_DATES_AND_RANGE).fill_null(0))
    return DailyBalances(days=days.drop(_CELL), counts=whole.sort(CODE))


def _account_day_code() -> pl.Expr:
    """Return an expression that combines account and day into one number, ascending by both."""
    return (pl.col(CODE).cast(pl.Int64) * _DAYS_PER_CODE + pl.col(c.DS).cast(pl.Int32)).alias(_CELL)


def sorted_by(column: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows sorted by ``column``, those with equal values in their order; without a copy if they are sorted."""
    return rows if rows[column].is_sorted() else rows.sort(column, maintain_order=True)


def _resolve_duplicate_days(crowded: pl.DataFrame, on_duplicate: OnDuplicate) -> pl.DataFrame:
    """Return one row for each day that has several: its balance ``y``, and the counts of what was dropped."""
    distinct = crowded.unique([_CELL, AT, BALANCE], keep="last", maintain_order=True)
    latest = distinct.with_columns(pl.col(AT).max().over(_CELL).alias("latest"))
    candidates = latest.filter(pl.col(AT).eq_missing(pl.col("latest")))
    settled = candidates.group_by(CODE, c.DS, _CELL).agg(
        _settled_balance(on_duplicate).alias(c.Y), _count("n_candidates")
    )
    return (
        settled.join(crowded.group_by(_CELL).agg(_count("n_rows")), on=_CELL)
        .join(distinct.group_by(_CELL).agg(_count("n_distinct")), on=_CELL)
        .with_columns(
            (pl.col("n_rows") - pl.col("n_distinct")).alias("duplicates"),
            (pl.col("n_distinct") - pl.col("n_candidates")).alias("same_day"),
            (pl.col("n_candidates") - 1).alias("conflicts"),
        )
    )


def _count(name: str) -> pl.Expr:
    return pl.len().cast(pl.Int64).alias(name)


def _settled_balance(on_duplicate: OnDuplicate) -> pl.Expr:
    match on_duplicate:
        case OnDuplicate.LAST_ROW:
            return pl.col(BALANCE).last()
        case OnDuplicate.MEAN:
            return pl.col(BALANCE).sort().mean()
        case OnDuplicate.SET_ASIDE | OnDuplicate.FAIL:
            return pl.col(BALANCE).max()  # of two balances neither is used: the account is excluded


def _count_crowded(crowded: pl.DataFrame) -> pl.DataFrame:
    return crowded.group_by(CODE).agg(
        pl.col("duplicates").sum(),
        pl.col("conflicts").sum(),
        pl.col("same_day").sum(),
        (pl.col("conflicts") > 0).sum().cast(pl.Int64).alias("conflict_days"),
        pl.col(c.DS).filter(pl.col("conflicts") > 0).min().alias("conflict_day"),
    )


def _count_holes(missing: pl.DataFrame, days: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """Count the days from ``begin`` to ``last`` that have rows but no balance."""
    inside = missing.join(counts.select(CODE, "begin", "last"), on=CODE).filter(
        pl.col(c.DS).is_between("begin", "last", closed="left")
    )
    return inside.join(days, on=_CELL, how="anti").unique(_CELL).group_by(CODE).agg(_count("nulls_inside"))
