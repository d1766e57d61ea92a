"""Temporary local folders: for outputs in an object store, and the one that Python makes for worker processes."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

PREFIX: Final = "forecast-cli-"
_LOCK: Final = "lock"
_CONTENT: Final = "output"
#: Folders of ``multiprocessing``, which any program may have, and the lock that marks one as made for this tool.
_PYTHONS: Final = "pymp-"
_MARK: Final = "forecast-cli.lock"
#: Age in seconds from which a folder that no process has locked counts as abandoned; a newer one may not be locked yet.
_ABANDONED_AFTER: Final = 3600.0


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield an empty folder that only its user can enter, and remove it afterwards.

    A process that is killed cannot remove its folder: folders left by killed processes are removed here first. Raises
    OSError if no folder can be made.
    """
    remove_abandoned(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as made, FileLock(Path(made) / _LOCK):
        content = Path(made) / _CONTENT
        content.mkdir()
        yield content


@cache
def mark_folder(folder: Path) -> FileLock | None:
    """Lock the folder that ``multiprocessing`` made for this process, so that a later one removes it if this is killed.

    Folders left by killed processes are removed here first. The lock is held until the process ends; None if there is
    no room for it.
    """
    remove_abandoned(folder.parent)
    lock = FileLock(folder / _MARK, blocking=False)
    with suppress(OSError, Timeout):
        lock.acquire()
        return lock
    return None


def remove_abandoned(parent: Path) -> None:
    """Remove this user's temporary folders in ``parent`` that no process has locked, if possible."""
    marked = (mark.parent for mark in parent.glob(f"{_PYTHONS}*/{_MARK}"))
    for folder, lock in [*((folder, _LOCK) for folder in parent.glob(f"{PREFIX}*")), *((one, _MARK) for one in marked)]:
        with suppress(OSError, Timeout):
            if _is_old_and_own(folder):
                with FileLock(folder / lock, blocking=False):
                    shutil.rmtree(folder)


def _is_old_and_own(folder: Path) -> bool:
    found = folder.stat(follow_symlinks=False)
    own = found.st_uid == os.getuid() and folder.is_dir() and not folder.is_symlink()
    return own and found.st_mtime < time.time() - _ABANDONED_AFTER
