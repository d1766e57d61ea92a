"""The work of a task on a node of a cluster: what it checks, and what it returns."""

import pickle
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from forecast_runs import balances

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError, WorkerLostError
from forecast_cli.engine import cluster
from forecast_cli.engine.cluster import Finished, pack_job, probe, probe_node, run_on_node, run_shards
from forecast_cli.engine.memory import Room
from forecast_cli.engine.shards import Job, Shard
from forecast_cli.engine.worker import forecast_shard
from forecast_cli.engine.worker_main import TaskFailure
from forecast_cli.workflows.places import Place
from forecast_cli.workflows.preparing import RunKind, prepare
from forecast_cli.workflows.results import ForecastRequest

Prepared = tuple[Job, Shard]


@pytest.fixture
def prepared(request_of: Callable[..., ForecastRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    """A job with relative paths, and a shard of it."""
    monkeypatch.chdir(tmp_path)
    request = replace(request_of(balances(accounts=2)), input="balances.parquet", output=Path("out"))
    found = prepare(RunKind("forecast"), request, Place(Path("out")))
    staging = Path("staging")
    staging.mkdir()
    job = Job(found.checked.source, request.settings, found.contract.origin, staging, forecast_shard)
    return job, found.shards[0]


def refusal(answer: Any) -> ConfigError:
    assert isinstance(answer, TaskFailure)
    assert isinstance(answer.error, ConfigError), answer.trace
    return answer.error


def test_a_task_finds_the_files_of_relative_paths_wherever_it_is_run(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, shard = prepared
    packed = pack_job(job)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    done = run_on_node(packed, shard)
    assert isinstance(done, Finished)
    assert all((tmp_path / "staging" / file.staged).stat().st_size == file.bytes for file in done.receipt.files)


def test_two_attempts_at_a_shard_never_write_to_the_same_file(prepared: Prepared) -> None:
    job, shard = prepared
    attempts = [run_on_node(pack_job(job), shard) for _ in range(2)]
    files = [one.receipt.files for one in attempts if isinstance(one, Finished)]
    assert not {file.staged for file in files[0]} & {file.staged for file in files[1]}
    assert {file.sha256 for file in files[0][:1]} == {file.sha256 for file in files[1][:1]}


def call_here(function: Callable[[bytes, Any], Any], packed: bytes, items: Sequence[Any]) -> Generator[Any]:
    """Call the tasks of a cluster in this process."""
    yield from (function(packed, item) for item in items)


def test_a_probe_is_seen_by_the_folder_it_makes(prepared: Prepared) -> None:
    job, _ = prepared
    probe(call_here, job)
    [made] = job.staging.iterdir()

    def call_elsewhere(*arguments: Any) -> Generator[Any]:
        yield from call_here(*arguments)
        for folder in {*job.staging.iterdir()} - {made}:
            folder.rmdir()

    with pytest.raises(ConfigError, match="staging: what a node of the cluster writes there does not appear on this"):
        probe(call_elsewhere, job)


def test_a_probe_that_is_lost_each_time_is_blamed_on_the_nodes(prepared: Prepared) -> None:
    def lose(*_: Any) -> Generator[Any]:
        raise WorkerLostError("Ray: no module named forecast_cli", "run the same command again")
        yield

    with pytest.raises(ConfigError, match=r"^the first task failed: Ray: no module named forecast_cli$") as refused:
        probe(lose, prepared[0])
    assert "install forecast-cli on all nodes" in str(refused.value.hint)


def test_the_first_failure_of_a_task_is_raised_and_cancels_the_others(prepared: Prepared) -> None:
    job, shard = prepared
    job.staging.rmdir()
    called: list[Any] = []

    def call(function: Callable[[bytes, Any], Any], packed: bytes, items: Sequence[Any]) -> Generator[Any]:
        try:
            for item in items:
                called.append(item)
                yield function(packed, item)
        except GeneratorExit:
            called.append("cancelled")
            raise

    with pytest.raises(ConfigError, match="cannot write there"):
        list(run_shards(call, job, [shard, shard], room=Room(None, 1, 1), warn=pytest.fail))
    assert called == [shard, "cancelled"]


@pytest.mark.parametrize("task", [probe_node, run_on_node])
def test_a_node_without_the_output_says_so(prepared: Prepared, task: Callable[..., Any]) -> None:
    job, shard = prepared
    job.staging.rmdir()
    arguments = [shard] if task is run_on_node else []
    error = refusal(task(pack_job(job), *arguments))
    assert "cannot write there: No such file or directory" in error.message
    assert "under the same paths" in str(error.hint)
    assert not job.staging.exists()


@pytest.mark.parametrize("task", [probe_node, run_on_node])
def test_a_node_with_other_versions_says_which(prepared: Prepared, task: Callable[..., Any]) -> None:
    job, shard = prepared
    packed, versions = pickle.loads(pack_job(job))  # noqa: S301
    arguments = [shard] if task is run_on_node else []
    error = refusal(task(pickle.dumps((packed, versions | {"polars": "0.1"})), *arguments))
    assert 'has other versions than this machine: polars "0.1" -> ' in error.message


@pytest.mark.parametrize("task", [probe_node, run_on_node])
def test_a_node_that_does_not_see_the_input_says_so(prepared: Prepared, task: Callable[..., Any]) -> None:
    job, shard = prepared
    packed = pack_job(job)
    Path("balances.parquet").unlink()
    arguments = [shard] if task is run_on_node else []
    error = refusal(task(packed, *arguments))
    assert "does not see the input as this machine does: " in error.message
    assert "balances.parquet: is gone" in error.message


@pytest.mark.parametrize("task", [probe_node, run_on_node])
@pytest.mark.parametrize("stop", [SystemExit(1), KeyboardInterrupt()])
def test_a_node_that_is_stopped_loses_its_task_instead_of_ending_the_run(
    prepared: Prepared, task: Callable[..., Any], stop: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, shard = prepared
    packed = pack_job(job)
    monkeypatch.setattr(cluster, "_own_folder", raising(stop))
    arguments = [shard] if task is run_on_node else []
    with pytest.raises(type(stop)):
        task(packed, *arguments)


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any) -> None:
        raise error

    return fail


def test_only_the_value_of_a_currency_column_is_kept_from_a_footer(tmp_path: Path) -> None:
    rows = balances(accounts=2).with_columns(owner=pl.lit("Jane Doe"), Currency=pl.lit("EUR"))
    rows.write_parquet(tmp_path / "in.parquet")
    request = ForecastRequest(str(tmp_path / "in.parquet"), tmp_path / "out", Settings(model=("Naive",), horizon=5))
    [file] = prepare(RunKind("forecast"), request, Place(tmp_path / "out")).checked.source.files
    assert file.constants == (("Currency", b"EUR"),)
