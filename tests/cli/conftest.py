"""Fixtures of the command-line tests: how commands are run, and small inputs."""

from pathlib import Path

import polars as pl
import pytest
from cli_harness import Cli, Finished, balance_rows, forget_settings, run_apart, run_in_process

from forecast_cli.store import claim


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove settings from the environment, and set the width of a narrow terminal."""
    forget_settings(monkeypatch)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module", autouse=True)
def _undrawn(undrawn: None) -> None:
    """Draw no charts: these tests check the text of reports."""


@pytest.fixture
def cli() -> Cli:
    """Return the function that runs a command line in this process."""
    return run_in_process


@pytest.fixture
def cli_apart() -> Cli:
    return run_apart


@pytest.fixture
def hasty_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renew claims on outputs in a store, and give them up, in fractions of a second."""
    monkeypatch.setattr(claim, "PACE", claim.Pace(renewal=0.1, patience=0.6, look=0.05))


@pytest.fixture(scope="session")
def balances(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an input of six valid accounts with 120 days each."""
    path = tmp_path_factory.mktemp("input") / "balances.parquet"
    balance_rows().write_parquet(path)
    return path


@pytest.fixture(scope="session")
def one_bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an input of six accounts, one of which has two balances on one day."""
    rows = balance_rows()
    twice = rows.filter(pl.col("account_id") == "A003").head(1).with_columns(pl.col("balance") + 1.0)
    path = tmp_path_factory.mktemp("one-bad") / "balances.parquet"
    pl.concat([rows, twice]).write_parquet(path)
    return path


@pytest.fixture(scope="session")
def finished(balances: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Return a run with two models on the valid accounts; it is shared, so tests must not change it."""
    output = tmp_path_factory.mktemp("finished") / "out"
    with pytest.MonkeyPatch.context() as patch:
        forget_settings(patch)
        patch.setenv("COLUMNS", "80")
        outcome = run_in_process(
            "forecast", balances, "--output", output, "--model", "SeasonalNaive", "--model", "Naive", "--jobs", 1
        )
    return Finished(output, outcome)
