"""The local executor: shards over worker processes on this machine."""

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.connection import wait
from typing import Final

from forecast_cli.core.errors import WorkerLostError
from forecast_cli.engine.shards import Job, Shard
from forecast_cli.engine.worker import run_shard
from forecast_cli.models.spec import ModelKind
from forecast_cli.store.run_folder import ShardReceipt

#: One thread in each worker, for every library that would take them all; read when a worker first imports them.
ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)

#: The job of this worker process, as bytes until its first shard: what is wrong with it is then told as a value.
_job: list[bytes | Job] = []


def run_shards(job: Job, shards: Sequence[Shard], *, jobs: int) -> Generator[ShardReceipt]:
    """Yield the receipts of ``shards`` as workers finish them, in no particular order.

    Raises what a shard raises, and WorkerLostError where the system ends a worker. Leaves no worker behind.
    """
    if not shards:
        return
    with _one_thread_each(), _pool(job, min(jobs, len(shards))) as pool:
        waiting = {pool.submit(_run_in_worker, shard) for shard in shards}
        yield from _results(waiting)


def start_method() -> str:
    """Return the start method of workers: never fork, which hangs once polars has threads."""
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def usable_cores() -> int:
    """Return the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _results(waiting: set[Future[ShardReceipt]]) -> Iterator[ShardReceipt]:
    try:
        for done in as_completed(waiting):
            yield done.result()
    except BrokenProcessPool:
        raise WorkerLostError(
            "a worker process was ended by the system, most likely for want of memory; finished shards are kept",
            "run the same command again, with fewer --jobs or a smaller --shard-size",
        ) from None


@contextlib.contextmanager
def _pool(job: Job, workers: int) -> Iterator[ProcessPoolExecutor]:
    context, others = _context(job), set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(pickle.dumps(job),))
    try:
        yield pool
    except BaseException:
        _end(set(multiprocessing.active_children()) - others)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _end(workers: set[multiprocessing.process.BaseProcess]) -> None:
    """End workers and wait for them, before anything they may still be reaching for is taken away.

    A fork server that is still importing has a worker to make yet, and would make it when nothing is left to work with.
    """
    server = getattr(forkserver._forkserver, "_forkserver_pid", None)
    if server is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server, signal.SIGKILL)
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(timeout=5)


def _context(job: Job) -> multiprocessing.context.BaseContext:
    """Return the context workers are made in; a fork server has imported what they need, and nothing has run in it."""
    context = multiprocessing.get_context(start_method())
    if start_method() == "forkserver":
        context.set_forkserver_preload(["forecast_cli.engine.worker", *_modules_needed(job)])
        with _deaf_to_interrupts():
            forkserver.ensure_running()
    return context


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Start processes that leave Ctrl-C to this one, even while they import."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _modules_needed(job: Job) -> list[str]:
    """Return what to import once, before workers are made: statsforecast, and only where a model needs it."""
    return ["statsforecast.models"] if any(choice.spec.kind is ModelKind.SERIES for choice in job.models) else []


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _start_worker(job: bytes) -> None:
    """Keep the job, leave interrupts to the parent, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _job[:] = [job]


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _run_in_worker(shard: Shard) -> ShardReceipt:
    (job,) = _job
    if isinstance(job, bytes):
        job = pickle.loads(job)  # noqa: S301 - the parent's own, handed over when this process was made
        _job[:] = [job]
    return run_shard(job, shard)
