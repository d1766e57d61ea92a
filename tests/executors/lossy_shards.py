"""Work functions that crash, and models that fail, as tasks of Spark and Ray import them."""

import os
import signal
from multiprocessing import parent_process
from pathlib import Path

from forecast_cli.data.source import Source
from forecast_cli.engine.shards import Done, Job, Shard
from forecast_cli.engine.worker import forecast_shard


def crash_on_account(job: Job, shard: Shard) -> Done:
    """Kill the worker process over the account acc-001, as native code might, unless it is set aside."""
    first, last = shard.first_id, shard.last_id
    if first <= "acc-001" <= last and ("acc-001",) not in dict(shard.set_aside):
        from forecast_cli.core.heartbeat import send_heartbeat

        send_heartbeat(1, ("acc-001",))
        os.kill(os.getpid(), signal.SIGKILL)
    return forecast_shard(job, shard)


def lose_task_once(job: Job, shard: Shard) -> Done:
    """Kill the process of the task, not only its worker process, at the first attempt at shard 1."""
    flag = flag_of(job.source)
    if shard.index == 1 and not flag.exists():
        flag.touch()
        _kill_task()
    return forecast_shard(job, shard)


def lose_task(job: Job, shard: Shard) -> Done:
    """Kill the process of the task at every attempt at shard 1."""
    if shard.index == 1:
        _kill_task()
    return forecast_shard(job, shard)


def _kill_task() -> None:
    parent = parent_process()
    assert parent is not None
    assert parent.pid is not None
    os.kill(parent.pid, signal.SIGKILL)
    signal.pause()


def flag_of(source: Source) -> Path:
    """Return the file beside the input that says that a task was lost."""
    return Path(source.files[0].path).with_name("lost-once")
