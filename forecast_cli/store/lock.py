"""Lock of an output folder, for one run at a time. It is a system lock (flock), released when its process ends."""

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from forecast_cli.core.errors import OutputBusyError
from forecast_cli.store.atomic import raise_write_errors, write_whole
from forecast_cli.store.layout import HOLDER, LOCK


@contextlib.contextmanager
def output_lock(output: Path) -> Iterator[None]:
    """Lock ``output`` while the block runs; raise OutputBusyError at once if another process has locked it.

    Raises OutputNotWrittenError if the lock file cannot be written.
    """
    lock = FileLock(output / LOCK, blocking=False)
    with raise_write_errors(output / LOCK):
        try:
            lock.acquire()
        except Timeout:  # a subclass of OSError, but not a failure to write
            raise OutputBusyError(
                f"{output}: another run holds this output{_holder(output)}",
                "wait for it to finish, or name another --output",
            ) from None
    try:
        write_whole(output / HOLDER, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
        yield
    finally:
        with contextlib.suppress(OSError):
            (output / HOLDER).unlink(missing_ok=True)
        lock.release()


def refuse_if_held(output: Path) -> None:
    """Raise OutputBusyError if another process has locked ``output``; nothing is left behind otherwise."""
    with raise_write_errors(output / LOCK):
        known = (output / LOCK).exists()
    if known:
        with output_lock(output):
            pass


def lock_holder(output: Path) -> str | None:
    """Return a description of the run that has locked ``output``, None if there is none. Raises OSError."""
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
