"""Output streams that are closed, full, narrow, coloured, or cannot encode the text."""

import fcntl
import json
import os
import pty
import select
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cli_harness import Cli, command

from forecast_cli.core.exit_codes import ExitCode


def shell(line: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/bash", "-c", line], env=os.environ | env, capture_output=True, text=True, errors="replace", check=False
    )


MODELS = " ".join(command("models"))


def test_a_reader_that_leaves_is_no_error() -> None:
    done = shell(f"set -o pipefail; {' '.join(command('config', 'schema'))} | head -1 > /dev/null")
    assert done.stderr == ""
    assert done.returncode == ExitCode.OK


@pytest.mark.parametrize("args", [("--version",), ("--help",), ("forecast", "--help"), ("--show-completion", "bash")])
def test_a_reader_of_help_that_leaves_at_once_is_no_error(args: tuple[str, ...]) -> None:
    done = shell(f"set -o pipefail; {' '.join(command(*args))} | true")
    assert (done.returncode, done.stderr) == (ExitCode.OK, "")


def test_a_slow_reader_of_a_stream_that_does_not_block_gets_everything() -> None:
    theirs, ours = os.pipe()
    os.set_blocking(ours, False)
    fcntl.fcntl(ours, fcntl.F_SETPIPE_SZ, 4096)
    with subprocess.Popen(command("config", "schema"), stdout=ours, stderr=subprocess.PIPE) as process:
        os.close(ours)
        with os.fdopen(theirs, "rb") as pipe:
            assert select.select([pipe], [], [], 60)[0]
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
            schema = json.load(pipe)
        assert process.stderr
        assert (process.wait(), process.stderr.read()) == (ExitCode.OK, b"")
    assert "horizon" in schema["properties"]


def test_another_pipe_that_breaks_is_no_reader_that_left() -> None:
    program = (
        "import sys, forecast_cli.workflows.doctor as doctor, forecast_cli.__main__ as program\n"
        "def lost(folder): raise BrokenPipeError(32, 'Broken pipe')\n"
        "doctor.run_doctor, sys.argv = lost, ['forecast-cli', 'doctor']\n"
        "program.main()"
    )
    done = shell(f"set -o pipefail; {shlex.join([sys.executable, '-c', program])} | true")
    assert done.returncode == ExitCode.BUG
    assert "this is a bug in forecast-cli" in done.stderr


def test_messages_that_nobody_reads_any_more_stop_nothing() -> None:
    assert shell(f"set -o pipefail; {' '.join(command())} 2>&1 | true").returncode == ExitCode.USAGE


def test_a_closed_stdout_loses_the_result_and_nothing_else() -> None:
    done = shell(f"{MODELS} <&- >&-")
    assert (done.returncode, done.stderr) == (ExitCode.OK, "")


@pytest.mark.parametrize(
    ("args", "unbuffered"),
    [
        ("models", ""),
        ("models", "1"),
        ("--version", "1"),
        ("--help", ""),
        ("--help", "1"),
        ("forecast --help", "1"),
        ("runs --help", ""),
        ("config show --help", ""),
    ],
)
def test_a_full_stdout_exits_8_and_is_called_by_its_name(args: str, unbuffered: str) -> None:
    done = shell(f"{' '.join(command(*args.split()))} > /dev/full", PYTHONUNBUFFERED=unbuffered)
    said = "error: standard output: No space left on device\nhint:  redirect it to a disk with free space\n"
    assert (done.returncode, done.stderr) == (ExitCode.OUTPUT_NOT_WRITTEN, said)


def test_messages_that_nobody_can_read_stop_nothing() -> None:
    line = " ".join(command("check", "none"))
    assert shell(f"{line} 2> /dev/full").returncode == ExitCode.CHECK_FAILED
    assert shell(f"{line} 2>&-").returncode == ExitCode.CHECK_FAILED


@pytest.mark.parametrize("env", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_a_terminal_without_unicode_gets_what_it_can_show(env: dict[str, str]) -> None:
    done = shell(f"{MODELS}; {' '.join(command('check', 'Müller'))}", **env)
    assert done.returncode == ExitCode.CHECK_FAILED
    assert "Traceback" not in done.stderr
    assert "ller" in done.stderr
    if "PYTHONIOENCODING" in env:
        assert done.stdout.isascii()
        assert done.stderr.startswith("error: M\\xfcller")


def on_a_terminal(*args: object, **env: str) -> str:
    """Run with stdout on a pseudo-terminal and return what it shows."""
    ours, theirs = pty.openpty()
    done = subprocess.run(command(*args), stdout=theirs, stderr=theirs, env=os.environ | env, check=False)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # Linux says so where the other side is closed
        pass
    finally:
        os.close(ours)
    assert done.returncode == ExitCode.OK, shown
    return shown.decode()


def test_colours_are_for_terminals_that_want_them(cli: Cli) -> None:
    assert "\x1b[" in on_a_terminal("models", TERM="xterm-256color")
    assert "\x1b[3" not in on_a_terminal("models", TERM="xterm-256color", NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal("models", TERM="dumb")
    assert "\x1b[" not in cli("models").out


def test_a_terminal_gets_a_progress_bar_that_leaves_no_trace_of_tenths(tmp_path: Path) -> None:
    shown = on_a_terminal("sample", "--accounts", 5, "--days", 9, "--output", tmp_path / "s", TERM="xterm-256color")
    assert "5/5" in shown
    assert "100 % (5 of 5" not in shown


def test_the_width_of_the_terminal_is_kept(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, cli("models").out.splitlines())) <= 60
