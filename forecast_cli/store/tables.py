"""Tables and texts of an output: staged by workers or written by the main process, with size and checksum."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from forecast_cli.core.redact import redact
from forecast_cli.store.atomic import (
    parquet_bytes,
    raise_read_back_errors,
    sha256_of,
    temporary_parquet_bytes,
    write_durable,
    write_rows,
    write_whole,
)
from forecast_cli.store.layout import FORECASTS, shard_path
from forecast_cli.store.manifest import FileEntry
from forecast_cli.store.parquet import scan_table
from forecast_cli.store.receipts import StagedFile


def stage(frame: pl.DataFrame, staging: Path, index: int, table: str) -> StagedFile:
    """Write a shard's rows of a table to the staging folder. All tables but forecasts are merged when the run ends."""
    content = parquet_bytes(frame) if table == FORECASTS else temporary_parquet_bytes(frame)
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


def _write(content: bytes, output: Path, name: str, *, rows: int) -> FileEntry:
    write_whole(output / name, content)
    return FileEntry(path=name, rows=rows, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
