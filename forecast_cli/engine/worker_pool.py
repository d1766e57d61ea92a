"""The pool of worker processes of a run: how they are started, tracked and stopped."""

import contextlib
import multiprocessing
import os
import pickle
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Final

from forecast_cli.core.fault_points import Step, fault_point
from forecast_cli.core.heartbeat import Heartbeat
from forecast_cli.core.ids import Key
from forecast_cli.engine.compiling import compiled_modules
from forecast_cli.engine.environment import environment
from forecast_cli.engine.fork_server import SERVED
from forecast_cli.engine.retries import Attempt
from forecast_cli.engine.shards import Job
from forecast_cli.engine.signals import interrupts_blocked, make_waits_interruptible
from forecast_cli.engine.worker_main import Message, PartStarted, run_worker
from forecast_cli.models.registry import ModelChoice, finds_events
from forecast_cli.models.spec import ModelKind

#: What takes long to import where something is learned.
_LEARNING: Final = ("forecast_cli.engine.learning", "forecast_cli.models.pooled.trees")
#: One thread in each worker, for every library that would take them all; read when a worker first imports them.
ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)
#: Seconds an account that a block of many may take, where that is longer than the limit of one.
_PER_ACCOUNT: Final = 0.01
#: Seconds to wait for a process that was killed.
_UNTIL_GONE: Final = 5.0


@dataclass
class Worker:
    """A worker process, the attempt it works on, and how long it may be, and has been, silent in seconds.

    Once its connection is closed it is never idle again.
    """

    process: BaseProcess
    connection: Connection
    ready: bool = False
    attempt: Attempt | None = None
    part: int = 0
    account: Key | None = None
    silence_limit: float | None = None
    silent: float = 0.0

    def assign(self, attempt: Attempt) -> None:
        """Send an attempt to the worker; raises OSError where the process is gone."""
        self.attempt, self.part = attempt, 0
        self.note_message(Heartbeat(0), limit=0)
        self.connection.send(attempt.task)

    def clear_attempt(self) -> None:
        """Note that the worker has no attempt any more."""
        self.attempt, self.silence_limit, self.account = None, None, None

    def note_message(self, message: Message, *, limit: float) -> None:
        """Note a message as a sign of life; an account may take ``limit`` seconds, or what the attempt has left."""
        self.silent = 0.0
        if isinstance(message, PartStarted):
            self.part, self.account, self.silence_limit = message.part, None, None
        if isinstance(message, Heartbeat):
            seconds = limit if self.attempt is None else self.attempt.account_limit(limit)
            self.silence_limit = max(seconds, _PER_ACCOUNT * message.accounts) if message.accounts else None
            if message.account is not None or not message.accounts:
                self.account = message.account

    @property
    def idle(self) -> bool:
        """Say whether the worker waits for an attempt."""
        return self.ready and self.attempt is None and not self.connection.closed

    @property
    def current_account(self) -> Key | None:
        """Return the account being worked on, where that is known."""
        if self.account is not None or self.attempt is None:
            return self.account
        part = self.attempt.task.parts[self.part]
        return (part.first_id,) if self.attempt.one_by_one and part.first_id == part.last_id else None

    def kill(self) -> None:
        """Kill the process at once; what it staged is not committed, so nothing is lost."""
        self.silence_limit = None
        if self.process.is_alive():
            self.process.kill()
        self.process.join(_UNTIL_GONE)
        self.connection.close()


@dataclass
class WorkerPool:
    """The workers of a run; use within ``worker_pool``."""

    context: BaseContext
    job: bytes
    modules: tuple[str, ...]
    workers: list[Worker] = field(default_factory=list)

    def start_worker(self) -> None:
        """Start another worker; raises OSError where the system has no room for it."""
        ours, theirs = self.context.Pipe()
        try:
            fault_point(Step.SPAWN)
            process = self.context.Process(target=run_worker, args=(theirs, self.job, self.modules), daemon=True)  # type: ignore[attr-defined]
            process.start()
        except BaseException:
            ours.close()
            end_fork_server()
            raise
        finally:
            theirs.close()
        self.workers.append(Worker(process, ours))

    def stop_worker(self, worker: Worker) -> None:
        """Kill a worker and forget it."""
        self.workers.remove(worker)
        worker.kill()


@contextlib.contextmanager
def worker_pool(job: Job) -> Iterator[WorkerPool]:
    """Yield a pool for ``job``, empty at first; all its workers are killed at the end."""
    modules = _modules_needed(job.models)
    with environment(ONE_THREAD):
        pool = WorkerPool(_context(modules), pickle.dumps(job), modules)
        try:
            yield pool
        finally:
            for worker in pool.workers:
                worker.kill()


def worker_context(models: Sequence[ModelChoice], *, learns: bool) -> BaseContext:
    """Return the context that workers for ``models`` are made in, and before them a process that ``learns``.

    Where there is a fork server it is started, if none is: it imports what they need while others go on.
    """
    with environment(ONE_THREAD):
        return _context((*_modules_needed(models), *(_LEARNING if learns else ())))


def try_worker(timeout: float) -> int | None:
    """Start a process the way workers are started; return its exit code, or None if it has none after ``timeout`` s.

    Raises OSError or EOFError where the system has no room for it.
    """
    with environment(ONE_THREAD):
        process = _context(()).Process(target=os.getpid, daemon=True)  # type: ignore[attr-defined]
        process.start()
    process.join(timeout)
    code: int | None = process.exitcode
    return code


def start_method() -> str:
    """Return the start method of workers: never fork, which hangs once polars has threads."""
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def _context(modules: tuple[str, ...]) -> BaseContext:
    """Return the context workers are made in; a fork server has imported what they need, and nothing has run in it."""
    context = multiprocessing.get_context(start_method())
    if start_method() == "forkserver":
        make_waits_interruptible()  # the server makes a process only once it has imported: Ctrl-C has to end that wait
        context.set_forkserver_preload(["forecast_cli.engine.fork_server", "forecast_cli.engine.worker_main", *modules])
        with interrupts_blocked(), environment({SERVED: str(os.getpid())}):
            forkserver.ensure_running()
    return context


def end_fork_server() -> None:
    """Kill a fork server that may still be about to start a worker, which nobody would wait for."""
    server = getattr(forkserver._forkserver, "_forkserver_pid", None)
    if server is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server, signal.SIGKILL)


def _modules_needed(models: Sequence[ModelChoice]) -> tuple[str, ...]:
    """Return what to import before the first task, and only where a model needs it: what takes long to import."""
    slow = {
        "statsforecast.models": any(choice.spec.kind is ModelKind.SERIES for choice in models),
        "holidays.countries": finds_events(models),
    }
    return (*(module for module, needed in slow.items() if needed), *compiled_modules(models))
