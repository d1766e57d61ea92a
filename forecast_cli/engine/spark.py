"""The Spark executor: one job with a task for each shard, in the session of this process or in a new one."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import Any, Final
from uuid import uuid4

from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from forecast_cli.core.errors import ConfigError, WorkerLostError
from forecast_cli.engine.cluster import Call, refuse_silent

_POLL_SECONDS: Final = 0.2


class _Appending:
    """Accumulator of lists. Spark adds what a task adds when the task has succeeded, and only once."""

    def zero(self, _: list[Any]) -> list[Any]:
        return []

    def addInPlace(self, one: list[Any], other: list[Any]) -> list[Any]:  # noqa: N802 - the name that Spark calls
        return one + other


@contextmanager
def connect() -> Iterator[Call]:
    """Use the Spark session of this process; if there is none, start one, and stop it at the end.

    Unless Spark is told otherwise, tasks are run by the same Python as this process. Raises ConfigError if Spark cannot
    be started. Spark repeats the tasks of executors that it loses.
    """
    builder, ours = SparkSession.builder, SparkContext._active_spark_context is None
    if ours:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = builder.config("spark.ui.showConsoleProgress", "false")
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        if ours:
            _refuse_silent_master()
        context = builder.getOrCreate().sparkContext
    except (PySparkException, Py4JError, OSError) as error:
        raise ConfigError(
            f"Spark could not be started: {_message(error)}",
            "it needs Java (JAVA_HOME) and a classic master that answers: Spark Connect cannot run tasks",
        ) from error
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, interrupt)  # Spark's cancels the jobs of all others in the session
    try:
        yield partial(_call, context)
    finally:
        if ours:
            context.stop()


def _refuse_silent_master() -> None:
    """Raise ConnectionError if the configured master is a standalone one that does not answer.

    Spark would try for over a minute. The JVM is started, because it alone knows the whole configuration.
    """
    SparkContext._ensure_initialized()
    master = SparkConf().get("spark.master") or ""
    if master.startswith("spark://"):
        refuse_silent(master.split(","))


def _call(
    context: SparkContext, function: Callable[[bytes, Any], Any], packed: bytes, items: Sequence[Any]
) -> Generator[Any]:
    """Call ``function`` in the tasks of a Spark job; see ``Call``."""
    try:
        shared = context.broadcast(packed)
        try:
            yield from _run_job(context, items, lambda item: function(shared.value, item))
        finally:
            shared.destroy()
    except (PySparkException, Py4JError) as error:
        raise WorkerLostError(
            f"Spark: {_message(error)}", "run the same command again; finished shards are kept"
        ) from error


def _run_job(context: SparkContext, items: Sequence[Any], function: Callable[[Any], Any]) -> Generator[Any]:
    """Call ``function`` in a task for each item, and yield the results as tasks end; cancel the job when closed.

    The job runs in a thread, because an interrupt does not end a call to the JVM.
    """
    results, group = context.accumulator([], _Appending()), f"forecast-cli-{uuid4()}"

    def run() -> None:
        context.setJobGroup(group, "forecast-cli")
        context.parallelize(items, len(items)).foreach(lambda item: results.add([function(item)]))

    with ThreadPoolExecutor(1) as thread:
        job = thread.submit(run)
        try:
            yielded, ended = 0, False
            while not ended:
                ended = bool(wait([job], timeout=_POLL_SECONDS).done)
                new = results.value[yielded:]
                yielded += len(new)
                yield from new
            job.result()
        finally:
            if not job.done():
                context.cancelJobGroup(group)


def _message(error: Exception) -> str:
    """Return the line of an error of Spark that says what happened: the last one before a Java stack trace."""
    java = getattr(error, "java_exception", None)
    lines = str(java.getMessage() if java else error).partition("\n\tat ")[0].strip().splitlines()
    return lines[-1] if lines else type(error).__name__
