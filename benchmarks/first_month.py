"""Score auto on accounts in their first month: every second account of an input, with its last days only.

python -m benchmarks.first_month BALANCES
"""

import sys
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.backtested import backtested
from benchmarks.new_accounts import HORIZON, WHOLE, copies_of, named
from forecast_cli.config.settings import Settings

#: Days of history before the cutoff; those of an account with all its days are ``WHOLE``.
DAYS: Final = (3, 6, 8, 10, 14, 18, 22, 26, 30)
#: First numbers of days of the rows that are printed.
BANDS: Final = (3, 8, 15)
THRESHOLDS: Final = ("0", "p10")


def main(balances: str) -> None:
    """Print for each range of days, over one window of each account, errors, coverage and Brier scores of auto.

    The error is the mean pinball loss of the 10th, 50th and 90th percentile, times two, in units of the mean absolute
    move over 30 days of all that is known of the account. Brier scores are those of a low point within 30 days, of
    accounts that are not under the threshold at the cutoff.
    """
    whole = pl.scan_parquet(balances).select(pl.col("account_id").cast(pl.String), "date", "balance").collect()
    accounts = whole.sort("account_id", "date").partition_by("account_id", maintain_order=True)
    rows, moves = [named(one, WHOLE, place) for place, one in enumerate(accounts[::2])], {}
    for place, one in enumerate(accounts[1::2]):
        for copy in copies_of(one, place, DAYS):
            rows.append(copy)
            moves[copy["account_id"][0]] = mean_move(one)
    settings = Settings(model=("auto",), windows=1, min_train=min(DAYS), threshold=THRESHOLDS, level=(80.0,))
    with backtested(pl.concat(rows), settings) as output:
        errors, risks = errors_of(output, moves, _from_days()), risks_of(output, _from_days())
        print(errors.join(risks, on="from_days").sort("from_days"))


def mean_move(account: pl.DataFrame) -> float | None:
    """Return the mean absolute move of the balance over 30 days; None if it never moved or is too short."""
    daily = account.upsample("date", every="1d").select(pl.col("balance").forward_fill())["balance"]
    mean = (daily - daily.shift(HORIZON)).abs().mean()
    return float(str(mean)) if mean else None


def _from_days() -> pl.Expr:
    days = pl.col("account_id").str.head(4).cast(pl.Int64)
    return pl.max_horizontal(pl.when(days >= band).then(band) for band in BANDS).alias("from_days")


def errors_of(output: Path, moves: dict[str, float | None], group: pl.Expr) -> pl.DataFrame:
    """Return windows, mean error and coverage of a backtest for each value of ``group``, as ``main`` prints them."""
    unit = pl.DataFrame({"account_id": list(moves), "unit": list(moves.values())})
    y, low, high = (pl.col(name) for name in ("y", "lo_80", "hi_80"))
    loss = pl.sum_horizontal(
        pl.max_horizontal(share * (y - pl.col(name)), (share - 1) * (y - pl.col(name)))
        for share, name in ((0.1, "lo_80"), (0.5, "median"), (0.9, "hi_80"))
    )
    days = pl.read_parquet(output / "forecasts").join(unit, on="account_id").filter(pl.col("unit") > 0)
    held = ((y >= low) & (y <= high)).cast(pl.Float64)
    each = days.group_by("account_id").agg(error=(2 * loss / 3 / pl.col("unit")).mean(), coverage_80=held.mean())
    return each.group_by(group).agg(pl.len().alias("windows"), pl.col("error", "coverage_80").mean())


def risks_of(output: Path, group: pl.Expr, days: int = HORIZON) -> pl.DataFrame:
    """Return what was said of low points within ``days``, what came, and the Brier score, for each ``group``."""
    said, came = pl.col("probability"), pl.col("event").cast(pl.Float64)
    known = pl.read_parquet(output / "low_balance.parquet").filter(
        pl.col("days") == days, pl.col("event").is_not_null(), ~pl.col("already")
    )
    name = group.meta.output_name()
    told = known.group_by(group, "threshold").agg(said=said.mean(), came=came.mean(), brier=((said - came) ** 2).mean())
    return told.pivot("threshold", index=name, values=["said", "came", "brier"]).drop_nulls(name)


if __name__ == "__main__":
    pl.Config.set_tbl_cols(-1)
    pl.Config.set_tbl_width_chars(160)
    pl.Config.set_float_precision(4)
    main(*sys.argv[1:])
