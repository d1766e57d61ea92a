"""A run is killed while it sorts rows by account: the same command resumes it, and no temporary file remains."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from conftest import Survived
from fault_runs import files, ids, parts, write_balances
from processes import gone_within, needs_proc
from spilling_cli import LIMITS

from forecast_cli.config.settings import Settings
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest

CLI = Path(__file__).with_name("spilling_cli.py")
SETTINGS = Settings(model=("Naive",), shard_size=2, jobs=1)
#: Seconds: processes that had just been started may have to wait for a core to find out that they are not needed.
UNTIL_GONE = 10


@pytest.fixture(scope="module")
def by_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spilled")
    by_account = write_balances(folder / "by_account.parquet", ids(12))
    pl.read_parquet(by_account).sort("date", maintain_order=True).write_parquet(folder / "by_day.parquet")
    return folder / "by_day.parquet"


@pytest.fixture(scope="module")
def undisturbed(by_day: Path) -> Path:
    return forecast(by_day, by_day.parent / "undisturbed")


def forecast(source: Path, output: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        for name, limit in LIMITS.items():
            patch.setattr(name, limit)
        return run_forecast(ForecastRequest(str(source), output, SETTINGS)).output


def forecast_killed(source: Path, output: Path, killed_at: str) -> "subprocess.Popen[bytes]":
    options = ["--output", str(output), "--model", "Naive", "--shard-size", "2", "--jobs", "1", "--quiet"]
    command = [sys.executable, str(CLI), "forecast", str(source), *options]
    with subprocess.Popen(command, start_new_session=True, env=os.environ | {"KILLED_AT": killed_at}) as running:
        running.wait()
    return running


@needs_proc
@pytest.mark.parametrize(
    "step",
    [
        "write bucket-00001.parquet",
        "fsync bucket-00000.parquet",
        "fsync spill",
        "write .index.json.tmp",
        "rename index.json",
    ],
)
def test_RT14_a_run_killed_while_it_sorts_rows_is_resumed_and_ends_in_the_same_bytes(
    by_day: Path, undisturbed: Path, tmp_path: Path, survived: Survived, step: str
) -> None:
    output = tmp_path / "out"
    killed = forecast_killed(by_day, output, step)
    assert killed.returncode == -signal.SIGKILL
    assert gone_within(killed.pid, UNTIL_GONE)
    assert list((output / ".run" / "spill").glob("bucket-*"))
    assert parts(output) == {}
    assert parts(forecast(by_day, output)) == parts(undisturbed)
    assert files(output) == files(undisturbed)
    assert run_check(output).damages == ()
    survived("SIGKILL while rows are put in order", 1)
