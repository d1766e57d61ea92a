"""Signals: one line, the signal's exit code, a state to resume from and no process left, whatever the models do."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fault_runs import ids, parts, write_balances
from processes import family, gone_within, named, needs_proc, start, within

SIGNALS = [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated"), (signal.SIGHUP, 143, "terminated")]
pytestmark = needs_proc


@pytest.mark.parametrize(("how", "code", "word"), SIGNALS)
def test_a_signal_ends_a_run_whose_worker_hangs_in_native_code(
    tmp_path: Path, how: signal.Signals, code: int, word: str
) -> None:
    source, output, begun = write_balances(tmp_path / "in.parquet", ids(6, hang=4)), tmp_path / "out", tmp_path / "b"
    with start(source, output, "--model", "FaultyBlock", "--shard-size", "1", begun=begun) as running:
        assert within(60, lambda: begun.exists() and len(list((output / ".run" / "shards").glob("*.json"))) == 5)
        os.killpg(running.pid, how)
        _, said = running.communicate(timeout=10)
    assert running.returncode == code
    assert [line.partition(":")[0] for line in said.splitlines()] == ["error", "hint"]
    assert said.startswith(f"error: {word}")
    assert gone_within(running.pid, 2)
    assert len(parts(output)) == 5
    assert not (output / "manifest.json").exists()


def assert_ends(running: "subprocess.Popen[str]", how: signal.Signals, code: int, word: str) -> None:
    """Send a signal to a run and all its processes: it says so in a line, and none is left."""
    os.killpg(running.pid, how)
    _, said = running.communicate(timeout=10)
    assert running.returncode == code
    assert said.startswith(f"error: {word}")
    assert "Traceback" not in said
    assert gone_within(running.pid, 2)


@pytest.mark.parametrize(("how", "code", "word"), SIGNALS[:2])
def test_a_signal_ends_a_run_whose_workers_are_still_being_made(
    tmp_path: Path, how: signal.Signals, code: int, word: str
) -> None:
    source, output = write_balances(tmp_path / "in.parquet", ids(4)), tmp_path / "out"
    with start(source, output, "--model", "MSTL(7)") as running:
        assert within(60, lambda: len(family(running.pid)) > 1)
        assert_ends(running, how, code, word)


@pytest.mark.parametrize(("how", "code", "word"), SIGNALS[:2])
def test_a_signal_ends_a_run_whose_input_is_looked_at_in_a_process_of_its_own(
    tmp_path: Path, how: signal.Signals, code: int, word: str
) -> None:
    source, output = write_balances(tmp_path / "in.parquet", ids(4)), tmp_path / "out"
    with start(source, output, "--model", "Naive", "--memory", "600MB") as running:
        assert within(60, lambda: any("spawn_main" in named(pid) for pid in family(running.pid)))
        assert_ends(running, how, code, word)
    assert not output.exists()


STILL_IMPORTING = """
import operator
from forecast_cli.engine import worker_pool
from forecast_cli.engine.child_process import run_in_child_process
run_in_child_process("adding", operator.add, 1, 2, context=worker_pool._context(("imports_for_long",)))
"""


def test_an_interrupt_ends_the_wait_for_a_server_that_is_still_importing(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    (tmp_path / "imports_for_long.py").write_text(
        f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(600)\n", encoding="utf-8"
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    with subprocess.Popen(
        [sys.executable, "-c", STILL_IMPORTING],
        env=os.environ | {"PYTHONPATH": path},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    ) as running:
        assert within(60, begun.exists)
        heard = within(10, lambda: running.send_signal(signal.SIGINT) or running.poll() is not None)
        running.kill()
    assert heard
    assert running.returncode == -signal.SIGINT
    assert gone_within(running.pid, 2)


NATIVE = """
import hashlib, sys
from forecast_cli.cli.signals import install_signal_handlers
install_signal_handlers(grace=float(sys.argv[1]))
print("ready", flush=True)
hashlib.pbkdf2_hmac("sha256", b"x", b"y", 2**31 - 1)
"""


def in_native_code(grace: float) -> "subprocess.Popen[str]":
    """A process whose main thread is in native code for minutes: Python hears no signal."""
    running = subprocess.Popen(
        [sys.executable, "-c", NATIVE, str(grace), "--log-format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    begun = cpu_ticks(running.pid)
    assert within(60, lambda: cpu_ticks(running.pid) > begun + 10), "it computes, and is past the last line of Python"
    return running


def cpu_ticks(pid: int) -> int:
    """The processor time that a process has used in user mode, in ticks of a hundredth of a second."""
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11])


@pytest.mark.parametrize(("how", "code", "word"), SIGNALS)
def test_a_signal_ends_a_process_that_python_cannot_reach(how: signal.Signals, code: int, word: str) -> None:
    with in_native_code(grace=0.2) as running:
        running.send_signal(how)
        _, said = running.communicate(timeout=10)
    assert running.returncode == code
    [summary] = [json.loads(line) for line in said.splitlines()]
    assert (summary["exit_code"], summary["message"]) == (code, word)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_a_process_at_once(how: signal.Signals) -> None:
    with in_native_code(grace=600) as running:
        running.send_signal(how)
        assert running.poll() is None
        running.send_signal(signal.SIGTERM if how is signal.SIGINT else signal.SIGINT)
        assert running.wait(timeout=10) in {130, 143}
