"""Output files are readable by the owner only, or as ``--mode`` says, whatever the umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_harness import Cli, Finished

from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.store.permissions import created_with, umask_for

QUICK = ("--model", "Naive", "--horizon", 5, "--jobs", 1)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")


@pytest.fixture(params=[0o000, 0o077], ids=["000", "077"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> tuple[set[int], set[int]]:
    """The permissions of the files, and of the folders."""
    paths = [folder, *folder.rglob("*")]
    files = {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()}
    return files, {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()}


def test_a_forecast_is_its_owner_s(cli: Cli, balances: Path, tmp_path: Path, umask: int) -> None:
    cli("forecast", balances, "--output", tmp_path / "new" / "out", *QUICK).assert_exit(ExitCode.OK)
    assert modes(tmp_path / "new") == ({0o600}, {0o700})
    assert os.umask(umask) == umask, "the process has its own umask again"


def test_a_mode_lets_a_group_read(cli: Cli, balances: Path, tmp_path: Path, umask: int) -> None:
    cli("forecast", balances, "--output", tmp_path / "out", *QUICK, "--mode", "0640").assert_exit(ExitCode.OK)
    assert modes(tmp_path / "out") == ({0o640}, {0o750})


def test_a_backtest_and_its_report_keep_the_mode(cli: Cli, balances: Path, tmp_path: Path) -> None:
    options = ("--model", "Naive", "--horizon", 5, "--windows", 1, "--step", 5, "--min-train", 30, "--jobs", 1)
    with created_with(0o644):
        cli("backtest", balances, "--output", tmp_path / "out", *options, "--mode", "640").assert_exit(ExitCode.OK)
        cli("report", tmp_path / "out").assert_exit(ExitCode.OK)
    assert modes(tmp_path / "out") == ({0o640}, {0o750})


def test_a_mode_changes_no_byte(cli: Cli, finished: Finished, balances: Path, tmp_path: Path) -> None:
    models = ("--model", "SeasonalNaive", "--model", "Naive", "--jobs", 1)
    cli("forecast", balances, "--output", tmp_path / "out", *models, "--mode", "0644").assert_exit(ExitCode.OK)
    for table in ("failures.parquet", "risk.parquet", "forecasts/part-00000.parquet"):
        assert (tmp_path / "out" / table).read_bytes() == (finished.output / table).read_bytes()
    cli("forecast", balances, "--output", tmp_path / "out", *models, "-q").assert_exit(ExitCode.OK)
    assert modes(tmp_path / "out") == ({0o644}, {0o755}), "a finished run is left alone"


@pytest.mark.parametrize("mode", ["640", "0o640", "0755", "0400", "777", "rw", "1640"])
def test_a_mode_that_a_run_cannot_have_is_refused(cli: Cli, mode: str) -> None:
    outcome = cli("config", "show", "--mode", mode)
    if mode == "640":
        outcome.assert_exit(ExitCode.OK)
        assert "mode 0640 flag --mode" in outcome.flat
    else:
        outcome.assert_error(ExitCode.CONFIG_INVALID, "mode", "let the owner read and write", "0640")


def test_a_mode_in_toml_is_text_or_octal(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("mode = 0o640\n")
    assert "mode 0640" in cli("config", "show", "--config", tmp_path / "a.toml").assert_exit(ExitCode.OK).flat
    (tmp_path / "a.toml").write_text("mode = 640\n")
    cli("config", "show", "--config", tmp_path / "a.toml").assert_exit(ExitCode.CONFIG_INVALID)


@pytest.mark.parametrize(("mode", "umask"), [(0o600, 0o077), (0o640, 0o027), (0o644, 0o022), (0o660, 0o007)])
def test_the_umask_of_a_mode(mode: int, umask: int) -> None:
    assert umask_for(mode) == umask
