"""Reading tables of an output: by the path as it is written, whatever a glob or a hive folder would make of it."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from forecast_cli.store.layout import FORECASTS


def load_table(path: Path, columns: list[str] | None = None) -> pl.DataFrame:
    """Return a table of an output, or some of its columns."""
    return pl.read_parquet(path, columns=columns, glob=False, hive_partitioning=False)


def scan_table(path: Path | Sequence[Path]) -> pl.LazyFrame:
    """Return a table of an output, or the rows of several files of one, to be read later."""
    return pl.scan_parquet(path if isinstance(path, Path) else list(path), glob=False, hive_partitioning=False)


def scan_forecasts(output: Path) -> pl.LazyFrame:
    """Return the forecasts of a run, part after part, to be read later."""
    return scan_table(sorted((output / FORECASTS).glob("*.parquet")))
