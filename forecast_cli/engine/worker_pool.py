"""The pool of worker processes of a run: starts, tracks and stops them."""

import contextlib
import multiprocessing
import os
import pickle
import signal
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from multiprocessing.util import get_temp_dir
from pathlib import Path
from typing import Final

from forecast_cli.core.errors import ConfigError
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
from forecast_cli.store.temporary import mark_folder

#: Modules for learning that take long to import.
_LEARNING: Final = ("forecast_cli.engine.learning", "forecast_cli.models.pooled.trees")
#: One thread in each worker for libraries that would use all cores; these read the variables on import.
ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)
#: Seconds for each account of a block, if that gives the block more than the limit of one account.
_PER_ACCOUNT: Final = 0.01
#: Seconds to wait for a process that was killed.
UNTIL_GONE: Final = 5.0


@dataclass
class Worker:
    """A worker process and the attempt it works on.

    ``silent`` is the time in seconds without a message, ``silence_limit`` the longest allowed (None: no limit). Once
    its connection is closed, a worker is never idle again.
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
        """Send an attempt to the worker; raises OSError if the process is gone."""
        self.attempt, self.part = attempt, 0
        self.note_message(Heartbeat(0), limit=0)
        self.connection.send(attempt.task)

    def clear_attempt(self) -> None:
        """Reset the attempt, its account and the silence limit."""
        self.attempt, self.silence_limit, self.account = None, None, None

    def note_message(self, message: Message, *, limit: float) -> None:
        """Record a message as a sign of life; an account may take ``limit`` seconds, or less as the attempt says."""
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
        """Return whether the worker waits for an attempt."""
        return self.ready and self.attempt is None and not self.connection.closed

    @property
    def current_account(self) -> Key | None:
        """Return the key of the account being worked on, None if it is not known."""
        if self.account is not None or self.attempt is None:
            return self.account
        part = self.attempt.task.parts[self.part]
        return (part.first_id,) if self.attempt.one_by_one and part.first_id == part.last_id else None

    def kill(self) -> None:
        """Kill the process at once; what it staged is not committed, so nothing is lost."""
        self.silence_limit = None
        if self.process.is_alive():
            self.process.kill()
        self.process.join(UNTIL_GONE)
        self.connection.close()


@dataclass
class WorkerPool:
    """The workers of a run; use within ``worker_pool``."""

    context: BaseContext
    job: bytes
    modules: tuple[str, ...]
    workers: list[Worker] = field(default_factory=list)

    def start_worker(self) -> None:
        """Start another worker; raises OSError or EOFError if the system has no room for it."""
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
    """Yield an empty pool for ``job``; all its workers are killed at the end."""
    modules = _modules_needed(job.models)
    with environment(ONE_THREAD):
        pool = WorkerPool(_context(modules), pickle.dumps(job), modules)
        try:
            yield pool
        finally:
            for worker in pool.workers:
                worker.kill()


def worker_context(models: Sequence[ModelChoice], *, learns: bool) -> BaseContext:
    """Return the context in which workers for ``models`` are started, and before them a process that ``learns``.

    If it uses a fork server, the server is started now, and imports what they need in the background.
    """
    with environment(ONE_THREAD):
        return _context((*_modules_needed(models), *(_LEARNING if learns else ())))


def try_worker(timeout: float) -> int | None:
    """Start a process as workers are started; return its exit code, or None if it has not ended after ``timeout`` s.

    Raises OSError or EOFError if the system has no room for it.
    """
    with environment(ONE_THREAD):
        process = _context(()).Process(target=os.getpid, daemon=True)  # type: ignore[attr-defined]
        process.start()
    process.join(timeout)
    code: int | None = process.exitcode
    return code


def start_method() -> str:
    """Return the start method of workers: never fork, which can deadlock once polars has started threads."""
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def _context(modules: tuple[str, ...]) -> BaseContext:
    """Return the context in which workers are started, and start its fork server, if it has one.

    The server imports ``modules`` and runs nothing else. Raises ConfigError if the path of the temporary folder is too
    long, and OSError if the system has no room for the server.
    """
    context = multiprocessing.get_context(start_method())
    if start_method() == "forkserver":
        make_waits_interruptible()  # the server forks only after its imports: Ctrl-C has to end that wait
        context.set_forkserver_preload(["forecast_cli.engine.fork_server", "forecast_cli.engine.worker_main", *modules])
        with interrupts_blocked(), environment({SERVED: str(os.getpid())}):
            _start_fork_server()
    return context


def _start_fork_server() -> None:
    try:
        forkserver.ensure_running()
        mark_folder(Path(get_temp_dir()))
    except OSError as error:
        if error.errno is not None:
            raise
        folder = tempfile.gettempdir()  # a socket's path has some 100 bytes, and this error of Python's has no number
        raise ConfigError(
            f"{folder}: temporary folder cannot hold the socket of worker processes: {error}",
            "set TMPDIR to a folder with a shorter path",
        ) from None


def end_fork_server() -> None:
    """Kill the fork server, which may still be about to start a worker that nobody would wait for."""
    server = getattr(forkserver._forkserver, "_forkserver_pid", None)
    if server is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server, signal.SIGKILL)


def _modules_needed(models: Sequence[ModelChoice]) -> tuple[str, ...]:
    """Return the modules to import before the first task: those that take long to import and that a model needs."""
    slow = {
        "statsforecast.models": any(choice.spec.kind is ModelKind.SERIES for choice in models),
        "holidays.countries": finds_events(models),
    }
    return (*(module for module, needed in slow.items() if needed), *compiled_modules(models))
