"""Scan of local files: as many as possible in one scan, with hive folders as columns."""

from collections.abc import Sequence
from pathlib import PurePath

import polars as pl

from forecast_cli.data.files.hive import NULL_PARTITION
from forecast_cli.data.source import InputFile


def layout(file: InputFile, folders: Sequence[str]) -> tuple[object, ...]:
    """Return what files must share to be read in one scan; ``folders`` are the columns taken from hive folders."""
    if not folders:
        return (file.columns, None)
    keys = _path_keys(file.path)
    return (file.columns, file.hive if _repeat(keys) else keys)


def scan_local(files: Sequence[InputFile], folders: Sequence[str]) -> pl.LazyFrame:
    """Return the rows of ``files``, all of one layout, with their own columns and those of hive ``folders``.

    polars takes keys from the whole path, and fails if one occurs twice in it; the values are then added here.
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
    """Return every hive key that polars sees in a path, also above the input's root: its hive schema must name all."""
    return tuple(part.split("=", 1)[0] for part in PurePath(path).parent.parts if "=" in part)


def _repeat(keys: Sequence[str]) -> bool:
    return len(set(keys)) < len(keys)


def _value(file: InputFile, name: str) -> pl.Expr:
    value = dict(file.hive)[name]
    return pl.lit(None if value == NULL_PARTITION else value, dtype=pl.String).alias(name)
