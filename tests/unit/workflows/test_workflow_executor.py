"""When a run connects to a cluster; here its tasks are called in this process."""

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from forecast_runs import balances, part_bytes

from forecast_cli.core.errors import ConfigError
from forecast_cli.core.progress import NullProgress
from forecast_cli.workflows import running
from forecast_cli.workflows.forecast import plan_forecast, run_forecast
from forecast_cli.workflows.results import ForecastRequest


class Cluster:
    """Stands for the module of Spark, counts connections, and refuses them if it is ``down``."""

    def __init__(self) -> None:
        self.connections, self.connected, self.down = 0, False, False

    @contextmanager
    def connect(self) -> Iterator[Callable[..., Generator[Any]]]:
        self.connections += 1
        if self.down:
            raise ConfigError("Spark could not be started", "it needs Java")
        self.connected = True
        yield self.call
        self.connected = False

    def call(self, function: Callable[[bytes, Any], Any], packed: bytes, items: Sequence[Any]) -> Generator[Any]:
        assert self.connected
        yield from (function(packed, item) for item in items)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    made = Cluster()
    monkeypatch.setattr("forecast_cli.engine.executors.find_spec", lambda _: object())
    monkeypatch.setitem(sys.modules, "forecast_cli.engine.spark", SimpleNamespace(connect=made.connect))  # type: ignore[arg-type]
    return made


@pytest.fixture
def request_for(request_of: Callable[..., ForecastRequest]) -> Callable[..., ForecastRequest]:
    """Return a function that makes a request for two shards by an executor."""
    frame = balances(accounts=4)
    return lambda executor, **changes: request_of(frame, shard_size=2, executor=executor, **changes)


def test_a_run_connects_once_says_so_and_disconnects(
    cluster: Cluster, request_for: Callable[..., ForecastRequest]
) -> None:
    said: list[str] = []

    class Listener(NullProgress):
        def start(self, description: str, *_: object) -> None:
            said.append(description)

    local = run_forecast(request_for("local", output="local"), Listener())
    assert (cluster.connections, said.pop(1)) == (0, "Forecasting")
    said.clear()
    done = run_forecast(request_for("spark"), Listener())
    assert part_bytes(done.output) == part_bytes(local.output)
    assert (cluster.connections, cluster.connected) == (1, False)
    assert said == ["Checking the input", "Connecting to Spark", "Forecasting", "Writing the tables"]


@pytest.mark.parametrize("fault", ["unreachable", "not shared"])
def test_a_fault_of_the_cluster_is_found_before_rows_are_sorted_and_anything_is_learned(
    cluster: Cluster, request_for: Callable[..., ForecastRequest], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(running, "_sort_if_scattered", pytest.fail)
    monkeypatch.setattr(running, "_learn", pytest.fail)
    cluster.down = fault == "unreachable"
    monkeypatch.setattr(cluster, "call", lambda *_: iter(["a folder that nobody sees here"]))
    expected = "could not be started" if cluster.down else "does not appear on this machine"
    with pytest.raises(ConfigError, match=expected):
        run_forecast(request_for("spark"))
    assert cluster.connections == 1


def test_a_run_with_nothing_left_to_do_and_a_dry_run_need_no_cluster(
    cluster: Cluster, request_for: Callable[..., ForecastRequest]
) -> None:
    cluster.down = True
    plan_forecast(request_for("spark"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "_make_manifest", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_forecast(request_for("local"))
    assert run_forecast(request_for("spark")).shards_resumed == 2
    assert run_forecast(request_for("spark")).reused
    assert cluster.connections == 0


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt
