"""``check`` on the command line: output folders that match their manifest, and those that do not."""

import shutil
from pathlib import Path

import pytest
from cli_harness import Cli, Finished

from forecast_cli.core.exit_codes import ExitCode


def damaged_copy(finished: Finished, tmp_path: Path) -> Path:
    output = tmp_path / "damaged"
    shutil.copytree(finished.output, output)
    part = output / "forecasts" / "part-00000.parquet"
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 0xFF
    part.write_bytes(content)
    return output


def test_a_whole_output_exits_0(cli: Cli, finished: Finished) -> None:
    outcome = cli("check", finished.output).assert_exit(ExitCode.OK)
    assert "6 accounts, 360 forecast rows: as the manifest says" in outcome.flat
    assert outcome.err == ""


def test_a_flipped_byte_exits_6_and_names_the_file(cli: Cli, finished: Finished, tmp_path: Path) -> None:
    outcome = cli("check", damaged_copy(finished, tmp_path))
    outcome.assert_error(ExitCode.CHECK_FAILED, "1 problem")
    assert "forecasts/part-00000.parquet" in outcome.out


def test_quiet_still_says_that_an_output_is_damaged(cli: Cli, finished: Finished, tmp_path: Path) -> None:
    outcome = cli("check", damaged_copy(finished, tmp_path), "--quiet")
    outcome.assert_error(ExitCode.CHECK_FAILED, "1 problem")
    assert outcome.out == ""
    assert cli("check", finished.output, "--quiet").assert_exit(ExitCode.OK).out == ""


def test_the_hint_says_what_repairs_the_output_and_no_more(cli: Cli, finished: Finished, tmp_path: Path) -> None:
    output = tmp_path / "out"
    shutil.copytree(finished.output, output)

    def hint() -> str:
        said = cli("check", output, "-q").assert_exit(ExitCode.CHECK_FAILED).err
        return said.splitlines()[-1].removeprefix("hint:  ")

    (output / "_SUCCESS").unlink()
    (output / ".run").mkdir()
    assert hint() == "run the forecast command that wrote it again"
    (output / ".run").rmdir()
    (output / "notes.txt").touch()
    assert (
        hint() == "move away the files that this run did not write, then run the forecast command that wrote it again"
    )
    (output / "_SUCCESS").write_text("other")
    assert hint().endswith("then run the forecast command that wrote it again, with --force")
    shutil.copy(finished.output / "_SUCCESS", output / "_SUCCESS")
    assert hint() == "move away the files that this run did not write"


@pytest.fixture
def littered(finished: Finished, tmp_path: Path) -> Path:
    output = shutil.copytree(finished.output, tmp_path / "nights" / "night-1")
    for name in (".DS_Store", ".risk.parquet.crc", ".nfs0001", "forecasts/.part-00000.parquet.crc", ".mine"):
        (output / name).write_bytes(b"x")
    return output


def test_files_that_readers_skip_are_no_damage(cli: Cli, littered: Path) -> None:
    cli("check", littered).assert_exit(ExitCode.OK)
    shutil.copy(littered / "forecasts" / "part-00000.parquet", littered / "forecasts" / ".mine.parquet")
    assert "forecasts/.mine.parquet" in cli("check", littered).assert_exit(ExitCode.CHECK_FAILED).out


def test_files_that_readers_skip_stay_and_prevent_no_run(cli: Cli, littered: Path, balances: Path) -> None:
    for more in ((), ("--force",)):
        models = ("--model", "SeasonalNaive", "--model", "Naive", "--jobs", 1)
        cli("forecast", balances, "--output", littered, *models, *more).assert_exit(ExitCode.OK)
        assert (littered / ".mine").read_bytes() == b"x"


def test_prune_removes_a_run_with_litter_and_keeps_one_with_any_other_hidden_file(
    cli: Cli, littered: Path, finished: Finished
) -> None:
    shutil.copytree(finished.output, littered.with_name("night-2"))
    path = littered / "manifest.json"
    path.write_text(path.read_text().replace('"finished_at": "2', '"finished_at": "1'))
    cli("runs", "prune", littered.parent, "--yes", "--keep", 1).assert_exit(ExitCode.OK)
    assert littered.exists()
    (littered / ".mine").unlink()
    cli("runs", "prune", littered.parent, "--yes", "--keep", 1).assert_exit(ExitCode.OK)
    assert not littered.exists()


def test_a_folder_without_a_run_exits_6(cli: Cli, tmp_path: Path) -> None:
    cli("check", tmp_path).assert_error(ExitCode.CHECK_FAILED, str(tmp_path), "manifest.json")
