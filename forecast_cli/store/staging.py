"""Staging: what a worker writes, on disk and checksummed, before the run's holder moves it into place."""

import hashlib
from pathlib import Path

import polars as pl

from forecast_cli.store.atomic import parquet_bytes, write_durable, write_whole
from forecast_cli.store.manifest import FileEntry
from forecast_cli.store.run_folder import StagedFile


def stage(frame: pl.DataFrame, staging: Path, path: str) -> StagedFile:
    """Write a frame to the staging folder, for ``path`` of the output."""
    content = parquet_bytes(frame)
    name = Path(path).name
    write_durable(staging / name, content)
    return StagedFile(name, path, frame.height, len(content), hashlib.sha256(content).hexdigest())


def write_table(frame: pl.DataFrame, output: Path, name: str) -> FileEntry:
    """Write a whole table of the output and return its entry in the manifest."""
    content = parquet_bytes(frame)
    write_whole(output / name, content)
    return FileEntry(path=name, rows=frame.height, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
