"""Ratios that CI checks: small inputs, CPU seconds and memory of whole processes, with a margin for each target.

python -m benchmarks.ratios
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks import startup
from benchmarks.inputs import daily_files, sample
from benchmarks.rows import Row, at_most, compared, print_rows
from benchmarks.scale import forecast, yardstick

ACCOUNTS: Final = 2_000
#: Share of its target by which a ratio may miss it; on a busy machine, two equal runs differ by as much.
MARGIN: Final = 0.5


def run() -> list[Row]:
    """Return one row for each ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = sample(folder, ACCOUNTS)
        ours = forecast(folder, source, "whole")
        daily = forecast(folder, daily_files(folder, ACCOUNTS), "daily")
        small = forecast(folder, source, "small", "--shard-size", str(ACCOUNTS // 8))
        naive = yardstick("seasonal_naive", source, folder / "naive.parquet")
    what = f"forecast, {ACCOUNTS:,} accounts"
    return [
        *startup.run(),
        compared(
            f"{what}, times the CPU",
            "statsforecast SeasonalNaive(30)",
            ours.cpu_seconds,
            naive.cpu_seconds,
            at_most(2),
        ),
        compared(
            f"{what}, a file for each day, times the CPU",
            "the same rows sorted by account",
            daily.cpu_seconds,
            ours.cpu_seconds,
            at_most(3),
        ),
        compared(
            f"{what}, shards of {ACCOUNTS // 8}, times the memory",
            "shards as they come",
            small.peak,
            ours.peak,
            at_most(1),
            "MiB",
        ),
    ]


def main() -> None:
    """Print the ratios; exit with 1 if one misses its target by more than the margin."""
    rows = run()
    print_rows(rows)
    off = [row.measure for row in rows if not row.target.loosened(MARGIN).met_by(row.figure)]
    if off:
        sys.exit(f"off target by more than {MARGIN:.0%}: {'; '.join(off)}")
    print(f"\nNone is off its target by more than {MARGIN:.0%}")


if __name__ == "__main__":
    main()
