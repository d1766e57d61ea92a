"""Executors: where the shards of a run are done. All of them call the same worker function, so bytes do not differ."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from typing import Protocol, assert_never

from forecast_cli.config.choices import Executor
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.progress import Progress
from forecast_cli.engine import cluster, local
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


@contextmanager
def open_executor(name: Executor, job: Job, progress: Progress) -> Iterator[RunShards]:
    """Yield an executor for ``job``, whose learning and sorted rows may be yet to come; import its package only now.

    A cluster is connected to and probed first, and disconnected from at the end. Raises ConfigError if it cannot be
    reached, or cannot do the tasks of ``job``.
    """
    match name:
        case Executor.LOCAL:
            yield local.run_shards
            return
        case Executor.SPARK:
            from forecast_cli.engine.spark import connect
        case Executor.RAY:
            from forecast_cli.engine.ray import connect
        case _:
            assert_never(name)
    progress.start(f"Connecting to {name.capitalize()}")
    with connect() as call:
        cluster.probe(call, job)
        progress.finish()
        yield partial(cluster.run_shards, call)


def refuse_missing_package(executor: Executor) -> None:
    """Raise ConfigError if the package that an executor needs is not installed."""
    packages = {Executor.LOCAL: (), Executor.SPARK: ("pyspark", "py4j"), Executor.RAY: ("ray",)}[executor]
    for package in packages:
        if find_spec(package) is None:
            raise ConfigError(
                f"--executor {executor}: the package {package} is not installed",
                f"pip install 'forecast-cli[{executor}]'",
            )
