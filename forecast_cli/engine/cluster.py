"""Shards as tasks of a cluster, each done by a worker process of a node as on the machine of the run.

The input, the output and the packages have to be the same on all nodes; each task checks what it needs of them.
"""

import pickle
import platform
import socket
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol
from uuid import uuid4

from forecast_cli.core.errors import ConfigError, InputRejectedError, WorkerLostError
from forecast_cli.data.scan.unchanged import assert_unchanged
from forecast_cli.data.source import Source
from forecast_cli.engine import local
from forecast_cli.engine.memory import Room
from forecast_cli.engine.shards import Job, Shard
from forecast_cli.engine.worker_main import TaskFailure, to_exception, to_task_failure
from forecast_cli.store.fingerprint import setting_differences, versions
from forecast_cli.store.permissions import created_with
from forecast_cli.store.receipts import ShardReceipt

_SHARED: Final = "all nodes of the cluster need a file system where they find input and output under the same paths"
#: Seconds that an address may take to answer.
_ANSWER_SECONDS: Final = 5.0
#: A node that is stopped: its tasks are lost, and the cluster does them again elsewhere.
_STOPS: Final = (KeyboardInterrupt, SystemExit)


@dataclass(frozen=True)
class Finished:
    """The result of a task: the receipt of its shard, and warnings about worker processes that were lost."""

    receipt: ShardReceipt
    warnings: tuple[str, ...]


#: What a task returns; failures are values, so that the cluster does not repeat them.
Outcome = Finished | TaskFailure


class Call(Protocol):
    """A connection to a cluster, which calls functions in tasks on its nodes."""

    def __call__(self, function: Callable[[bytes, Any], Any], packed: bytes, items: Sequence[Any]) -> Generator[Any]:
        """Yield the results of ``function(packed, item)`` for all ``items`` as tasks end; cancel them when closed.

        ``packed`` is sent to each node once. Raises WorkerLostError if a task was repeated and lost each time.
        """


def refuse_silent(addresses: Sequence[str]) -> None:
    """Raise ConnectionError if nothing answers at any of the ``addresses``; one without a port is taken to answer."""
    reason: str | None = None
    for address in addresses:
        reason = _why_silent(address)
        if reason is None:
            return
    raise ConnectionError(f"nothing answers at {','.join(addresses)}: {reason}")


def _why_silent(address: str) -> str | None:
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not port.isdigit():
        return None
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_SECONDS).close()
    except (OSError, OverflowError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None


def probe(call: Call, job: Job) -> None:
    """Raise ConfigError unless a node can do tasks of ``job``, and writes where this process reads."""
    try:
        [answer] = call(probe_node, pack_job(job), [None])
    except WorkerLostError as error:
        raise ConfigError(
            f"the first task failed: {error}",
            "install forecast-cli on all nodes, for Spark in the Python that PYSPARK_PYTHON names",
        ) from error
    if isinstance(answer, TaskFailure):
        raise to_exception(answer)
    if not (job.staging / answer).is_dir():
        raise ConfigError(
            f"{job.staging}: what a node of the cluster writes there does not appear on this machine", _SHARED
        )


def run_shards(
    call: Call,
    job: Job,
    shards: Sequence[Shard],
    *,
    room: Room,  # noqa: ARG001 - the cluster decides how many tasks run at a time
    warn: Callable[[str], None],
) -> Generator[ShardReceipt]:
    """Yield the receipts of ``shards`` as tasks finish them; see ``RunShards``."""
    with closing(call(run_on_node, pack_job(job), shards)) as outcomes:
        for outcome in outcomes:
            if isinstance(outcome, TaskFailure):
                raise to_exception(outcome)
            for warning in outcome.warnings:
                warn(warning)
            yield outcome.receipt


def pack_job(job: Job) -> bytes:
    """Return a job for the nodes, pickled, with absolute paths and the versions that it needs."""
    packed = replace(job, source=_with_absolute_paths(job.source), staging=job.staging.absolute())
    return pickle.dumps((packed, versions()))


def probe_node(packed: bytes, _: None = None) -> str | TaskFailure:
    """Check that this node can do tasks; return the name of a folder it has made in staging, by which it is seen."""
    try:
        job = _unpack(packed)
        _refuse_other_input(job.source)
        return _own_folder(job).name
    except _STOPS:
        raise
    except BaseException as error:  # noqa: BLE001 - returned as a value
        return to_task_failure(error)


def run_on_node(packed: bytes, shard: Shard) -> Outcome:
    """Do a shard in a worker process of this node, with the local executor's care for accounts at fault.

    Each attempt stages its files in a folder of its own: a cluster may start a task twice.
    """
    try:
        job = _unpack(packed)
        _refuse_other_input(job.source)
        folder, warnings = _own_folder(job), list[str]()
        room = Room(None, workers=1, at_once=shard.accounts)
        with _main_module_hidden():
            [receipt] = local.run_shards(replace(job, staging=folder), [shard], room=room, warn=warnings.append)
    except _STOPS:
        raise
    except BaseException as error:  # noqa: BLE001 - returned as a value; polars panics are no Exception
        return to_task_failure(error)
    files = tuple(replace(file, staged=f"{folder.name}/{file.staged}") for file in receipt.files)
    return Finished(replace(receipt, files=files), tuple(warnings))


@contextmanager
def _main_module_hidden() -> Iterator[None]:
    """Keep worker processes from importing the main module of this one, which is the cluster's and slow to import."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _with_absolute_paths(source: Source) -> Source:
    if source.access is not None and not source.spilled:
        return source
    return replace(source, files=tuple(replace(file, path=str(Path(file.path).absolute())) for file in source.files))


def _unpack(packed: bytes) -> Job:
    """Return the job; raises ConfigError if versions that affect its numbers differ on this node."""
    job, expected = pickle.loads(packed)  # noqa: S301 - packed by the process that started this task
    differing = setting_differences({"versions": expected}, {"versions": versions()})
    if differing:
        raise ConfigError(
            f"node {platform.node()} has other versions than this machine: {', '.join(differing)}",
            "install the same versions everywhere, as pinned in requirements/runtime.txt",
        )
    found: Job = job
    return found


def _own_folder(job: Job) -> Path:
    """Make a folder in staging for the files of one attempt; raises ConfigError if this node cannot."""
    folder = job.staging / uuid4().hex
    try:
        with created_with(int(job.settings.mode, 8)):
            folder.mkdir()
    except OSError as error:
        raise ConfigError(
            f"{job.staging}: node {platform.node()} cannot write there: {error.strerror or error}", _SHARED
        ) from None
    return folder


def _refuse_other_input(source: Source) -> None:
    try:
        assert_unchanged(source)
    except InputRejectedError as error:
        raise ConfigError(
            f"node {platform.node()} does not see the input as this machine does: {error}", _SHARED
        ) from None
