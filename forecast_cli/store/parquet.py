"""Reading tables of an output: paths are taken literally, without globs or hive partitions."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.core.text import is_utf8
from forecast_cli.store.layout import FORECASTS, UNFINISHED


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


def _refuse_undecodable(path: Path) -> None:
    if not is_utf8(str(path)):
        raise CheckFailedError(f"{path}: its path is not UTF-8", "rename or move the folder")
