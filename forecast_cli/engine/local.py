"""The local executor: runs shards in worker processes on this machine, and replaces workers that are lost."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from multiprocessing.connection import wait
from typing import Final, assert_never

from forecast_cli.core.errors import WorkerLostError
from forecast_cli.core.heartbeat import Heartbeat
from forecast_cli.engine.memory import Room
from forecast_cli.engine.retries import (
    Attempt,
    LossCause,
    LostWorker,
    describe_exit,
    describe_timeout,
    describe_to_user,
)
from forecast_cli.engine.shards import Job, Shard
from forecast_cli.engine.worker_main import Message, PartStarted, Ready, TaskFailure, to_exception
from forecast_cli.engine.worker_pool import Worker, WorkerPool, worker_pool
from forecast_cli.store.receipts import ShardReceipt

#: Seconds between two checks of silent workers.
_POLL_SECONDS: Final = 0.2
#: Most seconds that count as silence from one check to the next: if this process itself was stopped, workers are not
#: to blame.
_MAX_SILENCE: Final = 1.0
#: Number of workers lost between two finished shards, and of failed starts, with which the run ends, because no account
#: is to blame for so many.
_MAX_LOSSES: Final = 64
_MAX_FAILED_STARTS: Final = 3

_AGAIN: Final = "run the same command again, with fewer --jobs or a lower --memory; finished shards are kept"


def run_shards(
    job: Job, shards: Sequence[Shard], *, room: Room, warn: Callable[[str], None]
) -> Generator[ShardReceipt]:
    """Yield the receipts of ``shards`` as workers finish them, in no particular order; see ``RunShards``.

    A worker that crashes on an account, or spends longer than ``account_timeout`` on it, is replaced. An account that
    takes too long, or crashes two workers, gets the status failed, and all others are forecast. ``warn`` is called for
    each loss. There are as many workers as ``room`` says, each with as many accounts of a shard at a time. Raises
    what a shard raises, and WorkerLostError if no account can be blamed. Leaves no worker running.
    """
    if not shards:
        return
    attempts = [Attempt(shard, parts=-(-shard.accounts // room.at_once)) for shard in shards]
    with worker_pool(job) as pool:
        yield from _Supervisor(job, attempts, pool, warn).run(room.workers)


class _Supervisor:
    """Assigns shards to workers, receives their messages, and reacts to the loss of a worker."""

    def __init__(self, job: Job, attempts: Iterable[Attempt], pool: WorkerPool, warn: Callable[[str], None]) -> None:
        self._limit, self._pool, self._warn = job.settings.account_timeout, pool, warn
        self._waiting = deque(attempts)
        self._losses, self._failed_starts, self._polled_at = 0, 0, time.monotonic()

    def run(self, jobs: int) -> Iterator[ShardReceipt]:
        """Run all shards with up to ``jobs`` workers, and yield their receipts."""
        while self._waiting or any(worker.attempt for worker in self._pool.workers):
            self._start_workers(jobs)
            wait([worker.connection for worker in self._pool.workers], timeout=_POLL_SECONDS)
            silence = self._since_last_poll()
            for worker in list(self._pool.workers):
                worker.silent += silence
                yield from self._receive_all(worker)
                self._check_silence(worker)

    def _since_last_poll(self) -> float:
        before, self._polled_at = self._polled_at, time.monotonic()
        return min(self._polled_at - before, _MAX_SILENCE)

    def _start_workers(self, jobs: int) -> None:
        """Start workers until there is one for each attempt, or ``jobs``, or until one fails to start."""
        busy = sum(worker.attempt is not None for worker in self._pool.workers)
        while len(self._pool.workers) < min(jobs, busy + len(self._waiting)):
            try:
                self._pool.start_worker()
            except (OSError, EOFError) as error:
                self._failed_start(f"no worker process could be started: {getattr(error, 'strerror', None) or error}")
                return

    def _receive_all(self, worker: Worker) -> Iterator[ShardReceipt]:
        """React to all messages of a worker, and assign an attempt to it if it is idle."""
        while (message := self._receive(worker)) is not None:
            yield from self._respond_to(worker, message)
        self._assign(worker)

    def _receive(self, worker: Worker) -> Message | None:
        try:
            message: Message | None = (
                worker.connection.recv() if not worker.connection.closed and worker.connection.poll() else None
            )
        except (EOFError, OSError):
            self._retry_after_loss(worker, self._exit_of(worker))
            return None
        return message

    def _assign(self, worker: Worker) -> None:
        if not (worker.idle and self._waiting):
            return
        attempt = self._waiting.popleft()
        try:
            worker.assign(attempt)
        except OSError:  # it ended while it was idle
            self._waiting.appendleft(attempt)
            worker.clear_attempt()
            self._retry_after_loss(worker, self._exit_of(worker))

    def _respond_to(self, worker: Worker, message: Message) -> Iterator[ShardReceipt]:
        match message:
            case Ready():
                worker.ready, self._failed_starts = True, 0
            case PartStarted() | Heartbeat():
                worker.note_message(message, limit=self._limit)
            case TaskFailure():
                raise to_exception(message)
            case ShardReceipt():
                self._losses = 0
                worker.clear_attempt()
                self._assign(worker)  # before the receipt is processed, so that the worker is not idle
                yield message
            case _:
                assert_never(message)

    def _check_silence(self, worker: Worker) -> None:
        """Treat a worker as lost if it has been silent for longer than its limit."""
        if worker.silence_limit is not None and worker.silent > worker.silence_limit:
            self._retry_after_loss(
                worker, LostWorker(LossCause.TIMEOUT, describe_timeout(self._limit), worker.current_account)
            )

    def _exit_of(self, worker: Worker) -> LostWorker:
        worker.process.join(_POLL_SECONDS)
        return LostWorker(LossCause.KILLED, describe_exit(worker.process.exitcode), worker.current_account)

    def _retry_after_loss(self, worker: Worker, lost: LostWorker) -> None:
        """Stop a worker and put the next attempt at its shard first in the queue; raise if there is none."""
        attempt = worker.attempt
        self._pool.stop_worker(worker)
        if not worker.ready:
            self._failed_start(f"a worker process ended before it could work: {lost.detail}")
        if attempt is None:
            return
        self._losses += 1
        following = attempt.next_attempt(lost) if self._losses < _MAX_LOSSES else None
        self._warn(describe_to_user(attempt, lost, following))
        if following is None:
            raise WorkerLostError(f"{describe_to_user(attempt, lost, following)}; giving up", _AGAIN)
        self._waiting.appendleft(following)

    def _failed_start(self, message: str) -> None:
        self._failed_starts += 1
        if self._failed_starts >= _MAX_FAILED_STARTS and not any(worker.ready for worker in self._pool.workers):
            raise WorkerLostError(message, _AGAIN)
