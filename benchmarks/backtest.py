"""Backtest: three windows replayed, scored and reported, against three plain forecasts of the same."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ACCOUNTS = 881
WINDOWS = 3
RUNS = 3
TARGET = 3.0
MODELS = ("--model", "Naive", "--model", "SeasonalNaive", "--model", "RandomWalkWithDrift", "--model", "WindowAverage")


def run() -> dict[str, Any]:
    """Return the median seconds of both sides over pairs of runs, whole processes, and the median of their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        _tool("sample", "--accounts", str(ACCOUNTS), "--days", "730", "--output", f"{folder}/in", "--quiet")
        pairs = [_pair(Path(folder), turn) for turn in range(RUNS)]
    ours, theirs = (sorted(side)[RUNS // 2] for side in zip(*pairs, strict=True))
    ratio = sorted(mine / other for mine, other in pairs)[RUNS // 2]
    return {
        "measure": f"backtest, {ACCOUNTS} accounts, {WINDOWS} windows, 4 block models",
        "against": f"{WINDOWS} forecasts of the same",
        "seconds": ours,
        "against_seconds": theirs,
        "ratio": ratio,
        "target": f"at most {TARGET}",
        "met": ratio <= TARGET,
    }


def _pair(folder: Path, turn: int) -> tuple[float, float]:
    source = str(folder / "in")
    backtest = _tool("backtest", source, "--output", str(folder / f"backtest-{turn}"), *MODELS, "--quiet")
    forecasts = [
        _tool("forecast", source, "--output", str(folder / f"forecast-{turn}-{window}"), *MODELS, "--quiet")
        for window in range(WINDOWS)
    ]
    return backtest, sum(forecasts)


def _tool(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "forecast_cli", *arguments], check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
