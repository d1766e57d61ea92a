"""Configuration and fixtures shared by all tests."""

import contextlib
import json
import os
import signal
import stat
from collections.abc import Iterator, Sequence
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# No deadline, so that a busy machine fails no test. In CI the examples are the same each time, so that a build fails
# because of a change and not by chance; elsewhere they are new.
settings.register_profile("untimed", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)

#: Modules that are slow to import and that some runs need in their workers.
IMPORTED_ONCE = (
    "forecast_cli.engine.backtest",
    "forecast_cli.engine.learning",
    "forecast_cli.engine.score",
    "forecast_cli.models.pooled.loops",
    "forecast_cli.models.pooled.trees",
    "forecast_cli.models.recurring.detect",
    "forecast_cli.models.recurring.event_loops",
    "forecast_cli.models.recurring.rest_course",
    "forecast_cli.models.recurring.reversion",
    "holidays.countries",
    "statsforecast.models",
)


def pytest_configure() -> None:
    """Let signals reach the tests and the programs they start, even if pytest runs in the background or by nohup."""
    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    import_once()
    os.fsync = leave_in_memory
    settings.load_profile("ci" if os.environ.get("CI") else "untimed")


def import_once() -> None:
    """Preload slow modules in the fork server that all runs of this process share, instead of in every worker."""
    set_preload = forkserver.set_forkserver_preload

    def with_all(modules: Sequence[str]) -> None:
        set_preload([*modules, *IMPORTED_ONCE])

    forkserver.set_forkserver_preload = with_all


def leave_in_memory(descriptor: int) -> None:
    """Do not wait for the disk in this process: no test can tell whether it did, and waits add up to minutes."""
    os.fstat(descriptor)


@pytest.fixture(scope="module")
def undrawn() -> Iterator[None]:
    """Build charts without drawing them, which takes half the time of a small backtest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vl_convert.vegalite_to_svg", draw_nothing)
        yield


def draw_nothing(chart: dict[str, Any], **_: object) -> str:
    """Return an empty drawing; fail on data that is not JSON, as the drawing engine does."""
    told = chart.get("datasets", {})
    assert told or chart["data"]["values"] == [{}], "data of charts is looked for where altair puts it"
    for rows in told.values():
        json.loads(rows, parse_constant=lambda constant: pytest.fail(f"a chart of {constant}"))
    return '<svg viewBox="0 0 1 1"></svg>'


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return the list of steps of this test that reach the disk, in their order.

    A flushed file adds its size at that time, a flushed folder ``"folder"``, and a file that is renamed ``"rename"``.
    """
    steps: list[object] = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        steps.append("folder" if stat.S_ISDIR(found.st_mode) else found.st_size)
        fsync(descriptor)

    def note_rename(temporary: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(temporary, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_rename)
    return steps
