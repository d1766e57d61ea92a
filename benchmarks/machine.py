"""Description of the machine that the benchmarks ran on, which absolute figures depend on."""

import platform
import subprocess
import sys
import time
from importlib.metadata import version
from typing import Any, Final

import psutil

from forecast_cli.store.machine import usable_cores

#: Command that keeps one core busy for a few seconds.
_SPIN: Final = (sys.executable, "-c", "for _ in range(100_000_000): pass")
PACKAGES: Final = ("forecast-cli", "numba", "numpy", "polars", "pyarrow", "statsforecast", "typer")


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
