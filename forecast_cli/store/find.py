"""Folders that hold a run: whether one does, and all of those directly in a folder."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.store.layout import MANIFEST, RUNNING


def is_run(folder: Path) -> bool:
    """Return whether a folder holds a run, finished or not. Raises OSError if it may not be entered."""
    return (folder / MANIFEST).is_file() or (folder / RUNNING).is_dir()


def runs_at(folder: Path) -> list[Path]:
    """Return ``folder`` if it holds a run, else the folders directly in it that do, by name.

    Links in it are not followed: each run is one. Folders that may not be entered, such as ``lost+found``, are left
    out. Raises OSError if ``folder`` cannot be read.
    """
    if is_run(folder):
        return [folder]
    within = (path for path in folder.iterdir() if not path.is_symlink() and _may_enter(path))
    return sorted(path for path in within if is_run(path))


def has_closed_folder(folder: Path) -> bool:
    """Return whether a folder directly in ``folder`` may not be entered. Raises OSError."""
    return any(path.is_dir() and not _may_enter(path) for path in folder.iterdir())


@contextlib.contextmanager
def raise_folder_errors(folder: Path) -> Iterator[None]:
    """Raise an OSError in the block, which looks into ``folder``, as CheckFailedError."""
    try:
        yield
    except OSError as error:
        raise CheckFailedError(f"{folder}: cannot be read: {error.strerror}", "fix its permissions") from None


def _may_enter(path: Path) -> bool:
    return os.access(path, os.X_OK)
