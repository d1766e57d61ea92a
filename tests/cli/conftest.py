"""Fixtures of the command line: how it is started, and small inputs that its tests share."""

import os
from pathlib import Path

import polars as pl
import pytest
from cli_harness import Cli, Finished, balance_rows, run_apart, run_in_process


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting from outside, and the width of a narrow terminal."""
    for name in [name for name in os.environ if name.startswith("FORECAST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module", autouse=True)
def _undrawn(undrawn: None) -> None:
    """Reports of backtests are about their words here."""


@pytest.fixture
def cli() -> Cli:
    """Run a command line in this process."""
    return run_in_process


@pytest.fixture
def cli_apart() -> Cli:
    return run_apart


@pytest.fixture(scope="session")
def balances(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six clean accounts of 120 days."""
    path = tmp_path_factory.mktemp("input") / "balances.parquet"
    balance_rows().write_parquet(path)
    return path


@pytest.fixture(scope="session")
def one_bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six accounts, one of which has two balances for one day."""
    rows = balance_rows()
    twice = rows.filter(pl.col("account_id") == "A003").head(1).with_columns(pl.col("balance") + 1.0)
    path = tmp_path_factory.mktemp("one-bad") / "balances.parquet"
    pl.concat([rows, twice]).write_parquet(path)
    return path


@pytest.fixture(scope="session")
def finished(balances: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run with two models over the clean accounts. Look, do not touch."""
    output = tmp_path_factory.mktemp("finished") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "80")
        outcome = run_in_process(
            "forecast", balances, "--output", output, "--model", "SeasonalNaive", "--model", "Naive", "--jobs", 1
        )
    return Finished(output, outcome)
