"""Who may read what a run writes: set before a file is made, so that there is no moment at which others can."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def created_with(mode: int) -> Iterator[None]:
    """Give files that this process makes in the block ``mode``, and folders the right to enter beside that to read.

    By the umask, which is the whole process's: threads that make files meanwhile make them so too.
    """
    before = os.umask(umask_for(mode))
    try:
        yield
    finally:
        os.umask(before)


def umask_for(mode: int) -> int:
    """Return the umask under which files get ``mode``: 0o640 is 0o027, and 0o750 for folders."""
    folders = mode | (mode & 0o444) >> 2
    return 0o777 & ~folders


def mode_of(path: Path) -> int:
    """Return the permissions of a file that is there, without the right to execute it."""
    return path.stat().st_mode & 0o666
