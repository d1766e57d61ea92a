"""A real run over two workers is killed at many instants: what it left is taken up, and ends in the same bytes."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

LINUX = sys.platform == "linux"


def write_balances(path: Path, accounts: int = 24, days: int = 100) -> None:
    rng = np.random.default_rng(11)
    start = [date(2025, 1, 1) + timedelta(days=day) for day in range(days)]
    pl.DataFrame(
        {
            "account_id": [f"acc-{account:03d}" for account in range(accounts) for _ in range(days)],
            "date": start * accounts,
            "balance": np.round(rng.normal(0, 20, (accounts, days)).cumsum(axis=1) + 500, 2).ravel(),
        }
    ).write_parquet(path)


def command(source: Path, output: Path, model: str = "Naive") -> list[str]:
    options = ["--output", str(output), "--model", model, "--shard-size", "1", "--jobs", "2", "--quiet"]
    return [sys.executable, "-m", "forecast_cli", "forecast", str(source), *options]


def part_bytes(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((output / "forecasts").glob("*"))}


def family(session: int) -> list[int]:
    """The living processes of a session: a run, its fork server and its workers."""
    found = []
    for path in Path("/proc").iterdir():
        try:
            fields = (path / "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(path.name))
    return found


def gone_within(session: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while family(session):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("killed") / "balances.parquet"
    write_balances(path)
    return path


@pytest.fixture(scope="module")
def undisturbed(source: Path) -> dict[str, bytes]:
    output = source.parent / "undisturbed"
    subprocess.run(command(source, output), check=True, capture_output=True)
    return part_bytes(output)


@pytest.mark.skipif(not LINUX, reason="looks for processes in /proc")
@pytest.mark.parametrize("parts", [0, 1, 5, 12, 20, 24])
def test_RT14_a_run_killed_at_any_instant_is_taken_up_and_ends_in_the_same_bytes(
    source: Path, undisturbed: dict[str, bytes], tmp_path: Path, parts: int
) -> None:
    output = tmp_path / "out"
    with subprocess.Popen(command(source, output), start_new_session=True) as running:
        while running.poll() is None and len(part_bytes(output)) < parts:
            time.sleep(0.005)
        running.kill()
    assert gone_within(running.pid, 5), "RT04: workers outlive their parent"
    assert all(content == undisturbed[name] for name, content in part_bytes(output).items())
    again = subprocess.run(command(source, output), check=False, capture_output=True, text=True)
    assert (again.returncode, again.stderr) == (0, "")
    assert part_bytes(output) == undisturbed
    assert not (output / ".run").exists()


@pytest.mark.skipif(not LINUX, reason="looks for processes in /proc")
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("after", ["at the start", "in the middle"])
def test_an_interrupted_run_says_so_in_one_line_and_leaves_no_process(
    source: Path, undisturbed: dict[str, bytes], tmp_path: Path, how: signal.Signals, code: int, after: str
) -> None:
    output = tmp_path / "out"
    with subprocess.Popen(
        command(source, output, "MSTL(7)"), start_new_session=True, stderr=subprocess.PIPE, text=True
    ) as running:
        while running.poll() is None and not (output / ".run" / "plan.json").exists():
            time.sleep(0.005)
        while running.poll() is None and after == "in the middle" and not part_bytes(output):
            time.sleep(0.005)
        time.sleep(0.3 if after == "at the start" else 0)
        os.killpg(running.pid, how)
        _, said = running.communicate(timeout=30)
    assert running.returncode == code
    assert said.splitlines()[0] == ("error: interrupted" if how is signal.SIGINT else "error: terminated")
    assert "Traceback" not in said
    assert gone_within(running.pid, 10)
    finished = subprocess.run(command(source, output, "MSTL(7)"), check=False, capture_output=True, text=True)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert json.loads((output / "manifest.json").read_text())["accounts"]["ok"] == len(undisturbed)


@pytest.mark.skipif(not LINUX, reason="looks for processes in /proc")
def test_RT05_workers_come_from_a_fork_server_that_has_run_nothing(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    with subprocess.Popen(command(source, output, "MSTL(7)"), start_new_session=True) as running:
        while running.poll() is None and len(family(running.pid)) < 4:
            time.sleep(0.01)
        parents = {pid: parent_of(pid) for pid in family(running.pid)}
        running.kill()
    assert gone_within(running.pid, 10)
    children = [pid for pid, parent in parents.items() if parent == running.pid]
    workers = [pid for pid, parent in parents.items() if parent in children]
    assert workers, "workers are children of the fork server, not of the run"


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0
