"""Atomic writes: a temporary name, fsync, rename, and fsync of the folder, so that a file is complete or absent."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from forecast_cli.core.errors import OutputNotWrittenError
from forecast_cli.core.fault_points import Step, fault_point
from forecast_cli.core.limits import limit_reached

#: Hint for a file that cannot be written.
FIX: Final = "free space or fix permissions, then run the same command again: finished shards are kept"
#: Hint for an output that was removed, renamed or replaced while its run was at work.
AT_REST: Final = "leave an output alone while its run is at work; run the same command again"
_ANOTHER: Final = "name another path, in a folder and not in a file"


@contextlib.contextmanager
def raise_write_errors(path: Path) -> Iterator[None]:
    """Raise an OSError in the block, which writes ``path``, as OutputNotWrittenError."""
    try:
        yield
    except OSError as error:
        raise OutputNotWrittenError(f"{path}: cannot be written: {error.strerror or error}", _hint(error)) from error


def _hint(error: OSError) -> str:
    match error:
        case NotADirectoryError():
            return _ANOTHER
        case FileNotFoundError() | FileExistsError():
            return AT_REST
        case _:
            limit = limit_reached(error)
            return (limit and limit.hint) or FIX


def write_durable(path: Path, content: bytes) -> None:
    """Write ``path`` and flush it to disk; until then a reader may see part of it. Raises OutputNotWrittenError."""
    with raise_write_errors(path), path.open("wb") as file:
        fault_point(Step.WRITE, path)
        file.write(content)
        file.flush()
        fault_point(Step.SYNC, path)
        os.fsync(file.fileno())


def write_whole(path: Path, content: bytes) -> None:
    """Write ``path`` atomically: a reader sees all of it or none. Raises OutputNotWrittenError."""
    with moved_to(path) as temporary:
        write_durable(temporary, content)


@contextlib.contextmanager
def moved_to(path: Path) -> Iterator[Path]:
    """Yield the temporary name of ``path``, and move the file there at the end; remove it if it cannot be written."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        move_into_place(temporary, path)
    except OutputNotWrittenError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def move_into_place(temporary: Path, path: Path) -> None:
    """Rename a file that is on disk to its final name, and flush the folder to disk. Raises OutputNotWrittenError."""
    with raise_write_errors(path):
        fault_point(Step.RENAME, path)
        temporary.replace(path)
        sync_folder(path.parent)


def remove_file(path: Path) -> None:
    """Remove a file if it exists. Raises OutputNotWrittenError."""
    with raise_write_errors(path):
        if path.exists() or path.is_symlink():
            fault_point(Step.REMOVE, path)
            path.unlink()


def remove_folder(path: Path) -> None:
    """Remove a folder and all it contains, if it exists. Raises OutputNotWrittenError."""
    with raise_write_errors(path):
        if path.exists():
            fault_point(Step.REMOVE, path)
            shutil.rmtree(path)


def make_folder(path: Path) -> None:
    """Make a folder and its missing parents. Raises OutputNotWrittenError."""
    with raise_write_errors(path):
        if path.is_symlink() and not path.exists():
            raise OutputNotWrittenError(
                f"{path}: is a link to {path.readlink()}, which does not exist", "make that folder, or name another"
            )
        try:
            path.mkdir(parents=True, exist_ok=True)
        except (FileNotFoundError, FileExistsError) as error:  # in /proc, or where a file has its name
            raise OutputNotWrittenError(f"{path}: cannot be written: {error.strerror}", _ANOTHER) from error


def sync_folder(path: Path) -> None:
    """Flush the names in a folder to disk; does nothing on Windows."""
    if os.name == "nt":
        return
    fault_point(Step.SYNC, path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hex digits. Raises OSError."""
    fault_point(Step.READ, path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
