"""The local executor: what it counts against workers."""

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import WorkerLostError
from forecast_cli.engine import local
from forecast_cli.engine.retries import Attempt, LossCause, LostWorker
from forecast_cli.engine.shards import cut_shards
from forecast_cli.store.receipts import ShardReceipt

(SHARD,) = cut_shards(pl.Series("unique_id", ["a", "b"]), 2)


def supervisor() -> Any:
    job, pool = SimpleNamespace(settings=Settings()), SimpleNamespace(workers=[], stop_worker=lambda _: None)
    return local._Supervisor(job, [], pool, lambda _: None)  # type: ignore[arg-type]


def test_time_for_which_this_process_itself_was_stopped_is_no_silence_of_workers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter([0.0, 0.3, 3_600.0])
    monkeypatch.setattr(local, "time", SimpleNamespace(monotonic=lambda: next(times)))
    watching = supervisor()
    assert [watching._since_last_poll(), watching._since_last_poll()] == pytest.approx([0.3, 1.0])


def lose_workers(watching: Any, count: int) -> None:
    for _ in range(count):
        worker = SimpleNamespace(attempt=Attempt(SHARD), ready=True)
        watching._retry_after_loss(worker, LostWorker(LossCause.KILLED, "it was so", ("a",)))


def test_a_run_ends_when_64_workers_were_lost_since_the_last_finished_shard() -> None:
    watching, worker = supervisor(), SimpleNamespace(clear_attempt=lambda: None, idle=False)
    lose_workers(watching, 63)
    assert list(watching._respond_to(worker, ShardReceipt(0, 2, 0.1, ()))) != []
    lose_workers(watching, 63)
    with pytest.raises(WorkerLostError, match="giving up"):
        lose_workers(watching, 1)
