"""The worker process: it receives tasks from its parent, reports progress, and ends when its parent does."""

import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from typing import Final

from forecast_cli.core.heartbeat import Heartbeat, on_heartbeat
from forecast_cli.engine.compiling import compile_loops
from forecast_cli.engine.shards import Job, Task
from forecast_cli.engine.worker import run_task
from forecast_cli.store.permissions import umask_for
from forecast_cli.store.receipts import ShardReceipt

#: Seconds before a heartbeat that equals the last is sent again.
_REPEAT_AFTER: Final = 0.2


@dataclass(frozen=True)
class Ready:
    """A message: the worker waits for its first task."""


@dataclass(frozen=True)
class PartStarted:
    """A message: the worker began a part of its task."""

    part: int


@dataclass(frozen=True)
class TaskFailure:
    """The exception of a task and its traceback; ``error`` is None if it cannot be pickled."""

    error: BaseException | None
    trace: str


#: What a worker sends to its parent.
Message = Ready | PartStarted | Heartbeat | ShardReceipt | TaskFailure


def run_worker(connection: Connection, job: bytes, modules: Sequence[str]) -> None:
    """Run tasks until there are no more; ``modules`` are imported before the first, so that no account is blamed."""
    leave_end_to_parent()
    on_heartbeat(_HeartbeatSender(connection))
    try:
        made: Job = pickle.loads(job)  # noqa: S301 - passed by the parent when it started this process
        os.umask(umask_for(int(made.settings.mode, 8)))
        compile_loops(modules)
        connection.send(Ready())
        while True:
            _run_and_send(connection, made, connection.recv())
    except EOFError:
        return
    except OSError:  # the parent is gone, or has let go of this worker
        os._exit(1)
    except BaseException as error:  # noqa: BLE001 - sent as a value
        connection.send(to_task_failure(error))


def leave_end_to_parent() -> None:
    """Make this process end when its parent ends it or ends itself, and not by Ctrl-C, which the parent receives too.

    On Linux it ends with the parent also while native code keeps Python from running.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = parent_process()
    if parent is None:
        return
    threading.Thread(target=_exit_with_parent, args=(parent.sentinel,), daemon=True).start()
    try:
        import fcntl

        fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(parent.sentinel, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, fcntl.fcntl(parent.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    except (ImportError, AttributeError, OSError):  # only Linux has it
        return


def to_task_failure(error: BaseException) -> TaskFailure:
    """Return ``error`` in a form that can be pickled."""
    trace = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled on the same line
    except Exception:  # noqa: BLE001 - whatever an exception's own pickling may raise
        return TaskFailure(None, trace)
    return TaskFailure(error, trace)


def to_exception(message: TaskFailure) -> BaseException:
    """Return the exception raised by a task, with the traceback from the worker as its cause."""
    error = message.error or RuntimeError("a task raised what cannot be handed over")
    error.__cause__ = _RemoteTracebackError(message.trace)
    return error


class _RemoteTracebackError(Exception):
    """The traceback of an exception in another process, as text."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def _run_and_send(connection: Connection, job: Job, task: Task) -> None:
    try:
        done: Message = run_task(job, task, begin=lambda part: connection.send(PartStarted(part)))
    except BaseException as error:  # noqa: BLE001 - sent as a value; polars panics are no Exception
        done = to_task_failure(error)
    connection.send(done)


def _exit_with_parent(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


class _HeartbeatSender:
    """Sends heartbeats to the parent, and one that equals the last only after ``_REPEAT_AFTER`` seconds."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._last, self._at = connection, Heartbeat(0), 0.0

    def __call__(self, heartbeat: Heartbeat) -> None:
        now = time.monotonic()
        if heartbeat != self._last or now - self._at > _REPEAT_AFTER:
            self._last, self._at = heartbeat, now
            self._connection.send(heartbeat)
