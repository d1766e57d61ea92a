"""A million accounts: time and memory against a tenth of them, one worker, daily files, a score, writing the sample.

python -m benchmarks.large [FOLDER [ACCOUNTS]]
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.inputs import DAYS, daily_files, make_sample, sample
from benchmarks.machine import write_results
from benchmarks.memory_picture import draw
from benchmarks.process import Measured, tool
from benchmarks.rows import Row, at_most, compared, print_rows
from benchmarks.scale import accounts_a_second, forecast, workers

ACCOUNTS: Final = 1_000_000
SHARE: Final = 10
MOST_MIB: Final = 2048
#: Origin of the forecasts that are scored, 30 days before the last day of the sample.
A_MONTH_AGO: Final = "2026-05-31"
PICTURE: Final = Path("out/memory.svg")
OUTPUT: Final = Path("out/bench-large.json")


def main(folder: str | None = None, accounts: str = str(ACCOUNTS)) -> None:
    """Print the table, write it as JSON, and draw the memory over time. ``folder`` is where inputs are kept."""
    with tempfile.TemporaryDirectory() as own:
        rows, memory = run(Path(folder or own), int(accounts))
    print_rows(rows)
    write_results(OUTPUT, rows)
    draw(memory, PICTURE)
    print(f"\nWritten to {OUTPUT} and {PICTURE}")


def run(folder: Path, accounts: int) -> tuple[list[Row], dict[str, Measured]]:
    """Return the rows of the table, and the measurements of each forecast by name."""
    tenth = accounts // SHARE
    made = make_sample(folder, accounts)
    small, large = (forecast(folder, sample(folder, count), f"of-{count}") for count in (tenth, accounts))
    one = forecast(folder, sample(folder, accounts), "of-one-worker", "--jobs", "1")
    daily = forecast(folder, daily_files(folder, tenth), "of-daily")
    past = forecast(folder, sample(folder, accounts), "of-a-month-ago", "--as-of", A_MONTH_AGO)
    scored = score(folder, sample(folder, accounts), "of-a-month-ago")
    what, fewer = f"forecast, {accounts:,} accounts x {DAYS} days", f"{tenth:,} accounts"
    by_day, by_account = f"forecast, {fewer}, a file for each day", "the same rows sorted by account"
    rows = [
        *([] if made is None else _making(accounts, made)),
        compared(f"{what}, times as long", fewer, large.seconds, small.seconds, at_most(1.1 * SHARE)),
        compared(f"{what}, times the peak memory", fewer, large.peak, small.peak, at_most(1.2), "MiB"),
        accounts_a_second(what, accounts, large.seconds),
        workers(what, [large], [one]),
        Row(f"{what}, peak memory, MiB", "-", large.peak, None, large.peak, at_most(MOST_MIB), "MiB"),
        compared(f"{by_day}, times as long", by_account, daily.seconds, small.seconds, at_most(3)),
        compared(
            f"score of {accounts:,} accounts, times as long", "their forecast", scored.seconds, past.seconds, at_most(1)
        ),
        Row(
            f"score of {accounts:,} accounts, peak memory, MiB",
            "-",
            scored.peak,
            None,
            scored.peak,
            at_most(MOST_MIB),
            "MiB",
        ),
        Row(f"{by_day}, peak memory, MiB", by_account, daily.peak, small.peak, daily.peak, at_most(MOST_MIB), "MiB"),
    ]
    return rows, {fewer: small, f"{accounts:,} accounts": large, f"{tenth:,}, daily files": daily}


def score(folder: Path, source: Path, name: str) -> Measured:
    """Score the forecasts in ``folder / name`` by the balances of ``source`` and return the measurements."""
    return tool("score", str(source), "--forecast", str(folder / name), "--output", str(folder / "score"), "--force")


def _making(accounts: int, made: Measured) -> list[Row]:
    what = f"sample --accounts {accounts} --days {DAYS}"
    return [
        Row(f"{what}, seconds", "-", made.seconds, None, made.seconds, at_most(600)),
        Row(f"{what}, peak memory, MiB", "-", made.peak, None, made.peak, at_most(MOST_MIB), "MiB"),
    ]


if __name__ == "__main__":
    main(*sys.argv[1:3])
