"""Permissions of the files that a run writes, set before a file is created, so that it is never open to others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def created_with(mode: int) -> Iterator[None]:
    """Create files with permissions ``mode`` while the block runs; folders can also be entered by those who may read.

    This sets the umask of the whole process, so it also affects other threads.
    """
    before = os.umask(umask_for(mode))
    try:
        yield
    finally:
        os.umask(before)


def umask_for(mode: int) -> int:
    """Return the umask that gives files ``mode``: for 0o640 it is 0o027, which gives folders 0o750."""
    folders = mode | (mode & 0o444) >> 2
    return 0o777 & ~folders


def mode_of(path: Path) -> int:
    """Return the permissions of an existing file, without the execute bits."""
    return path.stat().st_mode & 0o666
