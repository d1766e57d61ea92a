"""Run the benchmarks that take a few minutes, print them as a table and write them as JSON."""

from pathlib import Path
from typing import Final

from benchmarks import backtest, block_models, risk, scale, startup
from benchmarks.machine import write_results
from benchmarks.rows import print_rows

OUTPUT: Final = Path("out/bench.json")


def main() -> None:
    """Run all benchmarks, one after the other."""
    rows = [row for benchmark in (startup, block_models, risk, backtest, scale) for row in benchmark.run()]
    print_rows(rows)
    here = write_results(OUTPUT, rows)
    print(f"\nTwo processes that only count did {here['two_at_once']:.2f} times the work of one at a time")
    print(f"Written to {OUTPUT}")


if __name__ == "__main__":
    main()
