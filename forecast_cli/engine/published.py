"""Forecasts that a finished run published: their rows of one shard, under the names used inside the package."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core import risk_columns as r
from forecast_cli.core.ledger_schemas import FAILURES_SCHEMA
from forecast_cli.data.scan.canonical import key_columns
from forecast_cli.engine.shards import Job, Shard
from forecast_cli.evaluation import low_balance as low
from forecast_cli.evaluation.rows import CUTOFF, SCORED_LEVELS
from forecast_cli.models.base import quantile_probabilities
from forecast_cli.store.tables import scan_table


@dataclass(frozen=True)
class PublishedRun:
    """Files of the tables of a finished forecast."""

    forecasts: tuple[Path, ...]
    risk: Path
    accounts: Path
    failures: Path


@dataclass(frozen=True)
class Published:
    """What a run published of the accounts of a shard.

    - ``forecasts``: forecast rows (``evaluation.rows``) without actual balances, with the columns of ``SCORED_LEVELS``.
    - ``lows``: those columns of ``low_balance.low_balance_rows`` that depend on the model, and the amount.
    - ``accounts``: key columns, cutoff (null without a forecast), status and reason of each account.
    - ``failures``: key columns, cutoff and the columns of ``failures.parquet``, of accounts with a forecast.
    """

    forecasts: pl.DataFrame
    lows: pl.DataFrame
    accounts: pl.DataFrame
    failures: pl.DataFrame


def read_published(run: PublishedRun, job: Job, shard: Shard) -> Published:
    """Return what a run published of the accounts between the first and the last id of a shard."""
    keys, levels = key_columns(job.settings), job.settings.level
    scored = tuple(sorted({*levels, *SCORED_LEVELS}))
    rows = _rows_of(run.forecasts, job, shard).with_columns(
        (pl.col(c.DS) - pl.duration(days=pl.col(c.STEP))).alias(CUTOFF)
    )
    names = [*keys, CUTOFF, c.DS, c.STEP, c.MODEL, c.MEAN, *c.quantile_columns(scored)]
    forecasts = with_levels(rows, levels, scored).select(names)
    cutoffs = forecasts.select(*keys, CUTOFF).unique()
    accounts, failures = (_rows_of([path], job, shard) for path in (run.accounts, run.failures))
    return Published(
        forecasts=forecasts,
        lows=_lows(_rows_of([run.risk], job, shard).join(cutoffs, on=keys), keys),
        accounts=accounts.join(cutoffs, on=keys, how="left").select(*keys, CUTOFF, "status", "reason"),
        failures=failures.join(cutoffs, on=keys).select(*keys, CUTOFF, *FAILURES_SCHEMA),
    )


def with_levels(rows: pl.DataFrame, levels: Sequence[float], wanted: Sequence[float]) -> pl.DataFrame:
    """Add the quantiles of the ``wanted`` levels to ``rows`` with those of ``levels``, both ascending.

    A quantile between two others lies on the straight line through them; none lies outside of the widest interval.
    """
    known = dict(zip(_probabilities(levels), c.quantile_columns(tuple(levels)), strict=True))
    asked = dict(zip(_probabilities(wanted), c.quantile_columns(tuple(wanted)), strict=True))
    return rows.with_columns(
        _between(known, probability).alias(name) for probability, name in asked.items() if probability not in known
    )


def _between(known: dict[float, str], probability: float) -> pl.Expr:
    """Return the quantile of ``probability`` from those next to it; never beyond them, and exact where they agree."""
    above = bisect_left(list(known), probability)
    (one, low_column), (other, high_column) = list(known.items())[above - 1 : above + 1]
    share = (probability - one) / (other - one)
    bottom, top = pl.col(low_column), pl.col(high_column)
    return pl.min_horizontal(bottom + share * (top - bottom), top)


def _probabilities(levels: Sequence[float]) -> list[float]:
    probabilities: list[float] = quantile_probabilities(tuple(levels)).tolist()
    return probabilities


def _rows_of(paths: Sequence[Path], job: Job, shard: Shard) -> pl.DataFrame:
    """Return the shard's rows of a table, with the names and the type of ids used inside the package."""
    settings, table = job.settings, scan_table(list(paths))
    inside = {**dict(zip(settings.key_columns, key_columns(settings), strict=True)), settings.date_col: c.DS}
    schema = table.collect_schema()
    named = table.rename({edge: name for edge, name in inside.items() if edge in schema})
    if schema[settings.id_col] != job.source.key_dtype:
        named = named.with_columns(pl.col(c.UNIQUE_ID).cast(job.source.key_dtype))
    first, last = (pl.lit(one, dtype=job.source.key_dtype) for one in (shard.first_id, shard.last_id))
    return named.filter(pl.col(c.UNIQUE_ID).is_between(first, last)).collect()


def _lows(risk: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Return rows of ``risk.parquet``, joined with their cutoffs, under the names of ``low_balance``."""
    dates = zip(r.FIRST_BELOW, low.DAY_QUANTILES, strict=True)
    days = [(pl.col(date) - pl.col(CUTOFF)).dt.total_days().cast(pl.Int32).alias(name) for date, name in dates]
    return risk.select(
        *keys,
        CUTOFF,
        c.MODEL,
        pl.col(r.THRESHOLD_NAME).alias(low.THRESHOLD),
        pl.col(r.WINDOW).alias(low.DAYS),
        pl.col(r.THRESHOLD).alias(low.AMOUNT),
        pl.col(r.PROB_BELOW).alias(low.PROBABILITY),
        (pl.col(r.BALANCE) < pl.col(r.THRESHOLD)).alias(low.ALREADY),
        *days,
        # a run keeps the date by which a share of paths had crossed, not the share that had crossed by then
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in low.REACHED),
    )
