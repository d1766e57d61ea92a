"""Executors: where the shards of a run are done. All of them call the same worker function, so bytes do not differ."""

from collections.abc import Callable, Generator, Sequence
from importlib.util import find_spec
from typing import Protocol, assert_never

from forecast_cli.config.choices import Executor
from forecast_cli.core.errors import ConfigError
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
        raises, and WorkerLostError if a shard cannot be done. Closing the generator stops all work; a cluster may need
        some seconds for it.
        """


def run_shards(
    job: Job, shards: Sequence[Shard], *, room: Room, warn: Callable[[str], None]
) -> Generator[ShardReceipt]:
    """Run ``shards`` with the executor of the settings; see ``RunShards``."""
    return _executor(job.settings.executor)(job, shards, room=room, warn=warn)


def refuse_missing_package(executor: Executor) -> None:
    """Raise ConfigError if the package that an executor needs is not installed."""
    packages = {Executor.LOCAL: (), Executor.SPARK: ("pyspark", "py4j"), Executor.RAY: ("ray",)}[executor]
    for package in packages:
        if find_spec(package) is None:
            raise ConfigError(
                f"--executor {executor}: the package {package} is not installed",
                f"pip install 'forecast-cli[{executor}]'",
            )


def _executor(name: Executor) -> RunShards:
    """Return an executor; its package is imported only now."""
    match name:
        case Executor.LOCAL:
            return local.run_shards
        case Executor.SPARK:
            from forecast_cli.engine import spark

            return spark.run_shards
        case Executor.RAY:
            from forecast_cli.engine import ray

            return ray.run_shards
        case _:
            assert_never(name)
