"""Harness for the command line: runs commands in this process, or in a separate one for signals and imports."""

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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
    """Exit code, stdout and stderr of a command."""

    exit_code: int
    out: str
    err: str

    def assert_exit(self, exit_code: ExitCode) -> "Outcome":
        assert self.exit_code == exit_code, f"exit code {self.exit_code}\nstdout: {self.out}\nstderr: {self.err}"
        return self

    def assert_error(self, exit_code: ExitCode, *parts: str) -> "Outcome":
        """Assert the exit code, a single ``error:`` line that contains ``parts``, and no traceback."""
        self.assert_exit(exit_code)
        [error] = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert all(part in error for part in parts), error
        assert "Traceback" not in self.err
        return self

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the JSON lines of stderr."""
        return [json.loads(line) for line in self.err.splitlines()]

    @property
    def flat(self) -> str:
        """Return stdout with line breaks and repeated spaces replaced by single spaces."""
        return " ".join(self.out.split())


Cli = Callable[..., Outcome]


def run_in_process(*args: object) -> Outcome:
    result = CliRunner().invoke(build_app(), [str(arg) for arg in args], prog_name="forecast-cli")
    return Outcome(result.exit_code, result.stdout, result.stderr)


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings of whoever runs the tests from the environment."""
    for name in [name for name in os.environ if name.startswith("FORECAST_")]:
        monkeypatch.delenv(name)


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "forecast_cli", *(str(arg) for arg in args)]


def run_apart(*args: object, env: Mapping[str, str] | None = None, **options: Any) -> Outcome:
    """Run a command line in a separate process."""
    done = subprocess.run(
        command(*args), env=os.environ | dict(env or {}), capture_output=True, text=True, check=False, **options
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def heed_permissions() -> None:
    """Let permissions bind the program to be started, as ``preexec_fn``, even if root starts it: Linux only."""
    prctl, capbset_drop = ctypes.CDLL(None).prctl, 24
    for capability in (0, 1, 2, 3):  # chown, dac_override, dac_read_search, fowner
        prctl(capbset_drop, capability, 0, 0, 0)


@contextmanager
def permissions_heeded() -> Iterator[None]:
    """Let permissions bind this thread, and threads that it starts, even if root runs the tests: Linux only."""
    libc, header, before = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, before) == 0
    bound = (ctypes.c_uint32 * 6)(*before)
    bound[0] &= ~0b1111  # effective: chown, dac_override, dac_read_search, fowner
    set_securebits, no_setuid_fixup = 28, 4  # with it, access(2) asks the effective capabilities too
    libc.prctl(set_securebits, no_setuid_fixup, 0, 0, 0)
    assert libc.capset(header, bound) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0
        libc.prctl(set_securebits, 0, 0, 0, 0)


def balance_rows(accounts: int = ACCOUNTS, days: int = DAYS) -> pl.DataFrame:
    """Return balances with monthly pay and weekly spending, one row for each day."""
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


@dataclass(frozen=True)
class Finished:
    """A finished run, and the outcome of its command."""

    output: Path
    outcome: Outcome
