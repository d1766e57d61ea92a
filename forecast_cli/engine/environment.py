"""The environment that processes are started in."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Final

from forecast_cli.core.memory import KEEPS

#: Has polars give back at once what it frees: on its own its allocator keeps as much again.
FRUGAL: Final = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0"}
#: Has polars and glibc keep what is freed: a worker does each shard in the memory of the one before. To be given it
#: anew, page by page, each of them cleared, took a third of what a run spent in the kernel. Of more than 32 MB glibc up
#: to 2.34 takes no threshold, and would then have one of 128 KB.
KEEPING: Final = {
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 32),
    KEEPS: "1",
}


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Have processes that are started meanwhile find ``values`` among their variables."""
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
