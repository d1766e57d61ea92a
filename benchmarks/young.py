"""Score auto on an input all of whose accounts began a short time ago, as those of a bank that starts do.

python -m benchmarks.young BALANCES HORIZON LAST_DAY...
"""

import sys
from datetime import date, timedelta
from typing import Final

import polars as pl

from benchmarks.backtested import backtested
from benchmarks.first_month import THRESHOLDS, errors_of, mean_move, risks_of
from forecast_cli.config.settings import Settings

#: Days of history of all accounts before the cutoff.
DAYS: Final = (40, 60, 70, 80, 90, 120, 150, 200)


def main(balances: str, horizon: str, *last_days: str) -> None:
    """Print for each number of days of history errors, coverage and Brier scores of auto, as ``first_month`` does.

    Forecasts of ``horizon`` days end on each of ``last_days``; earlier days than those of the history are left out.
    """
    h = int(horizon)
    whole = pl.scan_parquet(balances).select(pl.col("account_id").cast(pl.String), "date", "balance").collect()
    accounts = whole.sort("account_id", "date").partition_by("account_id", maintain_order=True)
    moves = {one["account_id"][0]: mean_move(one) for one in accounts}
    daily = [one.upsample("date", every="1d").select(pl.all().forward_fill()) for one in accounts]
    ends = [date.fromisoformat(day) for day in last_days]
    scores = [_scores(daily, moves, days, h, end) for days in DAYS for end in ends]
    weighted = pl.exclude("days", "windows")
    means = (
        pl.concat(scores, how="diagonal")
        .group_by("days")
        .agg(pl.col("windows").sum(), weighted.dot("windows") / pl.sum("windows"))
    )
    print(means.sort("days"))


def _scores(daily: list[pl.DataFrame], moves: dict[str, float | None], days: int, h: int, end: date) -> pl.DataFrame:
    """Return the scores of one cutoff, of the accounts that were there for so many ``days`` before it."""
    first = end - timedelta(days=days + h - 1)
    there = [one for one in daily if one["date"][0] <= first and one["date"][-1] >= end]
    rows = pl.concat(there).filter(pl.col("date").is_between(first, end))
    settings = Settings(
        model=("auto",), horizon=h, windows=1, step=h, min_train=min(DAYS), threshold=THRESHOLDS, level=(80.0,)
    )
    group = pl.lit(days).alias("days")
    with backtested(rows, settings) as output:
        return errors_of(output, moves, group).join(risks_of(output, group, h), on="days")


if __name__ == "__main__":
    pl.Config.set_tbl_cols(-1)
    pl.Config.set_tbl_rows(-1)
    pl.Config.set_tbl_width_chars(160)
    pl.Config.set_float_precision(4)
    main(*sys.argv[1:])
