"""Start-up: ``forecast-cli --help`` against a bare ``import typer``, whole processes in turn."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

RUNS = 21
TARGET = 1.5


def run() -> dict[str, Any]:
    """Return median seconds of both, and the median of the ratios pair by pair."""
    tool = [sys.executable, "-m", "forecast_cli", "--help"]
    yardstick = [sys.executable, "-c", "import typer"]
    pairs = [(_seconds(tool), _seconds(yardstick)) for _ in range(RUNS)]
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    return {
        "measure": "forecast-cli --help",
        "against": "python -c 'import typer'",
        "seconds": statistics.median(ours for ours, _ in pairs),
        "against_seconds": statistics.median(theirs for _, theirs in pairs),
        "ratio": ratio,
        "target": f"at most {TARGET}",
        "met": ratio <= TARGET,
    }


def _seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
