"""The local executor: shards over worker processes on this machine, watched, and replaced where they are lost."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from multiprocessing.connection import wait
from typing import Final, assert_never

from forecast_cli.core.errors import WorkerLostError
from forecast_cli.core.heartbeat import Heartbeat
from forecast_cli.engine.attempts import Attempt, Loss, LostWorker
from forecast_cli.engine.crew import Crew, Worker, hiring
from forecast_cli.engine.losses import describe_exit, describe_timeout, describe_to_user
from forecast_cli.engine.shards import Job, Shard
from forecast_cli.engine.worker_main import Begun, Message, Raised, Ready, as_raised
from forecast_cli.store.receipts import ShardReceipt

#: Seconds between two looks at workers that say nothing, and the most that counts as their silence from one to the
#: next: where this process was itself held up or stopped, it was not they that were silent.
_LOOK: Final = 0.2
_MOST_SILENCE: Final = 1.0
#: So many workers may be lost, or not come to be, from one finished shard to the next before it is no account's fault.
_MOST_LOSSES: Final = 64
_MOST_FALSE_STARTS: Final = 3

_AGAIN: Final = "run the same command again, with fewer --jobs or a smaller --shard-size; finished shards are kept"


def run_shards(
    job: Job,
    shards: Sequence[Shard],
    *,
    jobs: int,
    at_once: int | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> Generator[ShardReceipt]:
    """Yield the receipts of ``shards`` as workers finish them, in no particular order.

    A worker that is lost over an account, or kept waiting by it for longer than ``account_timeout``, is replaced. An
    account that takes too long, or ends two workers, is failed, and all others are forecast. ``warn`` is told of each
    loss. Raises what a shard raises, and WorkerLostError where no account can be blamed. Leaves no worker behind.
    Where ``at_once`` is named, a worker takes up to so many accounts of a shard at a time.
    """
    if not shards:
        return
    attempts = [Attempt(shard, parts=-(-shard.accounts // at_once) if at_once else 1) for shard in shards]
    with hiring(job) as crew:
        yield from _Supervisor(job, attempts, crew, warn).run(jobs)


class _Supervisor:
    """Hands out attempts at shards, listens, and decides what follows a loss."""

    def __init__(self, job: Job, attempts: Iterable[Attempt], crew: Crew, warn: Callable[[str], None]) -> None:
        self._limit, self._crew, self._warn = job.settings.account_timeout, crew, warn
        self._waiting = deque(attempts)
        self._losses, self._false_starts, self._looked = 0, 0, time.monotonic()

    def run(self, jobs: int) -> Iterator[ShardReceipt]:
        """Do all shards with up to ``jobs`` workers."""
        while self._waiting or any(worker.attempt for worker in self._crew.workers):
            self._hire(jobs)
            wait([worker.connection for worker in self._crew.workers], timeout=_LOOK)
            silence = self._since_last_look()
            for worker in list(self._crew.workers):
                worker.silent += silence
                yield from self._listen(worker)
                self._judge(worker)

    def _since_last_look(self) -> float:
        before, self._looked = self._looked, time.monotonic()
        return min(self._looked - before, _MOST_SILENCE)

    def _hire(self, jobs: int) -> None:
        """Make workers until there is one for each attempt, or ``jobs``; go on with those there are."""
        busy = sum(worker.attempt is not None for worker in self._crew.workers)
        while len(self._crew.workers) < min(jobs, busy + len(self._waiting)):
            try:
                self._crew.hire()
            except (OSError, EOFError) as error:
                self._false_start(f"no worker process could be made: {getattr(error, 'strerror', None) or error}")
                return

    def _listen(self, worker: Worker) -> Iterator[ShardReceipt]:
        """Take in all that a worker has said, and give it something to do."""
        while (message := self._receive(worker)) is not None:
            yield from self._take(worker, message)
        self._hand_out(worker)

    def _receive(self, worker: Worker) -> Message | None:
        try:
            message: Message | None = (
                worker.connection.recv() if not worker.connection.closed and worker.connection.poll() else None
            )
        except (EOFError, OSError):
            self._lose(worker, self._ended(worker))
            return None
        return message

    def _hand_out(self, worker: Worker) -> None:
        if not (worker.idle and self._waiting):
            return
        attempt = self._waiting.popleft()
        try:
            worker.give(attempt)
        except OSError:  # it ended while it had nothing to do
            self._waiting.appendleft(attempt)
            worker.rest()
            self._lose(worker, self._ended(worker))

    def _take(self, worker: Worker, message: Message) -> Iterator[ShardReceipt]:
        match message:
            case Ready():
                worker.ready, self._false_starts = True, 0
            case Begun() | Heartbeat():
                worker.hear(message, limit=self._limit)
            case Raised():
                raise as_raised(message)
            case ShardReceipt():
                self._losses = 0
                worker.rest()
                self._hand_out(worker)  # so that it is at work while the receipt is looked at
                yield message
            case _:
                assert_never(message)

    def _judge(self, worker: Worker) -> None:
        """Lose a worker that has been kept waiting for too long; one that has just spoken has not."""
        if worker.allowed is not None and worker.silent > worker.allowed:
            self._lose(worker, LostWorker(Loss.TIMEOUT, describe_timeout(self._limit), worker.at))

    def _ended(self, worker: Worker) -> LostWorker:
        worker.process.join(_LOOK)
        return LostWorker(Loss.KILLED, describe_exit(worker.process.exitcode), worker.at)

    def _lose(self, worker: Worker, lost: LostWorker) -> None:
        """Let go of a worker and put what it was at first in the queue, in the form that follows."""
        attempt = worker.attempt
        self._crew.dismiss(worker)
        if not worker.ready:
            self._false_start(f"a worker process ended before it began: {lost.how}")
        if attempt is None:
            return
        self._losses += 1
        following = attempt.after(lost) if self._losses < _MOST_LOSSES else None
        self._warn(describe_to_user(attempt, lost, following))
        if following is None:
            raise WorkerLostError(f"{describe_to_user(attempt, lost, following)}; giving up", _AGAIN)
        self._waiting.appendleft(following)

    def _false_start(self, message: str) -> None:
        self._false_starts += 1
        if self._false_starts >= _MOST_FALSE_STARTS and not any(worker.ready for worker in self._crew.workers):
            raise WorkerLostError(message, _AGAIN)
