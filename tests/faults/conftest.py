"""Fixtures of the fault tests: the number of faults to inject, and the table of faults that were survived."""

import os
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from typing import Any

import pytest

Survived = Callable[[str, int], None]


@pytest.fixture
def survived(record_property: Callable[[str, Any], None]) -> Survived:
    """Return a function that records how often a fault was injected; call it once all of them have been survived."""
    return lambda fault, times: record_property("fault", (fault, times))


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fork server of the test's own, not yet started. It imports what a run needs and no more."""
    server = forkserver.ForkServer()
    for name in ("ensure_running", "set_forkserver_preload", "connect_to_new_process"):
        monkeypatch.setattr(forkserver, name, getattr(server, name))
    monkeypatch.setattr(forkserver, "_forkserver", server)
    yield
    server._stop()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def stride() -> int:
    """Return the distance between the steps at which a fault is injected; 1 with ``make test-faults``."""
    return int(os.environ.get("FAULT_STRIDE", "5"))


def shared_out(variable: str, default: int, most: int) -> list[tuple[int, int]]:
    """Split the count given by ``variable`` into ranges (first, length) of at most ``most``, one for each test.

    ``make test-faults`` and ``make torture`` set larger counts than the default.
    """
    count = int(os.environ.get(variable, default))
    return [(first, min(most, count - first)) for first in range(0, count, most)]


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print, for each fault, how often it was injected and survived."""
    if "FAULT_TABLE" not in os.environ:
        return
    rows: dict[str, int] = {}
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", []):
            if name == "fault" and report.when == "call":
                rows[value[0]] = rows.get(value[0], 0) + value[1]
    failed = len(terminalreporter.stats.get("failed", [])) + len(terminalreporter.stats.get("error", []))
    terminalreporter.section("faults")
    terminalreporter.write_line(f"{'fault':52} {'injected':>9} {'survived':>9}")
    for fault, times in sorted(rows.items()):
        terminalreporter.write_line(f"{fault:52} {times:9,} {times:9,}")
    if failed:
        terminalreporter.write_line(f"{failed} tests failed: their faults are not in the table")
