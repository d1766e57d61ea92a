"""Irregular accounts: the closer look at rows that are not simply one balance a day in order, in batches."""

from collections.abc import Callable, Iterator
from typing import Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.contract.marks import BALANCE, CODE, USABLE, is_observed, mark_rows
from forecast_cli.data.contract.profile import Collect
from forecast_cli.data.contract.repair import DailyBalances, deduplicate_days, sorted_by
from forecast_cli.data.scan.canonical import AT, key_columns

#: Rows of a batch: about 100 MB. The files that may hold accounts of a batch are read once for each batch.
BATCH_ROWS: Final = 2_000_000

#: Yields the rows of accounts from ``first_id`` to ``last_id`` (without them, of all) in pieces, possibly with rows of
#: other accounts.
Pieces = Callable[..., Iterator[pl.LazyFrame]]


def count_irregular(profile: pl.DataFrame, pieces: Pieces, settings: Settings, *, collect: Collect) -> pl.DataFrame:
    """Return the ``profile``, with codes, with the counts of its irregular accounts filled in."""
    counted = [
        deduplicate_days(_rows_of(batch, pieces, settings, collect), settings).counts
        for batch in _batches(profile.filter("irregular"))
    ]
    return merge_counts(profile, pl.concat(counted)) if counted else profile


def _rows_of(batch: pl.DataFrame, pieces: Pieces, settings: Settings, collect: Collect) -> pl.DataFrame:
    ids = batch[c.UNIQUE_ID]
    return pl.concat(
        collect(attach_codes(piece, batch, settings)) for piece in pieces(first_id=ids[0], last_id=ids[-1])
    )


def attach_codes(rows: pl.LazyFrame, profile: pl.DataFrame, settings: Settings) -> pl.LazyFrame:
    """Return the marked rows of the accounts in ``profile``, with their codes, in their original order."""
    keys = key_columns(settings)
    codes = profile.lazy().select(*keys, CODE)
    coded = mark_rows(rows, settings).join(codes, on=keys, how="inner", nulls_equal=True, maintain_order="left")
    return coded.select(CODE, c.DS, AT, USABLE, BALANCE)


def deduplicate_irregular(
    rows: pl.DataFrame, at: pl.Series, profile: pl.DataFrame, settings: Settings
) -> DailyBalances:
    """Settle the rows of the accounts in ``profile``, which has one row for each code from 0 on.

    ``rows``: code (null: of no account), ds, y; ``at``: their instants. The result's ``days`` cover all accounts,
    ``counts`` only the irregular ones. If none is irregular, ``counts`` is a frame without columns: the counts of the
    profile stand.
    """
    if not profile["irregular"].any():
        return DailyBalances(_regular_days(rows, settings), pl.DataFrame())
    is_irregular = profile["irregular"].gather(rows[CODE])
    closer = rows.with_columns(at.alias(AT)).filter(is_irregular)
    settled = deduplicate_days(mark_rows(closer.lazy(), settings).collect(), settings)
    days = pl.concat([_regular_days(rows.filter(~is_irregular), settings), settled.days])
    return DailyBalances(sorted_by(CODE, days), settled.counts)


def _regular_days(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the days of regular accounts, where each observed row is a separate day, ascending by code."""
    observed = rows.filter(pl.col(CODE).is_not_null(), is_observed(settings))
    return sorted_by(CODE, observed.select(CODE, c.DS, c.Y))


def merge_counts(profile: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """Return ``profile`` updated with the settled ``counts``."""
    return profile if counts.is_empty() else profile.update(counts, on=CODE, how="left", maintain_order="left")


def _batches(irregular: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Return the accounts in batches of consecutive accounts, of about ``BATCH_ROWS`` rows each."""
    batch = (pl.col("n_rows").cum_sum() - pl.col("n_rows")) // BATCH_ROWS
    return iter(irregular.with_columns(batch.alias("batch")).partition_by("batch", maintain_order=True))
