"""Environment variables with which processes are started."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Final

from forecast_cli.core.machine import KEEPS

#: Makes polars return freed memory at once; by default its allocator keeps as much again.
FRUGAL: Final = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0"}
#: Makes polars and glibc keep freed memory, so that a worker reuses the memory of the shard before. Getting cleared
#: pages from the kernel again took a third of a run's time in the kernel. glibc up to 2.34 ignores a threshold above
#: 32 MB, and would use 128 KB.
KEEPING: Final = {
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 32),
    KEEPS: "1",
}


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set ``values`` as environment variables, for processes started inside, and restore the old ones at the end."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
