"""Check of ``risk.parquet`` against the invariants of the contract."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from forecast_cli.config.thresholds import threshold_columns
from forecast_cli.core import columns as c
from forecast_cli.core.ledger import WITH_FORECAST, Flag
from forecast_cli.core.risk_columns import (
    BALANCE,
    DAYS_BELOW,
    EXPECTED_LOW,
    FIRST_BELOW,
    LOW_Q05,
    LOW_Q50,
    PROB_BELOW,
    THRESHOLD,
    THRESHOLD_NAME,
    WINDOW,
)
from forecast_cli.core.text import counted
from forecast_cli.risk.lows import windows_within
from forecast_cli.store.check import Damage
from forecast_cli.store.layout import RISK
from forecast_cli.workflows.run_tables import in_range, keys_of, split_ids

#: Number of ids whose rows are checked at a time.
_ACCOUNTS: Final = 100_000
_NUMBERS = (THRESHOLD, PROB_BELOW, EXPECTED_LOW, LOW_Q05, LOW_Q50, DAYS_BELOW, BALANCE)


def risk_invariants(risk: pl.LazyFrame, accounts: pl.DataFrame, settings: Mapping[str, Any]) -> Iterator[Damage]:
    """Yield a damage for each invariant that the risk table of a forecast breaks; ``accounts`` is its ledger.

    Probabilities lie between 0 and 1 and rise with the window and the threshold; quantiles of the low point are in
    order; every account with a forecast has one row for each model, threshold and window, except for thresholds taken
    from columns that are empty for the account.
    """
    keys = keys_of(settings)
    for problem, count in _count_broken(risk, accounts, keys).items():
        if count:
            yield Damage(RISK, f"{counted(count, 'row')} {problem}")
    yield from _missing(risk, accounts, settings, keys)


def _count_broken(risk: pl.LazyFrame, accounts: pl.DataFrame, keys: Sequence[str]) -> dict[str, int]:
    """Return how many rows have each problem, ``_ACCOUNTS`` ids at a time."""
    counts = [rows.sum().alias(problem) for problem, rows in _broken_rows(keys).items()]
    ranges = split_ids(accounts[keys[0]], accounts=_ACCOUNTS)
    found = [risk.filter(in_range(keys[0], ids)).select(counts).collect() for ids in ranges]
    return pl.concat(found).sum().row(0, named=True)


def _broken_rows(keys: Sequence[str]) -> dict[str, pl.Expr]:
    """Return for each problem which rows have it, by themselves or beside other rows of their account."""
    early, middle, late = map(pl.col, FIRST_BELOW)
    numbers, falls = pl.col(_NUMBERS), pl.col(PROB_BELOW).diff() < 0
    by_window = falls.over(*keys, c.MODEL, THRESHOLD_NAME, order_by=WINDOW)
    by_threshold = falls.over(*keys, c.MODEL, WINDOW, order_by=THRESHOLD)
    unordered = (early > middle) | (middle > late)
    skipped = (early.is_null() & middle.is_not_null()) | (middle.is_null() & late.is_not_null())
    return {
        "with a null, a NaN or an infinite number": pl.any_horizontal(numbers.is_null() | ~numbers.is_finite()),
        f"with a {PROB_BELOW} outside 0 to 1": ~pl.col(PROB_BELOW).is_between(0, 1),
        f"with {LOW_Q05} above {LOW_Q50}": pl.col(LOW_Q05) > pl.col(LOW_Q50),
        f"with {DAYS_BELOW} outside 0 to the {WINDOW}": ~pl.col(DAYS_BELOW).is_between(0, pl.col(WINDOW)),
        "with dates of first crossing out of order": unordered | skipped,
        f"with a {PROB_BELOW} that falls as the {WINDOW} grows": by_window,
        f"with a {PROB_BELOW} that falls as the {THRESHOLD} rises": by_threshold,
        f"with another {BALANCE} than the first row of their account": (
            pl.col(BALANCE) != pl.col(BALANCE).first().over(*keys)
        ),
    }


def _missing(
    risk: pl.LazyFrame, accounts: pl.DataFrame, settings: Mapping[str, Any], keys: Sequence[str]
) -> Iterator[Damage]:
    """Yield a damage where accounts have too many or too few rows."""
    models, windows = len(settings["model"]), len(windows_within(settings["horizon"]))
    thresholds = len(settings["threshold"])
    least = thresholds - len(threshold_columns(settings["threshold"]))
    whole, sure = (count * models * windows for count in (thresholds, least))
    forecast = accounts.filter(pl.col("status").is_in(WITH_FORECAST)).select(*keys, "flags")
    rows = risk.group_by(keys).agg(n_obs=pl.len()).collect()
    strangers = rows.join(forecast, on=keys, how="anti", nulls_equal=True).height
    if strangers:
        yield Damage(RISK, f"rows for {counted(strangers, 'account')} without a forecast")
    without = pl.col("flags").list.contains(Flag.NO_THRESHOLD.value)
    found = forecast.join(rows, on=keys, how="left", nulls_equal=True).with_columns(pl.col("n_obs").fill_null(0))
    short = found.filter(
        pl.when(without).then(~pl.col("n_obs").is_between(sure, whole)).otherwise(pl.col("n_obs") != whole)
    ).height
    if short:
        yield Damage(
            RISK, f"{counted(short, 'account')} with a forecast, but without the {whole} rows that were requested"
        )
