"""Real runs are killed at random moments and compete for one output: no file is torn, and no two runs are mixed."""

import contextlib
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Survived, shared_out
from fault_runs import files, ids, parts, write_balances
from processes import family, gone_within, named, needs_proc, within

from forecast_cli.config.settings import Settings
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest

SHARDS = 12
RACERS = 8
#: Kills and races of one test: workers of the test run share them out.
KILLS_AT_ONCE = 50
RACES_AT_ONCE = 5
#: Seconds: processes that had just been started may have to wait for a core to find out that they are not needed.
UNTIL_GONE = 10


def command(source: Path, output: Path) -> list[str]:
    options = ["--output", str(output), "--model", "Naive", "--shard-size", "2", "--jobs", "2", "--quiet"]
    return [sys.executable, "-m", "forecast_cli", "forecast", str(source), *options]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_balances(tmp_path_factory.mktemp("killed") / "balances.parquet", ids(2 * SHARDS))


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody disturbed: its output, and the seconds from where it begins to write to its end."""

    output: Path
    span: float


@pytest.fixture(scope="module")
def undisturbed(source: Path) -> Undisturbed:
    output = source.parent / "undisturbed"
    with subprocess.Popen(command(source, output), stderr=subprocess.DEVNULL) as running:
        assert within(60, lambda: planned(output) != 0)
        begun = time.monotonic()
        assert running.wait() == ExitCode.OK
        return Undisturbed(output, time.monotonic() - begun)


def planned(output: Path) -> int:
    """When a run last began to write, in nanoseconds; 0 where none has."""
    plan = output / ".run" / "plan.json"
    try:
        return plan.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def kill_at_random(source: Path, output: Path, draw: random.Random, span: float) -> float | None:
    """Start a run and kill it, anywhere in it or, mostly, while it writes.

    Return None; where it ended before, the seconds that it took from where it began to write, or from its start.
    """
    before = planned(output)
    with subprocess.Popen(command(source, output), start_new_session=True, stderr=subprocess.DEVNULL) as running:
        if draw.random() < 0.8:
            within(60, lambda: running.poll() is not None or planned(output) != before)
            patience = draw.uniform(0, span)
        else:
            patience = draw.uniform(0, 2 * span)
        begun = time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(patience)
        took = time.monotonic() - begun
        running.kill()
    assert gone_within(running.pid, UNTIL_GONE), [named(pid) for pid in family(running.pid)]
    return None if running.returncode else took


@needs_proc
@pytest.mark.timeout(0)
@pytest.mark.parametrize(("seed", "kills"), shared_out("FAULT_KILLS", 6, KILLS_AT_ONCE))
def test_RT14_runs_killed_at_random_instants_are_resumed_and_end_in_the_same_bytes(
    source: Path, undisturbed: Undisturbed, tmp_path: Path, seed: int, kills: int, survived: Survived
) -> None:
    draw, output, killed, since, span = random.Random(seed), tmp_path / "out", 0, 0, undisturbed.span
    expected, names = parts(undisturbed.output), files(undisturbed.output)
    while killed < kills:
        took = kill_at_random(source, output, draw, span)
        in_time = took is None
        if since == 0:  # later ones take up what is nearly done
            span = min(span, took or span)
        killed, since = killed + in_time, since + 1
        assert all(content == expected[name] for name, content in parts(output).items()), "a torn or a wrong part"
        if in_time and since < 4 and killed < kills:
            continue
        run_forecast(ForecastRequest(str(source), output, Settings(model=("Naive",), shard_size=2, jobs=2)))
        assert parts(output) == expected
        assert files(output) == names
        assert run_check(output).damages == ()
        shutil.rmtree(output)
        since = 0
    survived("SIGKILL at a random instant", killed)


@needs_proc
@pytest.mark.timeout(0)
@pytest.mark.parametrize(("first", "races"), shared_out("FAULT_RACES", 1, RACES_AT_ONCE))
def test_RT11_of_eight_runs_racing_for_one_output_the_others_exit_busy_and_nothing_is_torn(
    source: Path, undisturbed: Undisturbed, tmp_path: Path, first: int, races: int, survived: Survived
) -> None:
    for race in range(first, first + races):
        output = tmp_path / f"out{race}"
        racers = [
            subprocess.Popen(command(source, output), start_new_session=True, stderr=subprocess.PIPE, text=True)
            for _ in range(RACERS)
        ]
        said = [racer.communicate()[1] for racer in racers]
        codes = [racer.returncode for racer in racers]
        assert set(codes) <= {ExitCode.OK, ExitCode.OUTPUT_BUSY}, said
        assert ExitCode.OK in codes
        busy = [text for text, code in zip(said, codes, strict=True) if code == ExitCode.OUTPUT_BUSY]
        assert all("another run holds this output" in text for text in busy)
        assert parts(output) == parts(undisturbed.output)
        assert files(output) == files(undisturbed.output)
        assert all(gone_within(racer.pid, UNTIL_GONE) for racer in racers)
        shutil.rmtree(output)
    survived(f"race of {RACERS} runs for one output", races)
