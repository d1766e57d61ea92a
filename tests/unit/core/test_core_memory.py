"""Freed memory goes back to the system, except in processes that are set to keep it."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from forecast_cli.core.machine import release_memory
from forecast_cli.engine.environment import KEEPING, environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc alone keeps what is freed until it is asked")


def _held_kb() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def _free_much() -> None:
    """Free some 20 MB in pieces that glibc keeps, below one that is still held."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    pieces = [libc.malloc(10_000) for _ in range(2_000)]
    for piece in pieces:
        ctypes.memset(piece, 1, 10_000)
    libc.malloc(10_000)
    for piece in pieces:
        libc.free(piece)


def _released_kb() -> int:
    """Return how much memory a call gave back of what was freed before it."""
    _free_much()
    before = _held_kb()
    release_memory()
    return before - _held_kb()


def test_freed_memory_is_given_back():
    assert _released_kb() > 10_000


def test_process_that_starts_others_to_keep_memory_gives_its_own_back():
    with environment(KEEPING):
        assert _released_kb() > 10_000


def test_process_that_is_started_to_keep_memory_does():
    code = "from tests.unit.core.test_core_memory import _released_kb; print(_released_kb())"
    found = subprocess.run([sys.executable, "-c", code], env=os.environ | KEEPING, capture_output=True, check=True)
    assert int(found.stdout) < 5_000
