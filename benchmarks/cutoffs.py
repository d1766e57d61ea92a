"""Score auto with cutoffs that lie some days earlier than those of a default backtest.

python -m benchmarks.cutoffs BALANCES.parquet

A backtest counts its cutoffs back from the last row of each account, often a day on which the balance moved.
Here the last days of each account are dropped first.
"""

import sys
from typing import Final

import polars as pl

from benchmarks.backtested import backtested
from forecast_cli.config.settings import Settings

EARLIER: Final = (0, 1, 4, 8, 13, 19, 25)


def drop_days(rows: pl.DataFrame, days: int) -> pl.DataFrame:
    """Return a row for each day of each account up to ``days`` before its last row."""
    until = rows.group_by("account_id").agg(until=pl.col("date").max() - pl.duration(days=days))
    daily = rows.sort("date").upsample("date", every="1d", group_by="account_id", maintain_order=True)
    filled = daily.with_columns(pl.col("account_id").forward_fill(), pl.col("balance").forward_fill())
    return filled.join(until, on="account_id").filter(pl.col("date") <= pl.col("until")).drop("until")


def main(source: str) -> None:
    """Print a row for each number of days."""
    rows = pl.read_parquet(source).select("account_id", pl.col("date").cast(pl.Date), "balance")
    print(f"{'days earlier':>12} {'windows':>8} {'sCRPS':>7} {'naive':>7} {'in 80 %':>8} {'day 1':>6}")
    settings = Settings(model=("auto", "Naive"), threshold=("p10",))
    for days in EARLIER:
        with backtested(drop_days(rows, days), settings) as output:
            board, steps = (pl.read_parquet(output / f"{name}.parquet") for name in ("leaderboard", "steps"))
            auto, naive = (board.row(by_predicate=pl.col("model") == model, named=True) for model in ("auto", "Naive"))
            first = steps.filter(model="auto", metric="coverage_80", step=1)["value"].item()
            print(
                f"{days:>12} {auto['windows']:>8} {auto['scrps']:>7.4f} {naive['scrps']:>7.4f} "
                f"{auto['coverage_80']:>8.3f} {first:>6.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1])
