"""Forecasts at scale, as whole processes: against statsforecast, polars alone, daily files, backtests, one worker.

python -m benchmarks.scale [ACCOUNTS]
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import polars as pl

from benchmarks.inputs import DAYS, daily_files, sample
from benchmarks.process import Measured, in_turn, measure, tool
from benchmarks.rows import Row, Target, at_least, at_most, compared, print_rows

ACCOUNTS: Final = 100_000
FEWER: Final = 20_000
BY_ACCOUNT: Final = 400
DEAR: Final = 200
LEVELS: Final = ("--level", "80", "--level", "95")
WINDOWS: Final = 3


def run(accounts: int = ACCOUNTS) -> list[Row]:
    """Return one row for each comparison; the input has ``accounts`` accounts, fewer for the expensive comparisons."""
    with tempfile.TemporaryDirectory() as folder:
        return list(_rows(Path(folder), accounts, min(accounts, FEWER)))


def _rows(folder: Path, accounts: int, fewer: int) -> Iterator[Row]:
    yield from _against_others(folder, accounts)
    yield from _other_work(folder, fewer)
    yield from _by_account(folder, fewer)


def _against_others(folder: Path, accounts: int) -> Iterator[Row]:
    """Compare with polars alone, one worker and AutoETS of statsforecast, in turn, and once with its SeasonalNaive."""
    source, what = sample(folder, accounts), f"forecast, {accounts:,} accounts x {DAYS} days"
    ours, one, polars, ets, additive = in_turn(
        lambda: forecast(folder, source, "whole"),
        lambda: forecast(folder, source, "alone", "--jobs", "1"),
        lambda: yardstick("polars_alone", source, folder / "whole", folder),
        lambda: yardstick("auto_ets", source, folder / "ets.parquet", DEAR, 7, 1),
        lambda: yardstick("auto_ets", source, folder / "ets.parquet", DEAR, 7, 1, "AZZ"),
    )
    naive = yardstick("seasonal_naive", source, folder / "naive.parquet")
    seconds = _seconds(ours)
    yield compared(
        f"{what}, times as fast", "statsforecast SeasonalNaive(30), n_jobs=2", seconds, naive.seconds, at_least(3)
    )
    yield _times_as_long(f"{what}, times as long", "polars alone: read, sort, write", ours, polars, at_most(8))
    yield workers(what, ours, one)
    yield accounts_a_second(what, accounts, seconds)
    yield _times_as_little(f"{what}, CPU an account, 1/x", "AutoETS(7)", (ours, accounts), (ets, DEAR))
    yield _times_as_little(f"{what}, CPU an account, 1/x", "AutoETS(7), additive", (ours, accounts), (additive, DEAR))


def _other_work(folder: Path, accounts: int) -> Iterator[Row]:
    """Compare a forecast with a backtest, with an input of daily files and with one worker, on the same accounts."""
    source, days, what = sample(folder, accounts), daily_files(folder, accounts), f"{accounts:,} accounts"
    ours, one, backtest, daily = in_turn(
        lambda: forecast(folder, source, "two-workers"),
        lambda: forecast(folder, source, "one-worker", "--jobs", "1"),
        lambda: _backtest(folder, source),
        lambda: forecast(folder, days, "daily"),
    )
    yield _times_as_long(
        f"backtest, {WINDOWS} windows, {what}, times as long", "forecast of the same", backtest, ours, at_most(4)
    )
    yield _times_as_long(
        f"forecast, {what}, a file for each day, times as long",
        "the same rows sorted by account",
        daily,
        ours,
        at_most(3),
    )
    yield workers(f"forecast, {what}", ours, one)


def _by_account(folder: Path, accounts: int) -> Iterator[Row]:
    """Compare AutoETS in the tool with a bare script and with one worker."""
    few, what = folder / "few", f"forecast --model AutoETS, {BY_ACCOUNT} accounts"
    few.mkdir()
    _first_accounts(sample(folder, accounts), few / "part-00000.parquet", BY_ACCOUNT)
    model = ("--model", "AutoETS", "--season-length", "7")
    ours, bare, one = in_turn(
        lambda: forecast(folder, few, "ets", *model),
        lambda: yardstick("auto_ets", few, folder / "bare.parquet", BY_ACCOUNT, 7, 2, "AZZ"),
        lambda: forecast(folder, few, "ets-one", *model, "--jobs", "1"),
    )
    yield _times_as_long(f"{what}, times as long", "bare script, n_jobs=2", ours, bare, at_most(1.05))
    yield workers(what, ours, one)


def _times_as_long(
    measure: str, against: str, ours: Sequence[Measured], theirs: Sequence[Measured], target: Target
) -> Row:
    """Return a row with how many times as long the tool took: the median of the turns."""
    ratio = median(a.seconds / b.seconds for a, b in zip(ours, theirs, strict=True))
    return Row(measure, against, _seconds(ours), _seconds(theirs), ratio, target)


def _times_as_little(
    measure: str, model: str, ours: tuple[Sequence[Measured], int], theirs: tuple[Sequence[Measured], int]
) -> Row:
    """Return a row with how many times less CPU an account took than with a model of statsforecast: the median.

    Each side is its runs and their number of accounts.
    """
    own, other = ([1000 * run.cpu_seconds / accounts for run in runs] for runs, accounts in (ours, theirs))
    ratio = median(b / a for a, b in zip(own, other, strict=True))
    against = f"statsforecast {model}, {theirs[1]} accounts"
    return Row(measure, against, median(own), median(other), ratio, at_least(500), "ms")


def workers(what: str, two: Sequence[Measured], one: Sequence[Measured]) -> Row:
    """Return a row with how many times as fast two workers were as one: the median of the turns."""
    ratio = median(b.seconds / a.seconds for a, b in zip(two, one, strict=True))
    measure = f"{what}, 2 workers, times as fast"
    return Row(measure, "1 worker", _seconds(two), _seconds(one), ratio, at_least(1.8))


def accounts_a_second(what: str, accounts: int, seconds: float) -> Row:
    """Return a row with the accounts per second."""
    return Row(f"{what}, accounts a second", "-", seconds, None, accounts / seconds, at_least(10_000))


def _seconds(runs: Sequence[Measured]) -> float:
    """Return the median of the wall seconds of ``runs``."""
    return median(run.seconds for run in runs)


def forecast(folder: Path, source: Path, name: str, *arguments: str) -> Measured:
    """Forecast ``source`` into ``folder / name`` and return the measurements."""
    return tool("forecast", str(source), "--output", str(folder / name), "--force", *LEVELS, *arguments)


def _backtest(folder: Path, source: Path) -> Measured:
    windows = ("--windows", str(WINDOWS), *LEVELS)
    return tool("backtest", str(source), "--output", str(folder / "backtest"), "--force", *windows)


def _first_accounts(source: Path, target: Path, accounts: int) -> None:
    rows = pl.scan_parquet(source / "*.parquet").filter(pl.col("account_id") < f"acc-{accounts:07}")
    rows.collect().write_parquet(target)


def yardstick(name: str, *arguments: object) -> Measured:
    """Run the yardstick script ``name`` and return the measurements."""
    return measure([sys.executable, "-m", f"benchmarks.yardsticks.{name}", *map(str, arguments)])


if __name__ == "__main__":
    print_rows(run(*(int(argument) for argument in sys.argv[1:2])))
