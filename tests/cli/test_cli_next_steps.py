"""The commands at the end of a summary work as printed, however the tool was started."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cli_harness import Cli, command

from forecast_cli.cli.views.next_steps import (
    forecast_command,
    program,
    python,
    read_command,
    show_command,
    tool_command,
)
from forecast_cli.core.exit_codes import ExitCode

BIN = Path(sys.executable).parent
SYSTEM = "/usr/bin:/bin"
QUICK = ["--model", "Naive", "--horizon", "5", "--jobs", "1"]
STARTS = {
    "on the PATH": (["forecast-cli"], f"{BIN}:{SYSTEM}"),
    "by its path": ([str(BIN / "forecast-cli")], SYSTEM),
    "as a module": (command(), SYSTEM),
}


def shell(line: str, where: Path, path: str) -> "subprocess.CompletedProcess[str]":
    env = os.environ | {"PATH": path, "COLUMNS": "80"}
    return subprocess.run(["/bin/sh", "-c", line], cwd=where, env=env, capture_output=True, text=True, check=False)


def next_lines(out: str) -> list[str]:
    lines = out.splitlines()
    return [line.strip() for line in lines[lines.index("Next") + 1 :]]


@pytest.mark.parametrize(("start", "path"), STARTS.values(), ids=STARTS)
def test_the_next_commands_work_where_they_are_printed(
    start: list[str], path: str, balances: Path, tmp_path: Path
) -> None:
    written = shell(shlex.join([*start, "forecast", str(balances), "--output", "my out's", *QUICK]), tmp_path, path)
    assert written.returncode == ExitCode.OK, written.stderr
    check, risk, read = (shell(line, tmp_path, path) for line in next_lines(written.stdout))
    assert (check.returncode, "as the manifest says" in check.stdout) == (ExitCode.OK, True), check.stderr
    assert "Most likely to be under 0" in risk.stdout, risk.stderr
    assert "shape: (30" in read.stdout, read.stderr


def test_the_next_commands_of_a_backtest_work_where_they_are_printed(balances: Path, tmp_path: Path) -> None:
    start, path = STARTS["on the PATH"]
    words = [*start, "backtest", str(balances), "--output", "my out's", *QUICK, "--step", "5", "--min-train", "60"]
    made = shell(shlex.join(words), tmp_path, path)
    assert made.returncode == ExitCode.OK, made.stderr
    check, read = (shell(line, tmp_path, path) for line in next_lines(made.stdout))
    assert check.returncode == ExitCode.OK, check.stderr
    assert "┆ cutoff" in read.stdout, read.stderr


@pytest.mark.parametrize("name", ["sample", "."])
def test_the_command_after_a_sample_works_and_fits_the_next_sample(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    start, path = STARTS["by its path"]
    make = shlex.join([*start, "sample", "--accounts", "3", "--days", "90", "--output", name, "--force"])
    for number, how in (("", ""), ("-2", " --dry-run")):
        made = shell(make, home, path)
        [line] = next_lines(made.stdout)
        assert line.endswith(f"{Path(name).resolve().name if name != '.' else 'home'}-forecast{number}"), line
        run = shell(f"{line} --model Naive --jobs 1 --max-failed 3{how}", home, path)
        assert run.returncode == ExitCode.OK, run.stderr


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The tool installed in a folder that is not on the PATH, and started from there."""
    place = tmp_path / "bin" / "forecast-cli"
    place.parent.mkdir()
    place.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(place), "models"])
    monkeypatch.setenv("PATH", SYSTEM)
    monkeypatch.chdir(tmp_path)
    return place


def test_a_name_is_enough_where_the_path_leads_to_this_very_tool(
    started: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert program() == "bin/forecast-cli"
    monkeypatch.setenv("PATH", str(started.parent))
    assert program() == "forecast-cli"
    other = started.parent.parent / "other" / "forecast-cli"
    other.parent.mkdir()
    other.touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{other.parent}:{started.parent}")
    assert program() == "bin/forecast-cli"


def test_a_tool_in_the_very_folder_is_named_so_that_a_shell_finds_it(
    started: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(started.parent)
    assert program() == "./forecast-cli"


def test_the_python_is_the_one_that_has_the_tool(started: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shlex.split(python()) != ["python"]
    monkeypatch.setenv("PATH", str(BIN))
    monkeypatch.setattr(sys, "executable", str(BIN / "python"))
    assert python() == "python"
    monkeypatch.setattr(sys, "argv", ["/somewhere/forecast_cli/__main__.py"])
    assert program() == "python -m forecast_cli"


def test_commands_are_quoted_for_the_shell_and_safe_to_show(started: Path) -> None:
    output = Path("o'u\"t $HOME\x1b[31m")
    for line in (
        tool_command("check", output),
        show_command("-5", None, output),
        read_command(output, "scores.parquet"),
        forecast_command(output),
    ):
        assert "\x1b" not in line
        assert any("$HOME" in word for word in shlex.split(line))


def test_the_command_that_validates_names_the_tool_as_it_was_started_and_no_secret(started: Path) -> None:
    assert tool_command("validate", "in.parquet") == "bin/forecast-cli validate in.parquet"
    assert "hunter2" not in tool_command("validate", "s3://key:hunter2@bucket/in")


def test_a_sample_proposes_a_folder_that_is_not_there_yet(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "s-forecast").mkdir()
    outcome = cli("sample", "--accounts", 3, "--days", 40, "--output", tmp_path / "s").assert_exit(ExitCode.OK)
    assert outcome.out.endswith(f"--output {tmp_path / 's-forecast-2'}\n")
