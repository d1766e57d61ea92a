"""A folder with the output of another command is refused with the same message and exit code by every command."""

from pathlib import Path

import pytest
from backtest_folders import Folder, write_backtest
from cli_harness import Cli, Finished

from forecast_cli.core.exit_codes import ExitCode


@pytest.mark.parametrize("asked", [("risk", "OUT"), ("show", "A002", "--forecast", "OUT")], ids=["risk", "show"])
def test_a_backtest_is_no_forecast(cli: Cli, tmp_path: Path, asked: tuple[str, ...]) -> None:
    output = write_backtest(tmp_path / "out", Folder())
    outcome = cli(*(output if word == "OUT" else word for word in asked))
    outcome.assert_error(ExitCode.CONFIG_INVALID, f"{output}: holds a backtest, expected a forecast")
    assert "name another output, or make one: forecast-cli forecast" in outcome.err


@pytest.mark.parametrize("asked", [("report", "OUT"), ("compare", "BASE", "OUT"), ("compare", "OUT", "BASE")])
def test_a_forecast_is_no_backtest(cli: Cli, finished: Finished, tmp_path: Path, asked: tuple[str, ...]) -> None:
    folders = {"OUT": finished.output, "BASE": write_backtest(tmp_path / "base", Folder())}
    outcome = cli(*(folders.get(word, word) for word in asked))
    outcome.assert_error(ExitCode.CONFIG_INVALID, f"{finished.output}: holds a forecast, expected a backtest")
    assert "name another output, or make one: forecast-cli backtest" in outcome.err
