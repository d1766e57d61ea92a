"""Run the benchmarks, print them as a table and write them as JSON."""

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import backtest, block_models, risk, startup
from forecast_cli.engine.local import usable_cores

OUTPUT = Path("out/bench.json")
PACKAGES = ("forecast-cli", "numpy", "polars", "statsforecast", "typer")


def main() -> None:
    """Run every benchmark, one after the other."""
    results: list[dict[str, Any]] = []
    for benchmark in (startup, block_models, risk, backtest):
        found = benchmark.run()
        results += found.get("results", [found])
    _print(results)
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps({"machine": _machine(), "results": results}, indent=2) + "\n", encoding="utf-8")
    print(f"\nWritten to {OUTPUT}")


def _print(results: list[dict[str, Any]]) -> None:
    print(f"{'measure':<56} {'against':<40} {'ours s':>9} {'theirs s':>9} {'ratio':>8}  target")
    for row in results:
        ours, theirs = f"{row['seconds']:.4f}", f"{row['against_seconds']:.4f}"
        verdict = "met" if row["met"] else "MISSED"
        print(
            f"{row['measure']:<56} {row['against']:<40} {ours:>9} {theirs:>9} {row['ratio']:>8.2f}  "
            f"{row['target']}: {verdict}"
        )


def _machine() -> dict[str, Any]:
    return {
        "platform": platform.platform(),
        "python": platform.python_version(),
        "cores": usable_cores(),
        "versions": {name: version(name) for name in PACKAGES},
    }


if __name__ == "__main__":
    main()
