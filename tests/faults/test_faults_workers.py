"""Workers start from a fresh process, use one thread each, and end with their parent."""

import os
from pathlib import Path

import faulty_model
import pytest
from fault_runs import ids, write_balances
from processes import gone_within, needs_proc, start, within, workers_of

from forecast_cli.config.settings import Settings
from forecast_cli.engine.shards import Done, Job, Shard
from forecast_cli.engine.worker import forecast_shard
from forecast_cli.engine.worker_pool import ONE_THREAD, start_method, try_worker
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest


@needs_proc
def test_RT04_RT05_workers_are_made_by_a_fork_server_and_end_with_the_run_even_in_native_code(tmp_path: Path) -> None:
    assert start_method() == "forkserver"
    source = write_balances(tmp_path / "in.parquet", ids(4, hang=1))
    begun = tmp_path / "begun"
    with start(source, tmp_path / "out", "--model", "FaultyBlock", "--shard-size", "2", begun=begun) as running:
        assert within(60, begun.exists)
        assert len(workers_of(running)) == 2, "workers are children of the fork server, not of the run"
        running.kill()
    assert gone_within(running.pid, 2)


def test_RT05_workers_are_never_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multiprocessing.get_all_start_methods", lambda: ["fork", "spawn"])
    assert start_method() == "spawn"


def threads_shard(job: Job, shard: Shard) -> Done:
    """Forecast, and raise where there is more than one thread for any library."""
    import polars as pl
    from threadpoolctl import threadpool_info

    done = forecast_shard(job, shard)
    assert pl.thread_pool_size() == 1
    assert {pool["num_threads"] for pool in threadpool_info()} <= {1}
    assert all(os.environ[name] == "1" for name in ONE_THREAD)
    return done


def test_RT06_a_worker_has_one_thread_for_each_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast_cli.workflows.forecast.forecast_shard", threads_shard)
    source = write_balances(tmp_path / "in.parquet", ids(4))
    settings = Settings(model=("Naive",), shard_size=2, jobs=2)
    run_forecast(ForecastRequest(str(source), tmp_path / "out", settings))
    assert os.environ.get("POLARS_MAX_THREADS") != "1"
    assert faulty_model.FAULTS


@pytest.mark.usefixtures("own_server")
def test_RT06_a_look_at_the_machine_before_a_run_leaves_workers_their_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert try_worker(60) == 0
    test_RT06_a_worker_has_one_thread_for_each_library(tmp_path, monkeypatch)


@needs_proc
def test_RT03_a_worker_that_is_killed_from_outside_is_replaced(tmp_path: Path) -> None:
    source = write_balances(tmp_path / "in.parquet", ids(4, sleep=1))
    begun = tmp_path / "begun"
    options = ("--model", "FaultyBlock", "--shard-size", "2", "--account-timeout", "1")
    with start(source, tmp_path / "out", *options, begun=begun) as running:
        assert within(60, begun.exists)
        for worker in workers_of(running):
            os.kill(worker, 9)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 3
    assert "account acc-001-sleep: no answer within 1 s (--account-timeout); it is recorded as failed" in said
    assert gone_within(running.pid, 10), "the server that workers are made by hears of it once it gets a core"
