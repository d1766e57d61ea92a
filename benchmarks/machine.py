"""What the benchmarks ran on: absolute figures mean nothing without it."""

import platform
from importlib.metadata import version
from typing import Any, Final

import psutil

from forecast_cli.store.machine import usable_cores

PACKAGES: Final = ("forecast-cli", "numba", "numpy", "polars", "pyarrow", "statsforecast", "typer")


def machine() -> dict[str, Any]:
    """Return platform, Python, cores, memory in bytes, how busy it was at that moment, and versions."""
    return {
        "platform": platform.platform(),
        "python": platform.python_version(),
        "cores": usable_cores(),
        "memory": psutil.virtual_memory().total,
        "load": psutil.getloadavg()[0],
        "versions": {name: version(name) for name in PACKAGES},
    }
