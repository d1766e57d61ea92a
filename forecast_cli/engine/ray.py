"""The Ray executor: a task for each shard, in the cluster of RAY_ADDRESS or, without one, on this machine."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import ray
from ray.exceptions import RayError

from forecast_cli.core.errors import ConfigError, WorkerLostError
from forecast_cli.engine.cluster import Call, refuse_silent

#: How often Ray repeats a task whose process or node is lost.
_RETRIES: Final = 3
_POLL_SECONDS: Final = 0.2


@contextmanager
def connect() -> Iterator[Call]:
    """Use the connection to Ray of this process; if there is none, connect, and disconnect at the end.

    Raises ConfigError if Ray cannot be started or reached. Ray repeats the tasks of processes and nodes that it loses.
    """
    ours = not ray.is_initialized()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if ours:
            refuse_silent([os.environ.get("RAY_ADDRESS", "")])  # Ray would try for a quarter of an hour
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
        yield _call
    finally:
        if ours:
            ray.shutdown()


def _call(function: Callable[[bytes, Any], Any], packed: bytes, items: Sequence[Any]) -> Generator[Any]:
    """Call ``function`` in tasks of Ray; see ``Call``."""
    pending: list[Any] = []
    try:
        task, shared = ray.remote(max_retries=_RETRIES)(function), ray.put(packed)
        pending = [task.remote(shared, item) for item in items]
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


def _message(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
