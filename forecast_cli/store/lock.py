"""One run per output folder. The lock is the system's (flock), so it goes with the process that held it."""

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from forecast_cli.core.errors import OutputBusyError
from forecast_cli.store.atomic import write_whole, writing
from forecast_cli.store.layout import HOLDER, LOCK


@contextlib.contextmanager
def output_lock(output: Path) -> Iterator[None]:
    """Hold ``output`` while the block runs; raises OutputBusyError at once where another process does."""
    lock = FileLock(output / LOCK, blocking=False)
    with writing(output / LOCK):
        try:
            lock.acquire()
        except Timeout:  # an OSError by its class, and not one of writing
            raise OutputBusyError(
                f"{output}: another run holds this output{_holder(output)}",
                "wait for it, or name another folder",
            ) from None
    try:
        write_whole(output / HOLDER, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
        yield
    finally:
        with contextlib.suppress(OSError):
            (output / HOLDER).unlink(missing_ok=True)
        lock.release()


def refuse_if_held(output: Path) -> None:
    """Raise OutputBusyError where another process holds ``output``; leaves no trace where nobody does."""
    with writing(output / LOCK):
        known = (output / LOCK).exists()
    if known:
        with output_lock(output):
            pass


def lock_holder(output: Path) -> str | None:
    """Return a description of who holds ``output``, None where nobody does. Writes nothing; raises OSError."""
    if not (output / LOCK).exists():
        return None
    lock = FileLock(output / LOCK, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        return f"another run{_holder(output)}"
    lock.release()
    return None


def _holder(output: Path) -> str:
    try:
        holder = json.loads((output / HOLDER).read_text())
        return f" (process {holder['pid']} on {holder['host']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
