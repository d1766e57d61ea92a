"""Start-up time: ``forecast-cli --help`` against a bare ``import typer``, as whole processes in turn."""

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.rows import Row, at_most, print_rows

RUNS = 21


def run() -> list[Row]:
    """Return the median seconds of both, and the median of the ratios of pairs."""
    tool = [sys.executable, "-m", "forecast_cli", "--help"]
    yardstick = [sys.executable, "-c", "import typer"]
    pairs = [(_seconds(tool), _seconds(yardstick)) for _ in range(RUNS)]
    return [
        Row(
            "forecast-cli --help, times as long",
            "python -c 'import typer'",
            statistics.median(ours for ours, _ in pairs),
            statistics.median(theirs for _, theirs in pairs),
            statistics.median(ours / theirs for ours, theirs in pairs),
            at_most(1.5),
        )
    ]


def _seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    print_rows(run())
