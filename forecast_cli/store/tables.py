"""Tables of an output: read, staged by workers, and written by the main process, with size and checksum.

Paths are taken literally, without globs or hive partitions.
"""

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from forecast_cli.core.errors import CheckFailedError, OutputNotWrittenError
from forecast_cli.core.fault_points import Step, fault_point
from forecast_cli.core.redact import redact
from forecast_cli.core.text import is_utf8
from forecast_cli.store.atomic import FIX, moved_to, raise_write_errors, sha256_of, write_durable, write_whole
from forecast_cli.store.layout import FORECASTS, UNFINISHED, shard_path
from forecast_cli.store.manifest import FileEntry
from forecast_cli.store.receipts import StagedFile

#: Rows of a row group in files written piece by piece; fixed, so that the bytes do not depend on the number of cores.
_ROW_GROUP: Final = 250_000


def load_table(path: Path, columns: list[str] | None = None) -> pl.DataFrame:
    """Return a table of an output, or only ``columns`` of it. Raises CheckFailedError if its path is not UTF-8."""
    _refuse_undecodable(path)
    return pl.read_parquet(path, columns=columns, glob=False, hive_partitioning=False)


def scan_table(path: Path | Sequence[Path], *, path_column: str | None = None) -> pl.LazyFrame:
    """Return a lazy table of an output, or the rows of several files of one, with their paths in ``path_column``.

    Raises CheckFailedError if a path is not UTF-8.
    """
    paths = [path] if isinstance(path, Path) else list(path)
    for one in paths:
        _refuse_undecodable(one)
    return pl.scan_parquet(paths, glob=False, hive_partitioning=False, include_file_paths=path_column)


def scan_forecasts(output: Path) -> pl.LazyFrame:
    """Return the lazy forecasts of a run, finished or about to be, in order of part files.

    Raises OSError if their folder cannot be read, and CheckFailedError if its path is not UTF-8.
    """
    return scan_table(forecast_paths(output))


def forecast_paths(output: Path) -> list[Path]:
    """Return the part files of the forecasts of a run, finished or about to be, in their order.

    Raises OSError if their folder cannot be read.
    """
    unfinished = output / UNFINISHED
    folder = unfinished if unfinished.is_dir() else output / FORECASTS
    return sorted(path for path in folder.iterdir() if path.suffix == ".parquet")


def read_back(path: Path, columns: list[str] | None = None) -> pl.DataFrame:
    """Return a table that the current run has written, or only ``columns`` of it.

    Raises OutputNotWrittenError if it cannot be read.
    """
    with raise_read_back_errors(path):
        return load_table(path, columns)


@contextlib.contextmanager
def raise_read_back_errors(path: Path) -> Iterator[None]:
    """Raise an error in the block, which reads a file the current run has written, as OutputNotWrittenError."""
    try:
        fault_point(Step.READ, path)
        yield
    except (OSError, pl.exceptions.ComputeError) as error:
        raise OutputNotWrittenError(f"{path}: cannot be read back: {error}", FIX) from error


def stage(frame: pl.DataFrame, staging: Path, index: int, table: str) -> StagedFile:
    """Write a shard's rows of a table to the staging folder. All tables but forecasts are merged when the run ends."""
    content = parquet_bytes(frame) if table == FORECASTS else _temporary_parquet_bytes(frame)
    path = shard_path(index, table)
    name = Path(path).name
    write_durable(staging / name, content)
    return StagedFile(table, name, path, frame.height, len(content), hashlib.sha256(content).hexdigest())


def write_text(text: str, output: Path, name: str) -> FileEntry:
    """Write a text file of the output, with secrets removed, and return its manifest entry, with 0 rows."""
    return _write(redact(text).encode(), output, name, rows=0)


def write_parts(parts: Sequence[Path], output: Path, name: str) -> FileEntry:
    """Merge parquet files, in their order, into a table of the output, and return its manifest entry."""
    path = output / name
    for part in parts:
        with raise_read_back_errors(part):
            part.stat()
    write_rows(scan_table(parts), path)
    with raise_read_back_errors(path):
        rows = scan_table(path).select(pl.len()).collect().item()
        return FileEntry(path=name, rows=rows, bytes=path.stat().st_size, sha256=sha256_of(path))


def write_table(frame: pl.DataFrame, output: Path, name: str) -> FileEntry:
    """Write a table of the output and return its manifest entry."""
    return _write(parquet_bytes(frame), output, name, rows=frame.height)


def write_rows(table: pl.LazyFrame, path: Path) -> None:
    """Write rows to one parquet file, piece by piece; a reader sees all of it or none. Raises OutputNotWrittenError.

    Equal rows give equal bytes.
    """
    with moved_to(path) as temporary, raise_write_errors(temporary):
        fault_point(Step.WRITE, temporary)
        try:
            table.sink_parquet(
                temporary, compression="zstd", compression_level=3, statistics=True, row_group_size=_ROW_GROUP
            )
        except pl.exceptions.ComputeError as error:  # polars raises it for a full disk
            raise OSError(str(error)) from error
        with temporary.open("rb") as file:
            fault_point(Step.SYNC, temporary)
            os.fsync(file.fileno())


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """Return a frame as a parquet file; equal frames give equal bytes."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=3, statistics=True)
    return buffer.getvalue()


def _temporary_parquet_bytes(frame: pl.DataFrame) -> bytes:
    """Return a frame as a parquet file that the same run reads and removes again: faster to write, half as large again.

    Equal frames give equal bytes.
    """
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="lz4", statistics=False)
    return buffer.getvalue()


def _write(content: bytes, output: Path, name: str, *, rows: int) -> FileEntry:
    write_whole(output / name, content)
    return FileEntry(path=name, rows=rows, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def _refuse_undecodable(path: Path) -> None:
    if not is_utf8(str(path)):
        raise CheckFailedError(f"{path}: its path is not UTF-8", "rename or move the folder")
