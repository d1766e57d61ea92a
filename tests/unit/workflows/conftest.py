"""Fixtures of the workflow tests. They draw no charts; the report tests do."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from made_balances import CHOSEN, ORIGIN

from forecast_cli.config.settings import Settings
from forecast_cli.workflows.backtest import BacktestRun
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.score import ScoreRequest, run_score


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


@pytest.fixture
def forecast(tmp_path: Path) -> Callable[..., Path]:
    def make(frame: pl.DataFrame, name: str = "run", **values: object) -> Path:
        path = tmp_path / f"{name.replace('/', '-')}.parquet"
        frame.write_parquet(path)
        settings = Settings.model_validate(CHOSEN | {"as_of": ORIGIN} | values)
        run_forecast(ForecastRequest(str(path), tmp_path / name, settings))
        return tmp_path / name

    return make


@pytest.fixture
def score(tmp_path: Path) -> Callable[..., BacktestRun]:
    def make(frame: pl.DataFrame, *forecasts: Path, output: str = "score", **values: object) -> BacktestRun:
        path = tmp_path / "came.parquet"
        frame.write_parquet(path)
        progress = values.pop("progress", None)
        settings = Settings.model_validate({"jobs": 1, "scale_lag": 7} | values)
        return run_score(ScoreRequest(str(path), forecasts, tmp_path / output, settings), progress)

    return make
