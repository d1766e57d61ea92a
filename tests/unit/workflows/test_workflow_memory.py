"""Runs with a memory limit: the same bytes, or a refusal before anything is written."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from forecast_runs import balances, part_bytes, with_troubled

from forecast_cli.core.errors import ConfigError
from forecast_cli.engine import local
from forecast_cli.engine.memory import Room
from forecast_cli.engine.retries import Attempt
from forecast_cli.engine.shards import Job, Shard, Task
from forecast_cli.engine.worker import run_task
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.state import OutputState
from forecast_cli.workflows import preparing
from forecast_cli.workflows.forecast import plan_forecast, run_forecast
from forecast_cli.workflows.places import Place
from forecast_cli.workflows.results import ForecastRequest


def test_a_bound_of_memory_changes_neither_what_is_written_nor_what_it_is_made_from(
    request_of: Callable[..., ForecastRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = with_troubled(balances())
    whole = run_forecast(request_of(frame, output="whole", shard_size=7))
    taken: list[tuple[int, ...]] = []

    def few_at_a_time(job: Job, task: Task, **named: Callable[[int], None]) -> ShardReceipt:
        taken.append(tuple(part.accounts for part in task.parts))
        return run_task(job, task, **named)

    def run_here(job: Job, shards: list[Shard], *, room: Room, **_: object) -> Iterator[ShardReceipt]:
        attempts = (Attempt(shard, parts=-(-shard.accounts // room.at_once)) for shard in shards)
        yield from (few_at_a_time(job, attempt.task) for attempt in attempts)

    monkeypatch.setattr(preparing, "find_room", lambda *_, **__: Room(10**9, 1, 3))
    monkeypatch.setattr(local, "run_shards", run_here)
    request = request_of(frame, output="parts", shard_size=7, memory="1GB")
    parts = run_forecast(request)
    assert taken == [(3, 3, 1), (3, 3, 1), (1,)]
    assert part_bytes(parts.output) == part_bytes(whole.output)
    assert parts.fingerprint == whole.fingerprint
    assert run_forecast(request_of(frame, output="whole", shard_size=7, memory="2GB")).reused


def test_a_finished_run_is_left_alone_where_memory_is_too_little_to_make_it(
    request_of: Callable[..., ForecastRequest],
) -> None:
    frame = balances(accounts=2)
    run_forecast(request_of(frame))
    request = request_of(frame, memory="20MB")
    assert run_forecast(request).reused
    assert plan_forecast(request).output_state == OutputState.FINISHED
    with pytest.raises(ConfigError, match="--memory 20MB: 2 accounts by"):
        run_forecast(replace(request, force=True))
    (request.output / "accounts.parquet").unlink()
    with pytest.raises(ConfigError, match="--memory 20MB: 2 accounts by"):
        run_forecast(request)


def test_too_little_memory_is_refused_before_anything_is_written(request_of: Callable[..., ForecastRequest]) -> None:
    request = request_of(balances(), memory="100MB")
    with pytest.raises(
        ConfigError, match=r"--memory 100MB: 12 accounts by Naive, SeasonalNaive\(7\) need at least \d+MB"
    ):
        run_forecast(request)
    assert not request.output.exists()
    plan = plan_forecast(request_of(balances(), memory="1GB"))
    assert (plan.memory_bytes, plan.at_once) == (10**9, 12)


@pytest.mark.parametrize(("memory", "tried"), [(None, 1), ("500MB", 0)])
def test_workers_are_begun_early_where_there_is_room_and_it_is_no_matter_where_not(
    memory: str | None, tried: int, request_of: Callable[..., ForecastRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, begun = request_of(balances(accounts=2)), []
    settings = request.settings.model_copy(update={"memory": memory})

    def refuse(models: object, *, learns: bool) -> None:
        begun.append((models, learns))
        raise OSError("no more processes")

    monkeypatch.setattr(preparing, "worker_context", refuse)
    monkeypatch.setattr(preparing, "available_memory", lambda: 8_000_000_000)
    preparing.prepare(
        preparing.RunKind("forecast"), replace(request, settings=settings), Place(request.output), begins=True
    )
    assert len(begun) == tried
    preparing.prepare(preparing.RunKind("forecast"), replace(request, settings=settings), Place(request.output))
    assert len(begun) == tried


@pytest.mark.parametrize(("memory", "said"), [("3GB", "dirty_decay_ms:-1,muzzy_decay_ms:-1"), ("2GB", "as before")])
def test_workers_are_made_from_what_keeps_the_memory_it_frees_where_that_is_ample(
    memory: str, said: str, request_of: Callable[..., ForecastRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, begun = request_of(balances(accounts=2)), []
    settings = request.settings.model_copy(update={"memory": memory, "jobs": 2})
    monkeypatch.setenv("_RJEM_MALLOC_CONF", "as before")
    monkeypatch.setattr(preparing, "worker_context", lambda *_, **__: begun.append(os.environ["_RJEM_MALLOC_CONF"]))
    preparing.prepare(
        preparing.RunKind("forecast"), replace(request, settings=settings), Place(request.output), begins=True
    )
    assert begun == [said]
    assert os.environ["_RJEM_MALLOC_CONF"] == "as before"
