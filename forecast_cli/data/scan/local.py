"""Scan files of this machine: as many as possible in one scan, folders' names as columns."""

from collections.abc import Sequence
from pathlib import PurePath

import polars as pl

from forecast_cli.data.files.hive import NULL_PARTITION
from forecast_cli.data.source import InputFile


def layout(file: InputFile, folders: Sequence[str]) -> tuple[object, ...]:
    """Return what files must have in common to be read in one scan; ``folders`` are columns of folders' names."""
    if not folders:
        return (file.columns, None)
    keys = _path_keys(file.path)
    return (file.columns, file.hive if _repeat(keys) else keys)


def scan_local(files: Sequence[InputFile], folders: Sequence[str]) -> pl.LazyFrame:
    """Return the rows of ``files``, all of one layout, with the columns they have and those of ``folders``.

    polars takes keys from the whole path, and fails where one stands in it twice; then the values are our own.
    """
    keys = _path_keys(files[0].path) if folders else ()
    ours = _repeat(keys)
    lazy = pl.scan_parquet(
        [file.path for file in files],
        glob=False,
        hive_partitioning=bool(folders) and not ours,
        hive_schema=dict.fromkeys(keys, pl.String) if folders and not ours else None,
        try_parse_hive_dates=False,
        extra_columns="ignore",
    )
    return lazy.with_columns(_value(files[0], name) for name in folders) if ours else lazy


def _path_keys(path: str) -> tuple[str, ...]:
    """Return every key polars will see in a path, those above the root included: its hive schema must name them."""
    return tuple(part.split("=", 1)[0] for part in PurePath(path).parent.parts if "=" in part)


def _repeat(keys: Sequence[str]) -> bool:
    return len(set(keys)) < len(keys)


def _value(file: InputFile, name: str) -> pl.Expr:
    value = dict(file.hive)[name]
    return pl.lit(None if value == NULL_PARTITION else value, dtype=pl.String).alias(name)
