"""The file of results, with a description of the machine that the benchmarks ran on: absolute figures depend on it."""

import json
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.process import RUNS
from benchmarks.rows import Row
from forecast_cli.core.machine import usable_cores

#: Command that keeps one core busy for a few seconds.
_SPIN: Final = (sys.executable, "-c", "for _ in range(100_000_000): pass")
PACKAGES: Final = ("forecast-cli", "numba", "numpy", "polars", "pyarrow", "statsforecast", "typer")


def write_results(path: Path, rows: Sequence[Row]) -> dict[str, Any]:
    """Write the machine, ``rows`` and every measured run to ``path`` as JSON, and return the machine."""
    here = machine()
    path.parent.mkdir(parents=True, exist_ok=True)
    results = {"machine": here, "results": [row.as_json() for row in rows], "runs": RUNS}
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return here


def machine() -> dict[str, Any]:
    """Return platform, Python, cores, memory in bytes, load average, ``two_at_once``, and versions of packages."""
    return {
        "platform": platform.platform(),
        "python": platform.python_version(),
        "cores": usable_cores(),
        "memory": psutil.virtual_memory().total,
        "load": psutil.getloadavg()[0],
        "two_at_once": two_at_once(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def two_at_once() -> float:
    """Return how much work two busy cores do in the time of one: at most 2, less if they share a clock or caches."""
    return 2 * _spin(1) / _spin(2)


def _spin(processes: int) -> float:
    started = time.perf_counter()
    spinning = [subprocess.Popen(_SPIN) for _ in range(processes)]
    for one in spinning:
        one.wait()
    return time.perf_counter() - started
