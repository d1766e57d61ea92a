"""Connections to Spark and Ray that the tests share: each takes seconds to start."""

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

#: Where tasks find the work functions of these tests.
HERE = Path(__file__).parent


@pytest.fixture(scope="session", params=["spark", "ray"])
def executor(request: pytest.FixtureRequest) -> str:
    """Return the name of an executor that runs on two cores of this machine."""
    request.getfixturevalue(f"_{request.param}")
    return str(request.param)


@pytest.fixture(scope="session")
def _environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        folders = [str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")]
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, folders)))
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        yield


@pytest.fixture(scope="session")
def _spark(_environment: None) -> Iterator[None]:
    if find_spec("pyspark") is None:
        _leave_out("pyspark is not installed: make test-spark")
    if not shutil.which("java") and "JAVA_HOME" not in os.environ:
        _leave_out("Spark needs Java")
    from pyspark import sql

    settings = sql.SparkSession.builder.master("local[2,2]").config("spark.ui.enabled", "false")
    session = settings.getOrCreate()
    yield
    session.stop()


@pytest.fixture(scope="session")
def _ray(_environment: None) -> Iterator[None]:
    if find_spec("ray") is None:
        _leave_out("ray is not installed: make test-ray")
    import ray

    ray.init("local", num_cpus=2, log_to_driver=False)
    yield
    ray.shutdown()


def _leave_out(reason: str) -> NoReturn:
    """Skip the tests of an executor, or fail where the executor is what is to be tested."""
    if "EXECUTOR_REQUIRED" in os.environ:
        pytest.fail(reason)
    pytest.skip(reason)
