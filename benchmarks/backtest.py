"""Compare the time of a backtest over three windows with that of plain forecasts of the same days."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.process import tool
from benchmarks.rows import Row, at_most, print_rows

ACCOUNTS = 881
WINDOWS = 3
HORIZON = 30
RUNS = 5
MODELS = ("--model", "Naive", "--model", "SeasonalNaive", "--model", "RandomWalkWithDrift", "--model", "WindowAverage")


def run() -> list[Row]:
    """Return the median seconds of each side over runs in turn, as whole processes, and the median of their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        tool("sample", "--accounts", str(ACCOUNTS), "--days", "730", "--output", f"{folder}/in", "--quiet")
        turns = [_turn(Path(folder), turn) for turn in range(RUNS)]
    backtests, several, long = zip(*turns, strict=True)
    return [
        _result(f"{WINDOWS} forecasts of the same", backtests, several),
        _result(f"one forecast of horizon {WINDOWS * HORIZON}", backtests, long),
    ]


def _result(against: str, backtests: Sequence[float], others: Sequence[float]) -> Row:
    ratio = median(mine / other for mine, other in zip(backtests, others, strict=True))
    return Row(
        f"backtest, {ACCOUNTS} accounts, {WINDOWS} windows, 4 block models, times as long",
        against,
        median(backtests),
        median(others),
        ratio,
        at_most(3),
    )


def _turn(folder: Path, turn: int) -> tuple[float, float, float]:
    """Return the seconds of a backtest, of one forecast for each of its windows, and of one forecast as long as all."""
    source = str(folder / "in")
    backtest = tool("backtest", source, "--output", str(folder / f"backtest-{turn}"), *MODELS, "--quiet").seconds
    several = sum(
        tool("forecast", source, "--output", str(folder / f"forecast-{turn}-{window}"), *MODELS, "--quiet").seconds
        for window in range(WINDOWS)
    )
    horizon = ("--horizon", str(WINDOWS * HORIZON))
    long = tool("forecast", source, "--output", str(folder / f"long-{turn}"), *MODELS, *horizon, "--quiet").seconds
    return backtest, several, long


if __name__ == "__main__":
    print_rows(run())
