"""Signals during a run: one line of message, the exit code of the signal, and no half-written file."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_harness import command

from forecast_cli.core.exit_codes import ExitCode

INTERRUPTED = """
import sys
from forecast_cli.cli.signals import install_signal_handlers

install_signal_handlers()
try:
    exec("import os, signal; os.kill(os.getpid(), signal.SIGINT); sum(range(1000))")
except KeyboardInterrupt:
    sys.exit(130)
"""
SIGNALS = [
    (signal.SIGINT, ExitCode.INTERRUPTED),
    (signal.SIGTERM, ExitCode.TERMINATED),
    (signal.SIGHUP, ExitCode.TERMINATED),
]


def signalled(number: signal.Signals, output: Path, *extra: str) -> tuple[int, list[str]]:
    """Start a long job, signal it when a tenth is done, and return its exit code and what it said after that."""
    job = command("sample", "--accounts", 100_000, "--days", 90, "--output", output, *extra)
    with subprocess.Popen(job, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "sample" in process.stderr.readline()
        process.send_signal(number)
        said = process.stderr.read().splitlines()
    return process.returncode, said


@pytest.mark.parametrize(("number", "exit_code"), SIGNALS)
def test_a_signal_ends_a_job_with_one_line_and_its_code(
    number: signal.Signals, exit_code: ExitCode, tmp_path: Path
) -> None:
    output = tmp_path / "s"
    code, said = signalled(number, output)
    assert code == exit_code
    said = [line for line in said if "accounts)" not in line]
    assert said[0].startswith("error: " + ("interrupted" if number is signal.SIGINT else "terminated"))
    assert [line.partition(":")[0] for line in said] == ["error", "hint"]
    assert not list(output.glob("*.parquet"))


def test_an_interrupt_during_an_import_ends_with_its_code_too(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(INTERRUPTED)
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    job = [sys.executable, "-m", "interrupted"]
    ended = subprocess.run(job, env={**os.environ, "PYTHONPATH": path}, check=False)
    assert ended.returncode == ExitCode.INTERRUPTED


def test_a_signal_is_the_last_json_line(tmp_path: Path) -> None:
    code, said = signalled(signal.SIGTERM, tmp_path / "s", "--log-format", "json")
    assert code == ExitCode.TERMINATED
    summary = json.loads(said[-1])
    assert (summary["event"], summary["exit_code"], summary["retryable"]) == ("summary", ExitCode.TERMINATED, True)


def test_a_job_under_nohup_goes_on_when_its_terminal_is_closed(tmp_path: Path) -> None:
    job = command("sample", "--accounts", 5_000, "--days", 90, "--output", tmp_path / "s", "--log-format", "json")
    with subprocess.Popen(["nohup", *job], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "sample" in process.stderr.readline()
        process.send_signal(signal.SIGHUP)
        assert json.loads(process.stderr.read().splitlines()[-1])["exit_code"] == ExitCode.OK
