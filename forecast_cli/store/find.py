"""Folders that hold a run: whether one does, and all of those directly in a folder."""

from pathlib import Path

from forecast_cli.store.layout import MANIFEST, RUNNING


def is_run(folder: Path) -> bool:
    """Return whether a folder holds a run, finished or not."""
    return (folder / MANIFEST).is_file() or (folder / RUNNING).is_dir()


def runs_in(folder: Path) -> list[Path]:
    """Return the folders directly in ``folder`` that hold a run, by name. Links are not followed: each run is one."""
    return sorted(path for path in folder.iterdir() if not path.is_symlink() and is_run(path))
