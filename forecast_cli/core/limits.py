"""Limits of the system on open files, threads and memory: no input is to blame for an error that they cause."""

import errno
import os
import re
from collections.abc import Mapping
from typing import Final

from forecast_cli.core.errors import SystemLimitError

_FILES: Final = "allow more open files (ulimit -n)"
_THREADS: Final = "allow more threads (ulimit -u, TasksMax= of systemd, pids of a container), or use fewer --jobs"
_MEMORY: Final = "free some memory, lift a limit on address space (ulimit -v), or give a lower --memory"
_HINTS: Final[Mapping[int, str]] = {
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.EAGAIN: _THREADS,
    errno.ENOMEM: _MEMORY,
}
#: Number of the system's error in a message of polars, or in its panic.
_NUMBER: Final = re.compile(r"(?:\bos error |\bOs \{ code: )(\d+)")
_NO_THREAD: Final = "can't start new thread"


def limit_reached(error: BaseException, where: str | None = None) -> SystemLimitError | None:
    """Return the error to raise instead of ``error``, which happened at ``where``; None if no limit caused it."""
    number = _number_of(error)
    if number is None or number not in _HINTS:
        return None
    hint = f"{_HINTS[number]}, then run the same command again: finished shards are kept"
    wanted = f" ({error})" if isinstance(error, MemoryError) and str(error) else ""  # how much, of numpy and pyarrow
    return SystemLimitError(f"{where or 'the system'}: {os.strerror(number)}{wanted}", hint)


def _number_of(error: BaseException) -> int | None:
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    if _NO_THREAD in str(error):
        return errno.EAGAIN
    found = _NUMBER.search(str(error))
    return int(found[1]) if found else None
