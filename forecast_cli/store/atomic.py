"""Files that are whole or absent: temporary name, fsync, rename, fsync of the folder."""

import contextlib
import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from forecast_cli.core.errors import OutputNotWrittenError
from forecast_cli.core.fault_points import Step, fault_point
from forecast_cli.store.parquet import load_table

#: What to do about a disk that fails.
_MEND: Final = "free space or mend permissions, then run the same command again: finished shards are kept"

#: Rows of a row group where a file is written piece by piece: so many, whatever the cores, and the bytes are the same.
_ROW_GROUP: Final = 250_000


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError met while writing ``path`` into OutputNotWrittenError."""
    try:
        yield
    except OSError as error:
        raise OutputNotWrittenError(f"{path}: cannot be written: {error.strerror or error}", _MEND) from error


def read_back(path: Path, columns: list[str] | None = None) -> pl.DataFrame:
    """Return a table that was written by the run at work, or some of its columns.

    Raises OutputNotWrittenError where it cannot be read.
    """
    with reading_back(path):
        return load_table(path, columns)


@contextlib.contextmanager
def reading_back(path: Path) -> Iterator[None]:
    """Turn what is met while reading ``path``, which the run at work has written, into OutputNotWrittenError."""
    try:
        fault_point(Step.READ, path)
        yield
    except (OSError, pl.exceptions.ComputeError) as error:
        raise OutputNotWrittenError(f"{path}: cannot be read back: {error}", _MEND) from error


def write_durable(path: Path, content: bytes) -> None:
    """Write ``path`` and have it on disk before returning; a reader may see it half-written until then."""
    with writing(path), path.open("wb") as file:
        fault_point(Step.WRITE, path)
        file.write(content)
        file.flush()
        fault_point(Step.SYNC, path)
        os.fsync(file.fileno())


def write_whole(path: Path, content: bytes) -> None:
    """Write ``path`` so that no reader ever sees less than all of it."""
    temporary = path.with_name(f".{path.name}.tmp")
    write_durable(temporary, content)
    move_into_place(temporary, path)


def write_rows(table: pl.LazyFrame, path: Path) -> None:
    """Write rows as one parquet file, piece by piece, so that no reader ever sees less than all of it.

    Equal rows give equal bytes.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with writing(temporary):
        fault_point(Step.WRITE, temporary)
        try:
            table.sink_parquet(
                temporary, compression="zstd", compression_level=3, statistics=True, row_group_size=_ROW_GROUP
            )
        except pl.exceptions.ComputeError as error:  # what polars makes of a full disk
            raise OSError(str(error)) from error
        with temporary.open("rb") as file:
            fault_point(Step.SYNC, temporary)
            os.fsync(file.fileno())
    move_into_place(temporary, path)


def move_into_place(temporary: Path, path: Path) -> None:
    """Rename a durable file to its final name, and have the rename itself on disk."""
    with writing(path):
        fault_point(Step.RENAME, path)
        temporary.replace(path)
        sync_folder(path.parent)


def remove_file(path: Path) -> None:
    """Remove a file where there is one."""
    with writing(path):
        if path.exists() or path.is_symlink():
            fault_point(Step.REMOVE, path)
            path.unlink()


def remove_folder(path: Path) -> None:
    """Remove a folder and all in it, where there is one."""
    with writing(path):
        if path.exists():
            fault_point(Step.REMOVE, path)
            shutil.rmtree(path)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are missing."""
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)


def sync_folder(path: Path) -> None:
    """Have the names in a folder on disk, on the systems that know how."""
    if os.name == "nt":
        return
    fault_point(Step.SYNC, path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """Return a frame as one parquet file; equal frames give equal bytes."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=3, statistics=True)
    return buffer.getvalue()


def passing_bytes(frame: pl.DataFrame) -> bytes:
    """Return a frame as a parquet file that the same run reads again and takes away: quicker, and half as large again.

    Equal frames give equal bytes.
    """
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="lz4", statistics=False)
    return buffer.getvalue()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    fault_point(Step.READ, path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
