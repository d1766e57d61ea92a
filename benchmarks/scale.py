"""Forecasts at scale, whole processes: against statsforecast, polars alone, other orders, other work, other workers.

python -m benchmarks.scale [ACCOUNTS]
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.inputs import DAYS, daily_files, sample
from benchmarks.process import Measured, measure, tool
from benchmarks.rows import Row, at_least, at_most, print_rows

ACCOUNTS: Final = 100_000
FEWER: Final = 20_000
BY_ACCOUNT: Final = 400
DEAR: Final = 200
LEVELS: Final = ("--level", "80", "--level", "95")
WINDOWS: Final = 3


def run(accounts: int = ACCOUNTS) -> list[Row]:
    """Return a row for each comparison; the input has ``accounts`` accounts, the dearer comparisons fewer."""
    with tempfile.TemporaryDirectory() as folder:
        return list(_rows(Path(folder), accounts, min(accounts, FEWER)))


def _rows(folder: Path, accounts: int, fewer: int) -> Iterator[Row]:
    ours = forecast(folder, sample(folder, accounts), "whole")
    yield from _against_others(folder, accounts, ours)
    yield from _other_work(folder, fewer)
    yield from _by_account(folder, fewer)


def _against_others(folder: Path, accounts: int, ours: Measured) -> Iterator[Row]:
    """Compare with statsforecast's cheapest seasonal model, polars alone, one worker, a rate and AutoETS."""
    source, what = sample(folder, accounts), f"forecast, {accounts:,} accounts x {DAYS} days"
    theirs = yardstick("seasonal_naive", source, folder / "naive.parquet")
    alone = yardstick("polars_alone", source, folder / "whole", folder)
    dear = yardstick("auto_ets", source, folder / "ets.parquet", DEAR, 7, 1)
    yield Row(
        f"{what}, times as fast",
        "statsforecast SeasonalNaive(30), n_jobs=2",
        ours.seconds,
        theirs.seconds,
        theirs.seconds / ours.seconds,
        at_least(3),
    )
    yield Row(
        f"{what}, times as long",
        "polars alone: read, sort, write",
        ours.seconds,
        alone.seconds,
        ours.seconds / alone.seconds,
        at_most(8),
    )
    yield _workers(what, ours, forecast(folder, source, "alone", "--jobs", "1"))
    yield Row(f"{what}, accounts a second", "-", ours.seconds, None, accounts / ours.seconds, at_least(10_000))
    each, dear_each = 1000 * ours.cpu_seconds / accounts, 1000 * dear.cpu_seconds / DEAR
    yield Row(
        f"{what}, CPU an account, 1/x",
        f"statsforecast AutoETS(7), {DEAR} accounts",
        each,
        dear_each,
        dear_each / each,
        at_least(500),
        "ms",
    )


def _other_work(folder: Path, accounts: int) -> Iterator[Row]:
    """Compare a forecast with a backtest, with an input of daily files and with one worker, of the same accounts."""
    source, what = sample(folder, accounts), f"{accounts:,} accounts"
    one = forecast(folder, source, "two-workers")
    backtest = tool("backtest", str(source), "--output", str(folder / "backtest"), "--windows", str(WINDOWS), *LEVELS)
    yield Row(
        f"backtest, {WINDOWS} windows, {what}, times as long",
        "forecast of the same",
        backtest.seconds,
        one.seconds,
        backtest.seconds / one.seconds,
        at_most(4),
    )
    daily = forecast(folder, daily_files(folder, accounts), "daily")
    yield Row(
        f"forecast, {what}, a file for each day, times as long",
        "the same rows sorted by account",
        daily.seconds,
        one.seconds,
        daily.seconds / one.seconds,
        at_most(3),
    )
    yield _workers(f"forecast, {what}", one, forecast(folder, source, "one-worker", "--jobs", "1"))


def _by_account(folder: Path, accounts: int) -> Iterator[Row]:
    """Compare AutoETS in the tool with a bare script and with one worker."""
    few = folder / "few"
    few.mkdir()
    _first_accounts(sample(folder, accounts), few / "part-00000.parquet", BY_ACCOUNT)
    model = ("--model", "AutoETS", "--season-length", "7")
    ours = forecast(folder, few, "ets", *model)
    bare = yardstick("auto_ets", few, folder / "bare.parquet", BY_ACCOUNT, 7, 2)
    yield Row(
        f"forecast --model AutoETS, {BY_ACCOUNT} accounts, times as long",
        "bare script, n_jobs=2",
        ours.seconds,
        bare.seconds,
        ours.seconds / bare.seconds,
        at_most(1.05),
    )
    alone = forecast(folder, few, "ets-one", *model, "--jobs", "1")
    yield _workers(f"forecast --model AutoETS, {BY_ACCOUNT} accounts", ours, alone)


def _workers(what: str, two: Measured, one: Measured) -> Row:
    return Row(
        f"{what}, 2 workers, times as fast",
        "1 worker",
        two.seconds,
        one.seconds,
        one.seconds / two.seconds,
        at_least(1.8),
    )


def forecast(folder: Path, source: Path, name: str, *arguments: str) -> Measured:
    """Forecast ``source`` into ``folder / name`` and return what that took."""
    return tool("forecast", str(source), "--output", str(folder / name), *LEVELS, *arguments)


def _first_accounts(source: Path, target: Path, accounts: int) -> None:
    rows = pl.scan_parquet(source / "*.parquet").filter(pl.col("account_id") < f"acc-{accounts:07}")
    rows.collect().write_parquet(target)


def yardstick(name: str, *arguments: object) -> Measured:
    """Run the bare script of that name and return what it took."""
    return measure([sys.executable, "-m", f"benchmarks.yardsticks.{name}", *map(str, arguments)])


if __name__ == "__main__":
    print_rows(run(*(int(argument) for argument in sys.argv[1:2])))
