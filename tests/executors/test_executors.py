"""Spark and Ray do what local processes do, to the same bytes, and what they lose is done again."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import lossy_shards
import numpy as np
import polars as pl
import pytest
from warned import Warnings

from forecast_cli.config.choices import Executor
from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError, WorkerLostError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.progress import NullProgress
from forecast_cli.engine import cluster
from forecast_cli.workflows import running
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
START = date(2025, 1, 1)
#: Columns with the time taken, which differs from run to run.
TIMINGS = {"accounts.parquet": ["seconds"], "leaderboard.parquet": ["cpu_seconds"]}

pytestmark = [
    pytest.mark.usefixtures("undrawn"),
    # py4j leaves its sockets to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


def tables(output: Path) -> dict[str, Any]:
    """Return the tables of a run: their bytes, or, for those with the seconds taken, the other columns."""
    found: dict[str, Any] = {str(path.relative_to(output)): path.read_bytes() for path in output.rglob("*.parquet")}
    for name, timing in TIMINGS.items():
        if name in found:
            found[name] = pl.read_parquet(output / name).drop(timing).rows()
    return found


@pytest.fixture
def balances(tmp_path: Path) -> Path:
    rng, days, accounts = np.random.default_rng(3), 120, 8
    frame = pl.DataFrame(
        {
            "account_id": [f"acc-{account:03d}" for account in range(accounts) for _ in range(days)],
            "date": [START + timedelta(days=day) for day in range(days)] * accounts,
            "balance": np.round(rng.normal(0, 20, (accounts, days)).cumsum(axis=1) + 500, 2).ravel(),
        }
    )
    frame.write_parquet(tmp_path / "in.parquet")
    return tmp_path / "in.parquet"


@pytest.fixture
def request_of(balances: Path, tmp_path: Path) -> Callable[..., ForecastRequest]:
    def make(executor: str, **changes: object) -> ForecastRequest:
        chosen = {"model": ("Naive",), "horizon": 5, "jobs": 1, "shard_size": 2, "executor": executor} | changes
        return ForecastRequest(str(balances), tmp_path / executor, Settings.model_validate(chosen))

    return make


def test_a_forecast_by_auto_has_the_bytes_of_local_processes(executor: str, tmp_path: Path) -> None:
    local, done = (
        run_forecast(ForecastRequest(str(SAMPLE), tmp_path / name, Settings(shard_size=70, executor=Executor(name))))
        for name in ("local", executor)
    )
    assert tables(done.output) == tables(local.output)
    assert (done.shards, done.fingerprint) == (4, local.fingerprint)
    assert run_check(done.output).damages == ()


def test_a_backtest_has_the_bytes_of_local_processes(
    executor: str, request_of: Callable[..., ForecastRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(request_of(executor).input).parent)
    changes = {"windows": 2, "step": 5, "min_train": 30}
    runs = [
        run_backtest(replace(request_of(name, **changes), input="in.parquet", output=Path(name)))
        for name in ("local", executor)
    ]
    assert tables(runs[1].output) == tables(runs[0].output)


def test_an_account_that_crashes_its_worker_process_fails_alone(
    executor: str, request_of: Callable[..., ForecastRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecast_cli.workflows.forecast.forecast_shard", lossy_shards.crash_on_account)
    heard = Warnings()
    runs = [run_forecast(request_of(name, max_failed=1), heard) for name in ("local", executor)]
    assert tables(runs[1].output) == tables(runs[0].output)
    assert [group.error for group in runs[1].failures] == ["killed"]
    assert len(heard.said) == 4
    assert heard.said[:2] == heard.said[2:]


def test_the_task_of_a_lost_process_is_done_again(
    executor: str, request_of: Callable[..., ForecastRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    local = run_forecast(request_of("local"))
    monkeypatch.setattr("forecast_cli.workflows.forecast.forecast_shard", lossy_shards.lose_task_once)
    done = run_forecast(request_of(executor))
    assert Path(local.output).with_name("lost-once").exists()
    assert tables(done.output) == tables(local.output)


def test_a_task_that_is_lost_each_time_ends_the_run_which_another_executor_resumes(
    executor: str, request_of: Callable[..., ForecastRequest]
) -> None:
    local = run_forecast(request_of("local"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forecast_cli.workflows.forecast.forecast_shard", lossy_shards.lose_task)
        with pytest.raises(WorkerLostError, match=rf"^{executor.capitalize()}: ") as lost:
            run_forecast(request_of(executor))
    assert lost.value.hint == "run the same command again; finished shards are kept"
    done = run_forecast(replace(request_of("local"), output=request_of(executor).output))
    assert tables(done.output) == tables(local.output)


class Interrupting(NullProgress):
    """Interrupts a run when the first of its shards is committed."""

    def advance(self, count: int) -> None:
        if count:
            raise KeyboardInterrupt


def test_an_interrupt_ends_the_tasks_and_another_executor_resumes_the_run(
    executor: str, request_of: Callable[..., ForecastRequest]
) -> None:
    local = run_forecast(request_of("local"))
    request = request_of(executor)
    with pytest.raises(KeyboardInterrupt):
        run_forecast(request, Interrupting())
    assert within(20, lambda: not is_busy(executor))
    done = run_forecast(replace(request_of("local"), output=request.output))
    assert tables(done.output) == tables(local.output)
    assert done.shards_resumed == 1


def is_busy(executor: str) -> bool:
    """Return whether a task is running: whether Spark has a job, and whether a core of Ray is not available."""
    if executor == "ray":
        import ray

        return float(ray.available_resources().get("CPU", 0)) < 2
    from pyspark import SparkContext

    return bool(SparkContext.getOrCreate().statusTracker().getActiveJobsIds())


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not happened() and time.monotonic() < until:
        time.sleep(0.1)
    return happened()


def pack_job_with_other_staging(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Send tasks to a folder that does not exist."""
    pack = cluster.pack_job
    monkeypatch.setattr(cluster, "pack_job", lambda job: pack(replace(job, staging=tmp_path / "not-mounted")))


def test_a_node_that_cannot_write_to_the_output_is_found_before_anything_is_learned(
    executor: str, request_of: Callable[..., ForecastRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack_job_with_other_staging(monkeypatch, tmp_path)
    monkeypatch.setattr(running, "_learn", pytest.fail)
    with pytest.raises(ConfigError, match=r"not-mounted: node \S+ cannot write there: No such file") as refused:
        run_forecast(request_of(executor))
    assert "under the same paths" in str(refused.value.hint)


@pytest.mark.usefixtures("_spark")
@pytest.mark.parametrize("fails", [False, True])
def test_a_spark_session_keeps_nothing_that_was_sent_to_nodes(
    fails: bool, request_of: Callable[..., ForecastRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyspark import SparkContext

    sent, broadcast = [], SparkContext.broadcast

    def keep(context: Any, value: bytes) -> Any:
        sent.append(broadcast(context, value))
        return sent[-1]

    monkeypatch.setattr(SparkContext, "broadcast", keep)
    if fails:
        pack_job_with_other_staging(monkeypatch, tmp_path)
    with pytest.raises(ConfigError) if fails else nullcontext():
        run_forecast(request_of("spark"))
    assert [Path(one._path).exists() for one in sent] == [False] * (1 if fails else 2)


@pytest.mark.usefixtures("_ray")
@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1"])
def test_an_address_at_which_no_ray_answers_is_refused_at_once(address: str, balances: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "forecast_cli", "forecast", balances, "--output", tmp_path / "out"]
    options = ["--model", "Naive", "--horizon", "5", "--executor", "ray"]
    environment = os.environ | {"RAY_ADDRESS": address}
    run = subprocess.run(
        [*command, *options], env=environment, timeout=100, capture_output=True, text=True, check=False
    )
    assert run.returncode == ExitCode.CONFIG_INVALID
    assert f"could not be started or reached: nothing answers at {address}: Connection refused" in run.stderr


@pytest.mark.usefixtures("_spark")
def test_an_address_at_which_no_spark_master_answers_is_refused_at_once(balances: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "forecast_cli", "forecast", balances, "--output", tmp_path / "out"]
    options = ["--model", "Naive", "--horizon", "5", "--executor", "spark"]
    master = "spark://127.0.0.1:1,localhost:2"
    environment = os.environ | {"PYSPARK_SUBMIT_ARGS": f"--master {master} pyspark-shell"}
    run = subprocess.run([*command, *options], env=environment, timeout=60, capture_output=True, text=True, check=False)
    assert run.returncode == ExitCode.CONFIG_INVALID
    assert f"Spark could not be started: nothing answers at {master}: Connection refused" in run.stderr
