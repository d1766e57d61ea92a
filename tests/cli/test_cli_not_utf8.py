"""Arguments, variables and folders whose bytes are not UTF-8, as a terminal or a disk of another encoding has them."""

import shutil
import sys
from pathlib import Path

import pytest
from cli_harness import Cli, Finished

from forecast_cli.core.exit_codes import ExitCode

#: ``cafe`` with an accent in Latin-1, as Python reads it.
NAME = "caf\udce9"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")


@pytest.fixture
def output(finished: Finished, tmp_path: Path) -> Path:
    """A finished run, moved to a folder of such a name."""
    return Path(shutil.copytree(finished.output, tmp_path / NAME / "out"))


def test_an_account_of_such_a_name_is_not_found(cli: Cli, finished: Finished) -> None:
    outcome = cli("show", NAME, "--forecast", finished.output)
    outcome.assert_error(ExitCode.USAGE, "no account")
    assert "the forecast has 6 accounts" in outcome.err


def test_a_timezone_of_such_a_name_is_unknown(cli: Cli, balances: Path) -> None:
    outcome = cli("validate", balances, "--timezone", NAME).assert_exit(ExitCode.INPUT_REJECTED)
    assert "unknown timezone" in outcome.flat


def test_any_bytes_are_a_key_for_hashes_of_ids(
    cli: Cli, one_bad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECAST_ID_KEY", NAME)
    quick = ("--model", "Naive", "--jobs", 1, "--log-format", "json")
    outcomes = [cli("forecast", one_bad, "--output", tmp_path / name, *quick) for name in "ab"]
    first, second = ([group["examples"] for group in one.events[-1]["failures"]] for one in outcomes)
    assert outcomes[0].exit_code == ExitCode.ACCOUNTS_FAILED
    assert first == second
    assert first[0][0].startswith("id:")


@pytest.mark.parametrize(
    "command",
    [
        ("check",),
        ("risk",),
        ("show", "A001", "--forecast"),
        ("runs", "diff"),
        ("score", "balances", "-o", "x", "--forecast"),
    ],
)
def test_a_run_in_a_folder_of_such_a_name_is_refused(
    cli: Cli, output: Path, finished: Finished, balances: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    words = [{"balances": balances, "x": tmp_path / "x"}.get(word, word) for word in command]
    other = [finished.output] if command == ("runs", "diff") else []
    outcome = cli(*words, output, *other)
    outcome.assert_error(ExitCode.CHECK_FAILED, "its path is not UTF-8")
    assert "rename or move the folder" in outcome.err


def test_a_history_in_a_file_of_such_a_name_is_rejected(
    cli: Cli, finished: Finished, balances: Path, tmp_path: Path
) -> None:
    shutil.copy(balances, tmp_path / f"{NAME}.parquet")
    outcome = cli("show", "A001", "--forecast", finished.output, "--input", tmp_path / f"{NAME}.parquet")
    outcome.assert_error(ExitCode.INPUT_REJECTED, "its name is not UTF-8")
