"""Fixtures of the workflow tests. They draw no charts; the report tests do."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from forecast_cli.config.settings import Settings
from forecast_cli.workflows.results import ForecastRequest


@pytest.fixture(scope="module", autouse=True)
def _undrawn(undrawn: None) -> None:
    """Draw no charts."""


@pytest.fixture
def request_of(tmp_path: Path) -> Callable[..., ForecastRequest]:
    def make(frame: pl.DataFrame, *, output: str = "out", **settings: object) -> ForecastRequest:
        path = tmp_path / "balances.parquet"
        frame.write_parquet(path)
        chosen = {"model": ("Naive", "SeasonalNaive(7)"), "horizon": 5, "jobs": 1} | settings
        return ForecastRequest(str(path), tmp_path / output, Settings.model_validate(chosen))

    return make
