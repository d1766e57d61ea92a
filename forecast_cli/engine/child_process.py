"""Run a function in its own process, so that its memory is returned to the system."""

import multiprocessing
from collections.abc import Callable
from contextlib import nullcontext
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from forecast_cli.core.errors import WorkerLostError
from forecast_cli.engine.environment import FRUGAL, environment
from forecast_cli.engine.retries import explain_exit_code
from forecast_cli.engine.signals import interrupts_blocked
from forecast_cli.engine.worker_main import TaskFailure, leave_end_to_parent, to_exception, to_task_failure
from forecast_cli.engine.worker_pool import UNTIL_GONE, end_fork_server

Answer = TypeVar("Answer")


def run_in_child_process(
    doing: str, function: Callable[..., Answer], *arguments: object, context: BaseContext | None = None
) -> Answer:
    """Return ``function(*arguments)``, called in a child process; function, arguments and result must be picklable.

    The process is started in ``context``; without one, it is spawned, with polars set to return freed memory at once.
    Raises what ``function`` raises, and WorkerLostError, which says what it was ``doing``, if the process could not be
    started or ended without a result.
    """
    server, context = context is not None, context or multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send_result, args=(theirs, function, arguments), daemon=True)  # type: ignore[attr-defined]
    try:
        _start(process, server=server)
        theirs.close()
        ours.poll(None)  # an interrupt ends this wait, but not a read: polars, once used, has reads restarted
        answer: Any = ours.recv()
    except (EOFError, OSError) as error:  # it ended before its answer was complete, or could not be started
        raise WorkerLostError(
            f"the process that was {doing} {_describe_exit(process, error)}",
            "free some memory, or give a lower --memory, then run the same command again: finished shards are kept",
        ) from None
    finally:
        if process.pid is not None:
            process.kill()
            process.join(UNTIL_GONE)
        theirs.close()
        ours.close()
    if isinstance(answer, TaskFailure):
        raise to_exception(answer)
    found: Answer = answer
    return found


def _start(process: BaseProcess, *, server: bool) -> None:
    """Start the process; a fork ``server`` has SIGINT blocked itself, and may still be importing for some time."""
    try:
        with nullcontext() if server else interrupts_blocked(), environment(FRUGAL):
            process.start()
    except KeyboardInterrupt:
        end_fork_server()
        raise


def _describe_exit(process: BaseProcess, error: EOFError | OSError) -> str:
    if process.pid is None:
        return f"could not be started: {getattr(error, 'strerror', None) or error}"
    process.join(UNTIL_GONE)
    return f"ended with {explain_exit_code(process.exitcode)}"


def _send_result(connection: Connection, function: Callable[..., object], arguments: tuple[object, ...]) -> None:
    leave_end_to_parent()
    try:
        connection.send(function(*arguments))
    except BaseException as error:  # noqa: BLE001 - sent as a value; polars panics are no Exception
        connection.send(to_task_failure(error))
