"""Profile: one row of counts for each account, and whether these counts are final.

An account is irregular if its rows are not one balance a day in order, or if a part of its history is left out; only
irregular accounts need the closer look of ``repair``. A whole input is counted piece by piece (``row_counts``), and the
counts are added up by account.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.contract.history import is_long, longest_step
from forecast_cli.data.contract.marks import is_unnamed
from forecast_cli.data.contract.numbers import NUMBER, find_runs, number_runs
from forecast_cli.data.contract.row_counts import count_rows
from forecast_cli.data.scan.canonical import AT, key_columns

#: Counts that only the closer look can make; zero for an account that is not irregular.
SETTLED_COUNTS: Final = ("duplicates", "conflicts", "conflict_days", "same_day", "nulls_inside")
Collect = Callable[[pl.LazyFrame], pl.DataFrame]
#: Fewest rows of counts that are collected before they are combined.
_KEPT_APART: Final = 250_000
#: Most pieces counted at a time: each takes about 100 MB.
_MOST_THREADS: Final = 4


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


def split_unnamed(profile: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return the profile of the named accounts, sorted by key, and the number of rows without an account id."""
    unnamed = is_unnamed(profile.schema[c.UNIQUE_ID])
    nameless = int(profile.filter(unnamed)["n_rows"].sum())
    return profile.filter(~unnamed).sort(c.keys_among(profile.columns)), nameless


def profile_pieces(
    pieces: Iterable[pl.LazyFrame], settings: Settings, *, collect: Collect, threads: int = 1
) -> pl.DataFrame:
    """Return the profile of rows that come in ``pieces``: one row for each key, in no order.

    Pieces may split an account's rows, and an account may occur in all of them. Up to ``threads`` pieces, at most
    ``_MOST_THREADS``, are counted at a time.
    """
    whole: list[pl.DataFrame] = []
    apart = 0

    def count(piece: pl.LazyFrame) -> pl.DataFrame:
        numbered = number_runs(*_split_into_runs(collect(piece.drop(AT)), settings))
        return count_rows(numbered, settings).drop(NUMBER)

    for counts in _count_in_parallel(count, pieces, threads):
        whole.append(counts)
        apart += counts.height
        if apart > max(whole[0].height, _KEPT_APART):
            whole, apart = [_join(whole, settings)], 0
    return profile_of(_join(whole, settings), settings)


def _is_irregular(settings: Settings) -> pl.Expr:
    out_of_order = (pl.col("runs") > 1) | (pl.col("steps_back") > 0)
    return out_of_order | (pl.col("n_missing") > 0) | (pl.col("leaps") > 0) | is_long(settings).fill_null(value=False)


def _count_in_parallel(
    count: Callable[[pl.LazyFrame], pl.DataFrame], pieces: Iterable[pl.LazyFrame], threads: int
) -> Iterator[pl.DataFrame]:
    """Count pieces in parallel and yield the results in order; at most one piece per thread is in progress."""
    begun: deque[Future[pl.DataFrame]] = deque()
    most = min(threads, _MOST_THREADS)
    with ThreadPoolExecutor(most) as pool:
        for piece in pieces:
            if len(begun) == most:
                yield begun.popleft().result()
            begun.append(pool.submit(count, piece))
        while begun:
            yield begun.popleft().result()


def _split_into_runs(rows: pl.DataFrame, settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return rows without their keys, and the runs of equal keys (see ``find_runs``).

    If ids are not ascending, rows are first sorted by account and day.
    """
    keys = key_columns(settings)
    runs = find_runs(rows, keys)
    if not runs[c.UNIQUE_ID].is_sorted():
        rows = rows.sort(*keys, c.DS)
        runs = find_runs(rows, keys)
    return rows.drop(keys), runs


def _join(parts: Sequence[pl.DataFrame], settings: Settings) -> pl.DataFrame:
    """Combine the counts of parts. Most accounts have only one row in all the parts; those rows are not touched."""
    if len(parts) == 1:
        return parts[0]
    together = pl.concat(parts)
    if not together[c.UNIQUE_ID].is_sorted():
        together = together.sort(c.UNIQUE_ID)
    ids = together[c.UNIQUE_ID]
    again = ids.eq_missing(ids.shift())
    shared = again | again.shift(-1, fill_value=False)
    return pl.concat([together.filter(~shared), _sum_counts(together.filter(shared), settings)])


def _sum_counts(counts: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add up the counts of each account; where the days of two parts overlap, that counts as a step back."""
    keys = key_columns(settings)
    ordered = counts.sort(*keys, "earliest", nulls_last=True)
    again = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift()) for key in keys)
    apart = pl.col("earliest") - pl.col("latest").shift()
    follows = (apart > timedelta(0)).fill_null(value=False)
    leaps = (apart > timedelta(days=longest_step(settings))).fill_null(value=False)
    return (
        ordered.lazy()
        .with_columns(
            pl.col("steps_back") + (again & ~follows).cast(pl.Int64),
            pl.col("leaps") + (again & leaps).cast(pl.Int64),
        )
        .group_by(keys)
        .agg(*(_combine_counts(name) for name in ordered.columns if name not in keys))
        .collect()
    )


def _combine_counts(name: str) -> pl.Expr:
    """Return the expression that combines a count over several pieces."""
    column = pl.col(name)
    if name in ("first", "earliest", "first_after", "low", "currency_low"):
        return column.min()
    if name in ("last", "latest", "high", "currency_high", "runs"):
        return column.max()
    return column.sum()
