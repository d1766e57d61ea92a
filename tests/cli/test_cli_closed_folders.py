"""Folders that may not be entered or written to: other users' outputs, ``lost+found`` on a volume of its own."""

import fcntl
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from cli_harness import Cli, Finished, Outcome, heed_permissions, permissions_heeded, run_apart

from forecast_cli.core.exit_codes import ExitCode

QUICK = ("--model", "SeasonalNaive", "--model", "Naive", "--jobs", 1, "--quiet")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="capabilities of Linux")


@pytest.fixture
def cli_as_user(cli: Cli) -> Cli:
    """Run a command line as one whom permissions bind."""

    def run(*args: object) -> Outcome:
        with permissions_heeded():
            return cli(*args)

    return run


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder of runs with one that may not be entered."""
    path = tmp_path / "nights" / "lost+found"
    path.mkdir(parents=True)
    path.chmod(0)
    yield path
    path.chmod(0o700)


@pytest.fixture
def nights(finished: Finished, closed: Path) -> Path:
    shutil.copytree(finished.output, closed.parent / "night-1")
    return closed.parent


def test_a_folder_that_may_not_be_entered_is_left_out(
    cli_as_user: Cli, nights: Path, balances: Path, tmp_path: Path
) -> None:
    listed = cli_as_user("runs", "list", nights, "--format", "json").assert_exit(ExitCode.OK).out
    assert [Path(run["output"]).name for run in json.loads(listed)["runs"]] == ["night-1"]
    cli_as_user("runs", "prune", nights, "--yes").assert_exit(ExitCode.OK)
    output = tmp_path / "out"
    outcome = cli_as_user("forecast", balances, "--output", output, "--previous", nights, *QUICK)
    assert outcome.assert_exit(ExitCode.OK).err == ""
    assert json.loads((output / "metrics.json").read_text())["change"]["previous"]["output"] == str(nights / "night-1")


def test_runs_that_may_not_be_read_are_reported(cli_as_user: Cli, closed: Path) -> None:
    cli_as_user("runs", "list", closed.parent).assert_error(ExitCode.CHECK_FAILED, "holds no run that you may read")
    outcome = cli_as_user("runs", "show", closed)
    outcome.assert_error(ExitCode.CHECK_FAILED, f"{closed}: cannot be read: Permission denied")


def test_a_run_whose_forecasts_may_not_be_listed_is_reported(
    cli_as_user: Cli, finished: Finished, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    shutil.copytree(finished.output, output)
    (output / "forecasts").chmod(0)
    checked = cli_as_user("check", output).assert_error(ExitCode.CHECK_FAILED, "2 problems")
    assert "forecasts its files cannot be listed: Permission denied" in checked.flat
    compared = cli_as_user("runs", "diff", finished.output, output)
    compared.assert_error(ExitCode.CHECK_FAILED, "Permission denied", str(output / "forecasts"))
    (output / "forecasts").chmod(0o700)


def test_an_earlier_run_that_may_not_be_read_stops_no_forecast(
    cli_as_user: Cli, closed: Path, balances: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    outcome = cli_as_user("forecast", balances, "--output", output, "--previous", closed, *QUICK)
    assert f"{closed}: cannot be read: Permission denied; no change" in outcome.assert_exit(ExitCode.OK).err
    assert json.loads((output / "metrics.json").read_text())["change"] is None


def test_earlier_runs_none_of_which_may_be_read_are_said_to_be_unreadable(
    cli_as_user: Cli, nights: Path, balances: Path, tmp_path: Path
) -> None:
    forecast = ("forecast", balances, "--previous", nights, *QUICK)
    manifest = nights / "night-1" / "manifest.json"
    manifest.chmod(0)
    outcome = cli_as_user(*forecast, "--output", tmp_path / "a").assert_exit(ExitCode.OK)
    assert f"{manifest}: cannot be read: Permission denied; no change" in outcome.err
    (nights / "night-1").chmod(0)
    outcome = cli_as_user(*forecast, "--output", tmp_path / "b").assert_exit(ExitCode.OK)
    (nights / "night-1").chmod(0o700)
    assert f"{nights}: holds no run that you may read; no change" in outcome.err


def test_no_path_into_it_gives_a_traceback(cli_as_user: Cli, closed: Path, balances: Path, tmp_path: Path) -> None:
    forecast = ("forecast", balances, "--output", tmp_path / "out", "--jobs", 1)
    outcome = cli_as_user(*forecast, "--metrics", closed / "a.prom")
    outcome.assert_error(ExitCode.OUTPUT_NOT_WRITTEN, f"{closed / 'a.prom'}: cannot be written: Permission denied")
    outcome = cli_as_user(*forecast, "--fitted", closed)
    outcome.assert_error(ExitCode.CONFIG_INVALID, f"--fitted {closed}", "cannot be read", "Permission denied")
    assert "Permission denied" in cli_as_user("doctor", closed / "out").assert_exit(ExitCode.CHECK_FAILED).flat


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--force",)], ids=["plain", "dry-run", "force"])
@pytest.mark.parametrize("within", ["", "new"])
def test_an_output_that_may_not_be_entered_is_an_error(
    cli_as_user: Cli, closed: Path, balances: Path, within: str, more: tuple[str, ...]
) -> None:
    output = closed / within
    outcome = cli_as_user("forecast", balances, "--output", output, *QUICK, *more)
    outcome.assert_error(ExitCode.OUTPUT_NOT_WRITTEN, f"{output}: cannot be read: Permission denied")
    assert "fix its permissions" in outcome.err


@pytest.mark.parametrize("name", [".", ".run"])
def test_an_unfinished_run_that_may_not_be_entered_is_an_error(
    cli_as_user: Cli, finished: Finished, balances: Path, tmp_path: Path, name: str
) -> None:
    output = shutil.copytree(finished.output, tmp_path / "out")
    for end in ("_SUCCESS", "manifest.json"):
        (output / end).unlink()
    (output / ".run").mkdir()
    closed = output / name
    closed.chmod(0o600)
    outcome = cli_as_user("forecast", balances, "--output", output, *QUICK, "--force")
    closed.chmod(0o700)
    outcome.assert_error(ExitCode.OUTPUT_NOT_WRITTEN, str(closed), "Permission denied")


def test_forecasts_that_may_not_be_entered_are_an_error(
    cli_as_user: Cli, finished: Finished, balances: Path, tmp_path: Path
) -> None:
    output = shutil.copytree(finished.output, tmp_path / "out")
    (output / "forecasts").chmod(0)
    outcome = cli_as_user("forecast", balances, "--output", output, *QUICK)
    (output / "forecasts").chmod(0o700)
    outcome.assert_error(ExitCode.OUTPUT_NOT_WRITTEN, f"{output / 'forecasts'}: cannot be read: Permission denied")


@pytest.fixture
def read_only(finished: Finished, tmp_path: Path) -> Iterator[Path]:
    """A finished run in which nothing may be written."""
    output = shutil.copytree(finished.output, tmp_path / "nights" / "night-1")
    paths = [output, *output.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    yield output
    for path in paths:
        path.chmod(path.stat().st_mode | 0o200)


def test_reading_a_run_needs_no_permission_to_write(cli_as_user: Cli, read_only: Path, balances: Path) -> None:
    for asked in (("list", read_only.parent), ("show", read_only), ("diff", read_only, read_only)):
        cli_as_user("runs", *asked).assert_exit(ExitCode.OK)
    again = ("forecast", balances, "--output", read_only, *QUICK)
    cli_as_user(*again).assert_exit(ExitCode.OK)
    cli_as_user(*again, "--force").assert_error(ExitCode.OUTPUT_NOT_WRITTEN, "cannot be written: Permission denied")


def test_a_reader_without_permission_to_write_sees_that_a_run_is_running(cli_as_user: Cli, read_only: Path) -> None:
    with (read_only / ".lock").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert " running " in cli_as_user("runs", "list", read_only).assert_exit(ExitCode.OK).flat


def close(folder: Path) -> None:
    folder.chmod(0)
    heed_permissions()


@pytest.mark.parametrize("lose", [close, Path.rmdir], ids=["closed", "deleted"])
def test_a_forecast_needs_no_current_folder(balances: Path, tmp_path: Path, lose: Callable[[Path], None]) -> None:
    here = tmp_path / "here"
    here.mkdir()
    asked = ("forecast", balances, "--output", tmp_path / "out", *QUICK)
    outcome = run_apart(*asked, cwd=here, preexec_fn=partial(lose, here)).assert_exit(ExitCode.OK)
    assert outcome.err.startswith("warning: current folder: ")
    assert outcome.err.endswith("; relative paths are taken from /\n")
