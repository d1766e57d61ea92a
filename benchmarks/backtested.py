"""Backtests of balances that a benchmark makes."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.results import ForecastRequest


@contextmanager
def backtested(balances: pl.DataFrame, settings: Settings) -> Iterator[Path]:
    """Yield the output of a backtest of ``balances``, which is removed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "in.parquet", Path(folder) / "out"
        balances.write_parquet(source)
        run_backtest(ForecastRequest(str(source), output, settings))
        yield output
