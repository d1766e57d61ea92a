"""What the benchmarks ran on: absolute figures mean nothing without it."""

import platform
import subprocess
import sys
import time
from importlib.metadata import version
from typing import Any, Final

import psutil

from forecast_cli.store.machine import usable_cores

#: A few seconds on one core, in a process of its own.
_SPIN: Final = (sys.executable, "-c", "for _ in range(100_000_000): pass")
PACKAGES: Final = ("forecast-cli", "numba", "numpy", "polars", "pyarrow", "statsforecast", "typer")


def machine() -> dict[str, Any]:
    """Return platform, Python, cores, memory in bytes, how busy it was just now, what two cores are worth, versions."""
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
    """Return how much two busy cores get done in the time of one: 2 at most, less where they share clock or caches."""
    return 2 * _spin(1) / _spin(2)


def _spin(processes: int) -> float:
    started = time.perf_counter()
    spinning = [subprocess.Popen(_SPIN) for _ in range(processes)]
    for one in spinning:
        one.wait()
    return time.perf_counter() - started
