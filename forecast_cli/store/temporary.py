"""Temporary local folders, for outputs in an object store."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

PREFIX: Final = "forecast-cli-"
_LOCK: Final = "lock"
_CONTENT: Final = "output"
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


def remove_abandoned(parent: Path) -> None:
    """Remove this user's temporary folders in ``parent`` that no process has locked, if possible."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError, Timeout):
            if _is_old_and_own(folder):
                with FileLock(folder / _LOCK, blocking=False):
                    shutil.rmtree(folder)


def _is_old_and_own(folder: Path) -> bool:
    found = folder.stat(follow_symlinks=False)
    own = found.st_uid == os.getuid() and folder.is_dir() and not folder.is_symlink()
    return own and found.st_mtime < time.time() - _ABANDONED_AFTER
