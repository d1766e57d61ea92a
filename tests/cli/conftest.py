"""The command line under test: in this process for speed, or in one of its own for signals and imports."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from forecast_cli.cli.app import build_app
from forecast_cli.core.exit_codes import ExitCode

FIRST_DAY = date(2026, 1, 1)
ACCOUNTS = 6
DAYS = 120


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    exit_code: int
    out: str
    err: str

    def expect(self, exit_code: ExitCode) -> "Outcome":
        assert self.exit_code == exit_code, f"exit code {self.exit_code}\nstdout: {self.out}\nstderr: {self.err}"
        return self

    def expect_error(self, exit_code: ExitCode, *parts: str) -> "Outcome":
        """One ``error:`` line that holds ``parts``, and no traceback."""
        self.expect(exit_code)
        [error] = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert all(part in error for part in parts), error
        assert "Traceback" not in self.err
        return self

    @property
    def events(self) -> list[dict[str, Any]]:
        """The JSON lines of stderr."""
        return [json.loads(line) for line in self.err.splitlines()]

    @property
    def flat(self) -> str:
        """Stdout with its line breaks and runs of spaces taken for one space."""
        return " ".join(self.out.split())


Cli = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting from outside, and the width of a narrow terminal."""
    for name in [name for name in os.environ if name.startswith("FORECAST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


def run_in_process(*args: object) -> Outcome:
    result = CliRunner().invoke(build_app(), [str(arg) for arg in args], prog_name="forecast-cli")
    return Outcome(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def cli() -> Cli:
    """Run a command line in this process."""
    return run_in_process


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "forecast_cli", *(str(arg) for arg in args)]


def run_apart(*args: object, env: Mapping[str, str] | None = None, **options: Any) -> Outcome:
    """Run a command line in a process of its own."""
    done = subprocess.run(
        command(*args), env=os.environ | dict(env or {}), capture_output=True, text=True, check=False, **options
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def cli_apart() -> Cli:
    return run_apart


def balance_rows(accounts: int = ACCOUNTS, days: int = DAYS) -> pl.DataFrame:
    """Monthly pay and weekly spending, a row for every day."""
    return pl.DataFrame(
        [
            {
                "account_id": f"A{account:03d}",
                "date": FIRST_DAY + timedelta(day),
                "balance": 1000.0 * (account + 1) - 30.0 * (day % 30) - 7.0 * (day % 7),
            }
            for account in range(accounts)
            for day in range(days)
        ]
    )


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


@dataclass(frozen=True)
class Finished:
    """A finished run and what its command said."""

    output: Path
    outcome: Outcome


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
