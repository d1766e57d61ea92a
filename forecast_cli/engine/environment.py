"""The environment that processes are started in."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Final

#: Has polars give back at once what it frees: on its own its allocator keeps as much again.
FRUGAL: Final = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0"}
#: Has polars keep what it frees: a worker reads each shard into the memory of the one before.
KEEPING: Final = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1"}


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
