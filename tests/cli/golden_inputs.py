"""What the commands of the golden cases work on: small inputs, and outputs of earlier runs."""

import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from backtest_folders import Folder, write_backtest
from cli_harness import DAYS, FIRST_DAY, balance_rows, forget_settings, run_in_process

from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.workflows.doctor import Diagnosis, check_cores, check_lock, check_memory, check_output

LAST_DAY = FIRST_DAY + timedelta(DAYS - 1)
RUNS = (
    ("clean", "balances.parquet", "SeasonalNaive,Naive"),
    ("flawed", "flawed.parquet", "SeasonalNaive"),
    ("payments", "balances.parquet", "RecurringEvents"),
)
BACKTESTS = (("base", Folder()), ("worse", Folder(factor=1.2)), ("later", Folder(shift=1)))


def write_inputs(folder: Path) -> None:
    """Write into a folder all that the command of a golden case may name."""
    rows = balance_rows()
    rows.write_parquet(folder / "balances.parquet")
    uneven().write_parquet(folder / "uneven.parquet")
    flawed().write_parquet(folder / "flawed.parquet")
    next_day().write_parquet(folder / "next-day.parquet")
    rows.rename({"balance": "balanse"}).write_parquet(folder / "renamed.parquet")
    rows.with_columns(pl.col("balance").cast(pl.String)).write_parquet(folder / "text.parquet")
    (folder / "balances.csv").write_text("account_id,date,balance\nA000,2026-01-01,1000\n", encoding="utf-8")
    (folder / "folder").mkdir()
    shutil.copy(folder / "balances.parquet", folder / "folder" / "a.parquet")
    (folder / "folder" / "b.parquet").write_bytes(b"PAR1" + bytes(496))
    write_runs(folder)
    for name, backtest in BACKTESTS:
        write_backtest(folder / name, backtest)


def write_runs(folder: Path) -> None:
    """Write the outputs of three forecasts and of one that was cut off to ``runs``, and a damaged one."""
    with pytest.MonkeyPatch.context() as patch:
        forget_settings(patch)
        patch.chdir(folder)
        for night, (name, source, models) in enumerate(RUNS, 1):
            patch.setattr("forecast_cli.workflows.running.datetime", clock(night))
            asked = ("--output", f"runs/{name}", "--model", models, "--max-failed", 9, "--jobs", 1, "--quiet")
            run_in_process("forecast", source, *asked).assert_exit(ExitCode.OK)
    (folder / "runs" / "stopped" / ".run").mkdir(parents=True)
    shutil.copytree(folder / "runs" / "clean", folder / "damaged")
    risk = folder / "damaged" / "risk.parquet"
    risk.write_bytes(risk.read_bytes()[:-9] + bytes(9))


def uneven() -> pl.DataFrame:
    """Return balances of which no two accounts move alike."""
    day, account = (pl.col("date") - FIRST_DAY).dt.total_days(), pl.col("account_id").str.tail(1).cast(pl.Int64)
    return balance_rows().with_columns(pl.col("balance") + (1 + account) * (day * day % 11) - 40 * (day * account % 7))


def next_day() -> pl.DataFrame:
    """Return balances a day later: one account is gone, one is new, and one has lost money."""
    lost = pl.when((pl.col("account_id") == "A004") & (pl.col("date") > LAST_DAY)).then(4800.0).otherwise(0.0)
    renamed = pl.col("account_id").replace({"A005": "A006"})
    return balance_rows(days=DAYS + 1).with_columns(account_id=renamed, balance=pl.col("balance") - lost)


def flawed() -> pl.DataFrame:
    """Return accounts of which only A000 has nothing to repair; no other two have the same flaw."""
    rows, days = balance_rows(accounts=9), pl.col("date") - FIRST_DAY
    kept = {
        "A001": days < timedelta(30),  # too old
        "A002": days < timedelta(DAYS - 6),  # ended a few days ago
        "A005": days > timedelta(DAYS - 11),  # too young for a month of history
        "A006": ~days.is_between(timedelta(40), timedelta(49)),  # a gap
    }
    left = [(pl.col("account_id") != name) | keep for name, keep in kept.items()]
    twice = rows.filter(pl.col("account_id") == "A003").head(1).with_columns(pl.col("balance") + 1.0)
    unknown = pl.when(pl.col("account_id") == "A004").then(None)
    rows = pl.concat([rows.filter(*left), twice]).with_columns(
        balance=unknown.when(pl.col("account_id") == "A007").then(50.0).otherwise("balance"),
        account_id=pl.col("account_id").replace({"A008": "a000"}),
    )
    return rows.sort("date", "account_id")


def fixed_machine(output: Path | None) -> Diagnosis:
    """Return what ``doctor`` finds on a machine of four cores with little memory."""
    machine = (check_memory(lambda: 600_000_000, cores=4), check_cores(lambda: 1.5, cores=4))
    return Diagnosis((*machine, *((check_output(output), check_lock(output)) if output else ())))


def clock(night: int) -> SimpleNamespace:
    """Return a stand-in for ``datetime`` whose time is three o'clock after a night in May."""
    return SimpleNamespace(now=lambda _zone: datetime(2026, 5, night, 3, tzinfo=UTC))


def fix_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every machine, shell and clock lead to the same output; the tool is on the PATH."""
    programs = Path(sys.executable).parent
    monkeypatch.setattr(sys, "argv", [str(programs / "forecast-cli")])
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.setattr("forecast_cli.cli.messages.Log.seconds", 1.5)
    monkeypatch.setattr("forecast_cli.cli.messages.datetime", clock(9))
    monkeypatch.setattr("forecast_cli.workflows.doctor.run_doctor", fixed_machine)
