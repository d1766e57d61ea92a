"""Judgement: from the profile of the accounts to their ledger rows, independently of other accounts."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Final

import polars as pl

from forecast_cli.config.choices import Origin
from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.core.ledger import Flag, Repair, Status
from forecast_cli.core.ledger_schemas import ACCOUNTS_SCHEMA
from forecast_cli.data.contract.marks import is_unnamed
from forecast_cli.data.contract.verdict import Verdict, list_verdicts
from forecast_cli.data.scan.canonical import key_columns

#: Beyond this, float64 cannot represent all whole numbers.
_EXACT_UP_TO: Final = 2.0**53


def add_quarantined(profile: pl.DataFrame, quarantined_ids: Sequence[str]) -> pl.DataFrame:
    """Add ``quarantined`` to the profile, and a row of zero counts for each account found only in quarantined files."""
    dtype = profile.schema[c.UNIQUE_ID]
    ids = pl.DataFrame({c.UNIQUE_ID: pl.Series(quarantined_ids, dtype=pl.String).cast(dtype, strict=False)}).unique()
    named = ids.filter(~is_unnamed(dtype))
    unknown = named.join(profile, on=c.UNIQUE_ID, how="anti")
    left_out = pl.col(c.UNIQUE_ID).is_in(named[c.UNIQUE_ID].implode()).alias("quarantined")
    if unknown.is_empty():
        return profile.with_columns(left_out)
    whole = pl.concat([profile, unknown], how="diagonal").with_columns(
        pl.col(pl.Int64).exclude(c.UNIQUE_ID).fill_null(0), pl.col("irregular").fill_null(value=False), left_out
    )
    return whole.sort(c.keys_among(profile.columns))


def find_origin(profile: pl.DataFrame, settings: Settings) -> date | None:
    """Return the day all forecasts start from: ``as_of``, else the last day with a balance.

    None if each account has its own origin, or no account has a balance. Accounts that their own rows exclude are
    ignored: a wrong late date in one of them would shift the origin of all others.
    """
    if settings.origin is Origin.ACCOUNT:
        return None
    if settings.as_of is not None:
        return settings.as_of
    ruled_out = _first_matching_verdict(list_verdicts(profile.schema, settings, origin=None))
    last = profile.filter(ruled_out.is_null())["last"].max()
    return last if isinstance(last, date) else None


def judge_accounts(profile: pl.DataFrame, settings: Settings, *, origin: date | None) -> pl.DataFrame:
    """Return the profile with the ledger's columns and ``verdict``, the name of the verdict that applies or null."""
    verdicts = list_verdicts(profile.schema, settings, origin)
    return (
        profile.with_columns(_first_matching_verdict(verdicts).alias("verdict"))
        .with_columns(_status(verdicts), _reason(verdicts))
        .with_columns(_repairs(origin), _flags(origin), pl.lit(0.0).alias("seconds"))
    )


def select_ledger(judged: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the ledger of judged accounts: their keys and ``core.ledger_schemas.ACCOUNTS_SCHEMA``."""
    return judged.select(*key_columns(settings), *(pl.col(name).cast(dtype) for name, dtype in ACCOUNTS_SCHEMA.items()))


def _first_matching_verdict(verdicts: Sequence[Verdict]) -> pl.Expr:
    return pl.coalesce(pl.when(verdict.holds).then(pl.lit(verdict.name)) for verdict in verdicts)


def _status(verdicts: Sequence[Verdict]) -> pl.Expr:
    statuses = {verdict.name: verdict.status.value for verdict in verdicts}
    return pl.col("verdict").replace_strict(statuses, default=Status.OK.value, return_dtype=pl.String).alias("status")


def _reason(verdicts: Sequence[Verdict]) -> pl.Expr:
    return pl.coalesce(
        pl.when(pl.col("verdict") == verdict.name).then(pl.concat_str(pl.lit(f"{verdict.name}: "), verdict.reason))
        for verdict in verdicts
    ).alias("reason")


def _repairs(origin: date | None) -> pl.Expr:
    """Return the counts of dropped rows and, for accounts with status ok, of filled days."""
    kept = pl.col("status") == Status.OK.value
    span = (pl.col("last") - pl.col("begin")).dt.total_days() + 1
    nulls_filled = pl.when(kept).then(pl.col("nulls_inside")).otherwise(0)
    fills = {
        Repair.GAP_FILLED: span - pl.col("n_used") - pl.col("nulls_inside"),
        Repair.STALE_FILLED: _days_stale(origin),
    }
    drops = {
        Repair.DUPLICATES: pl.col("duplicates"),
        Repair.CONFLICTS: pl.col("conflicts"),
        Repair.SAME_DAY: pl.col("same_day"),
        Repair.NULLS_FILLED: nulls_filled,
        Repair.NULLS_DROPPED: pl.col("n_missing") - nulls_filled,
        Repair.INFINITE: pl.col("n_infinite"),
        Repair.BAD_ROWS: pl.col("n_undated") + pl.col("n_impossible"),
        Repair.AFTER_AS_OF: pl.col("n_after"),
    }
    counts = drops | {repair: pl.when(kept).then(days).otherwise(0) for repair, days in fills.items()}
    return pl.struct(counts[repair].cast(pl.Int64).alias(repair.value) for repair in Repair).alias("repairs")


def _flags(origin: date | None) -> pl.Expr:
    furthest = pl.max_horizontal("high", -pl.col("low"))
    holds = {
        Flag.STALE: _days_stale(origin) > 0,
        Flag.CONSTANT: (pl.col("n_obs") > 1) & (pl.col("low") == pl.col("high")),
        Flag.HISTORY_CUT: (pl.col("status") == Status.OK.value) & (pl.col("begin") > pl.col("first")),
        Flag.ROUNDED: furthest >= _EXACT_UP_TO,
        Flag.FILE_QUARANTINED: pl.col("quarantined"),
    }
    number = pl.sum_horizontal(expr.cast(pl.UInt32) * 2**place for place, expr in enumerate(holds.values()))
    return pl.lit(_sets_of(tuple(flag.value for flag in holds))).gather(number).alias("flags")


@lru_cache(maxsize=1)
def _sets_of(names: tuple[str, ...]) -> pl.Series:
    """Return all subsets of ``names``, at index i those whose bit is set in i."""
    sets = ([name for bit, name in enumerate(names) if number >> bit & 1] for number in range(2 ** len(names)))
    return pl.Series(list(sets), dtype=pl.List(pl.String))


def _days_stale(origin: date | None) -> pl.Expr:
    if origin is None:
        return pl.lit(0, dtype=pl.Int64)
    return (pl.lit(origin) - pl.col("last")).dt.total_days()
