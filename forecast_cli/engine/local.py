"""The local executor: shards over worker processes on this machine."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
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

_job: list[Job] = []


def run_shards(job: Job, shards: Sequence[Shard], *, jobs: int) -> Iterator[ShardReceipt]:
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
    context = multiprocessing.get_context(start_method())
    if start_method() == "forkserver":
        context.set_forkserver_preload(["forecast_cli.engine.worker", *_modules_needed(job)])
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(job,))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


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


def _start_worker(job: Job) -> None:
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
    return run_shard(_job[0], shard)
