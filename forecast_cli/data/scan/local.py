"""Scan of local files: as many as possible in one scan, with hive folders as columns."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

import polars as pl

from forecast_cli.data.files.hive import NULL_PARTITION, polars_agrees
from forecast_cli.data.source import InputFile

#: Column with the path of each row's file.
_PATH: Final = "the path of its file"


def polars_reads_folders(path: str) -> bool:
    """Return whether polars reads every hive folder of a path, and no key occurs twice, on which it fails."""
    keys = _path_keys(path)
    return len(set(keys)) == len(keys) and all(map(polars_agrees, _key_folders(path)))


def layout(file: InputFile, folders: Sequence[str], *, by_polars: bool) -> tuple[object, ...]:
    """Return what files must share to be read in one scan; ``folders`` are the columns taken from hive folders."""
    return (file.columns, _path_keys(file.path) if folders and by_polars else None)


def scan_local(files: Sequence[InputFile], folders: Sequence[str], *, by_polars: bool) -> pl.LazyFrame:
    """Return the rows of ``files``, all of one layout, with their own columns and those of hive ``folders``.

    polars takes keys from the whole path. With ``by_polars`` it can read them all; else their values are added here.
    """
    theirs = bool(folders) and by_polars
    lazy = pl.scan_parquet(
        [file.path for file in files],
        glob=False,
        hive_partitioning=theirs,
        hive_schema=dict.fromkeys(_path_keys(files[0].path), pl.String) if theirs else None,
        try_parse_hive_dates=False,
        extra_columns="ignore",
        include_file_paths=_PATH if folders and not by_polars else None,
    )
    return lazy if by_polars else lazy.with_columns(_values(files, name) for name in folders)


def _path_keys(path: str) -> tuple[str, ...]:
    """Return every hive key that polars sees in a path, also above the input's root: its hive schema must name all."""
    return tuple(folder.split("=", 1)[0] for folder in _key_folders(path))


def _key_folders(path: str) -> list[str]:
    return [part for part in PurePath(path).parent.parts if "=" in part]


def _values(files: Sequence[InputFile], name: str) -> pl.Expr:
    values = (dict(file.hive)[name] for file in files)
    texts = [None if value == NULL_PARTITION else value for value in values]
    return pl.col(_PATH).replace_strict([file.path for file in files], texts, return_dtype=pl.String).alias(name)
