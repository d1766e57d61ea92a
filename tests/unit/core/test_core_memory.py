"""Memory that was freed goes back to the system, but in processes that are started to keep it."""

import ctypes
import sys
from pathlib import Path

import pytest

from forecast_cli.core.memory import KEEPS, release_memory

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


def test_freed_memory_is_given_back(monkeypatch):
    monkeypatch.delenv(KEEPS, raising=False)
    _free_much()
    before = _held_kb()
    release_memory()
    assert _held_kb() < before - 10_000


def test_processes_that_keep_it_do_so(monkeypatch):
    monkeypatch.setenv(KEEPS, "1")
    _free_much()
    before = _held_kb()
    release_memory()
    assert _held_kb() > before - 5_000
