"""Score auto on accounts with little history: every second account of an input, without its older days.

python -m benchmarks.new_accounts BALANCES
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.backtested import backtested
from forecast_cli.config.settings import Settings
from forecast_cli.core.columns import MODEL

MODELS: Final = ("auto", "Naive")
METRICS: Final = ("scrps", "coverage_80")
#: Days of history before the cutoff; those of an account with all its days are ``WHOLE``.
DAYS: Final = (31, 35, 40, 50, 60, 80, 100, 140)
#: First numbers of days of the rows that are printed.
BANDS: Final = (31, 50, 100)
WHOLE: Final = 0
HORIZON: Final = 30
#: Copies of each account, with other cutoffs, and the days between these.
COPIES: Final = 3
APART: Final = 170


def main(balances: str) -> None:
    """Print, for each range of days and model, mean scores over one window of each account.

    Also print the mean probability of a low point under p10 within 30 days, how often it came, and the Brier score, for
    accounts that are not under it at the cutoff.
    """
    whole = pl.read_parquet(balances).with_columns(pl.col("account_id").cast(pl.String)).sort("account_id", "date")
    accounts = whole.partition_by("account_id", maintain_order=True)
    rows = [named(one, WHOLE, place) for place, one in enumerate(accounts[::2])]
    rows += [copy for place, one in enumerate(accounts[1::2]) for copy in copies_of(one, place)]
    settings = Settings(model=MODELS, windows=1, min_train=min(DAYS), threshold=("p10",))
    with backtested(pl.concat(rows), settings) as output:
        print(_table(output))


def copies_of(account: pl.DataFrame, place: int, few: Sequence[int] = DAYS) -> Iterator[pl.DataFrame]:
    """Yield the account up to other cutoffs, each with one of the numbers of days in ``few``."""
    daily = account.upsample("date", every="1d").select(pl.col(account.columns).forward_fill())
    for copy in range(COPIES):
        days = few[(place + COPIES * copy) % len(few)]
        behind = daily.height - copy * APART - place % 5
        if behind >= days + HORIZON:
            yield named(daily.slice(behind - days - HORIZON, days + HORIZON), days, place, copy)


def named(account: pl.DataFrame, days: int, *number: int) -> pl.DataFrame:
    """Return the account with an id made of the numbers."""
    return account.with_columns(account_id=pl.lit("-".join(f"{part:04}" for part in (days, *number))))


def _table(output: Path) -> pl.DataFrame:
    days = pl.col("account_id").str.head(4).cast(pl.Int64)
    days = pl.max_horizontal(pl.when(days >= band).then(band).otherwise(WHOLE) for band in BANDS).alias("from_days")
    scores = pl.read_parquet(output / "scores.parquet").filter(pl.col("metric").is_in(METRICS))
    means = scores.pivot("metric", index=["account_id", MODEL], values="value").group_by(MODEL, days)
    low = pl.read_parquet(output / "low_balance.parquet").filter(
        pl.col("days") == HORIZON, pl.col("event").is_not_null(), ~pl.col("already")
    )
    said, came = pl.col("probability"), pl.col("event").cast(pl.Float64)
    risk = low.group_by(MODEL, days).agg(said=said.mean(), came=came.mean(), brier=((said - came) ** 2).mean())
    table = means.agg(pl.len().alias("windows"), pl.col(*METRICS).mean()).join(
        risk, on=[MODEL, "from_days"], how="left"
    )
    return table.sort(MODEL, "from_days")


if __name__ == "__main__":
    pl.Config.set_tbl_rows(-1)
    pl.Config.set_float_precision(4)
    main(*sys.argv[1:])
