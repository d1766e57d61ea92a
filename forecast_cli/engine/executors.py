"""Executors: where the shards of a run are done. All of them call the same worker function, so bytes do not differ."""

from collections.abc import Callable, Generator, Sequence
from typing import Protocol

from forecast_cli.engine import local
from forecast_cli.engine.memory import Room
from forecast_cli.engine.shards import Job, Shard
from forecast_cli.store.receipts import ShardReceipt


class RunShards(Protocol):
    """An executor: shards in, receipts out."""

    def __call__(
        self, job: Job, shards: Sequence[Shard], *, room: Room, warn: Callable[[str], None]
    ) -> Generator[ShardReceipt]:
        """Yield the receipts of ``shards`` as they are done, in no particular order; their files are in staging.

        ``room`` is that of this machine. ``warn`` is called for each loss that was made good. Raises what a shard
        raises, and WorkerLostError if a shard cannot be done. Once the generator is closed, no shard is worked on.
        """


def run_shards(
    job: Job, shards: Sequence[Shard], *, room: Room, warn: Callable[[str], None]
) -> Generator[ShardReceipt]:
    """Run ``shards`` with the executor of the settings; see ``RunShards``."""
    run: RunShards = local.run_shards
    return run(job, shards, room=room, warn=warn)
