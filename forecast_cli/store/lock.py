"""Lock of an output folder, for one run at a time. It is a system lock (flock), released when its process ends."""

import contextlib
import errno
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from forecast_cli.core.errors import OutputBusyError, OutputNotWrittenError
from forecast_cli.store.atomic import AT_REST, raise_write_errors, write_whole
from forecast_cli.store.layout import HOLDER, LOCK

#: Errors for a file that is no longer there; ESTALE: another machine has removed it from a network file system.
_GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})


@dataclass(frozen=True)
class HeldLock:
    """Lock of ``output`` that this process holds, open at ``descriptor``; ``number`` is its inode when it was locked.

    No other file has the number as long as the lock is held, but some network file systems give a file another one.
    """

    output: Path
    descriptor: int
    number: int

    @property
    def in_place(self) -> bool:
        """Return whether the output is the one that was locked; another run may have locked what is there now.

        Raises OSError if the file system does not answer.
        """
        try:
            return os.path.samestat(os.fstat(self.descriptor), (self.output / LOCK).stat())
        except OSError as error:
            if error.errno in _GONE:
                return False
            raise

    def validate(self) -> None:
        """Raise OutputNotWrittenError if the output was removed or replaced since it was locked."""
        with raise_write_errors(self.output / LOCK):
            in_place = self.in_place
        if not in_place:
            raise OutputNotWrittenError(f"{self.output}: was removed or replaced while this run was at work", AT_REST)


@contextlib.contextmanager
def output_lock(output: Path) -> Iterator[HeldLock]:
    """Lock ``output`` while the block runs; raise OutputBusyError at once if another process has locked it.

    Raises OutputNotWrittenError if the lock file cannot be written.
    """
    lock = FileLock(output / LOCK, blocking=False)
    with raise_write_errors(output / LOCK):
        try:
            lock.acquire()
        except Timeout:  # a subclass of OSError, but not a failure to write
            raise _busy(output) from None
    try:
        with _opened(output) as held:
            write_whole(output / HOLDER, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
            yield held
    finally:
        lock.release()


@contextlib.contextmanager
def _opened(output: Path) -> Iterator[HeldLock]:
    """Yield the lock of ``output``, which was just acquired; remove the name of its holder at the end."""
    with raise_write_errors(output / LOCK):
        descriptor = os.open(output / LOCK, os.O_RDONLY)
    held = HeldLock(output, descriptor, os.fstat(descriptor).st_ino)
    try:
        yield held
    finally:
        with contextlib.suppress(OSError):
            if held.in_place:
                (output / HOLDER).unlink(missing_ok=True)
        os.close(descriptor)


def refuse_if_held(output: Path) -> None:
    """Raise OutputBusyError if another process has locked ``output``. Nothing is written."""
    with raise_write_errors(output / LOCK):
        holder = lock_holder(output)
    if holder:
        raise _busy(output)


def lock_holder(output: Path) -> str | None:
    """Return a description of the run that has locked ``output``, None if there is none. Nothing is written.

    None also if the lock file cannot be read: then neither can the output. Raises OSError.
    """
    try:
        import fcntl

        file = (output / LOCK).open("rb")
    except (ImportError, OSError):  # Windows has no such module; there only output_lock can tell
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return f"another run{_holder(output)}"
    return None


def _busy(output: Path) -> OutputBusyError:
    return OutputBusyError(
        f"{output}: another run holds this output{_holder(output)}",
        "wait for it to finish, or name another --output",
    )


def _holder(output: Path) -> str:
    try:
        holder = json.loads((output / HOLDER).read_text())
        return f" (process {holder['pid']} on {holder['host']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
