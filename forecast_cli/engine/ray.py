"""The Ray executor: a task for each shard, in the cluster of RAY_ADDRESS or, without one, on this machine."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final

import ray
from ray.exceptions import RayError

from forecast_cli.core.errors import ConfigError, WorkerLostError
from forecast_cli.engine.cluster import check_probe, pack_job, probe_node, receipt_of, run_on_node
from forecast_cli.engine.memory import Room
from forecast_cli.engine.shards import Job, Shard
from forecast_cli.store.receipts import ShardReceipt

#: How often Ray repeats a task whose process or node is lost.
_RETRIES: Final = 3
_POLL_SECONDS: Final = 0.2


def run_shards(
    job: Job,
    shards: Sequence[Shard],
    *,
    room: Room,  # noqa: ARG001 - Ray decides how many tasks run at a time
    warn: Callable[[str], None],
) -> Generator[ShardReceipt]:
    """Yield the receipts of ``shards`` as Ray finishes them; see ``RunShards``.

    Ray repeats the tasks of processes and nodes that it loses. Raises ConfigError if Ray cannot be started or reached,
    or if a probe shows that tasks cannot do their work.
    """
    if not shards:
        return
    with _connection():
        packed = ray.put(pack_job(job))
        probe, run = (ray.remote(max_retries=_RETRIES)(function) for function in (probe_node, run_on_node))
        try:
            [answer] = _results([probe.remote(packed)])
        except WorkerLostError as error:
            raise ConfigError(f"the first task failed: {error}", "install forecast-cli on all nodes") from error
        check_probe(answer, job)
        with closing(_results([run.remote(packed, shard) for shard in shards])) as outcomes:
            for outcome in outcomes:
                yield receipt_of(outcome, warn)


def _results(tasks: Sequence[Any]) -> Generator[Any]:
    """Yield the results of ``tasks`` as they end; cancel those that have not ended when closed."""
    pending = list(tasks)
    try:
        while pending:
            done, pending = ray.wait(pending, timeout=_POLL_SECONDS)
            yield from ray.get(done)
    except RayError as error:
        raise WorkerLostError(
            f"Ray: {_message(error)}", "run the same command again; finished shards are kept"
        ) from error
    finally:
        for task in pending:
            ray.cancel(task, force=True)


@contextmanager
def _connection() -> Iterator[None]:
    """Use the connection to Ray of this process; if there is none, connect, and disconnect at the end."""
    ours = not ray.is_initialized()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if ours:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            ray.init(log_to_driver=False, logging_level=logging.WARNING)
    except (RayError, OSError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"Ray could not be started or reached: {_message(error)}",
            "check RAY_ADDRESS, and the token if the cluster asks for one",
        ) from error
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)
    try:
        yield
    finally:
        if ours:
            ray.shutdown()


def _message(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
