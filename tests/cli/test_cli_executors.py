"""``--executor``: what is said where its package is missing, and what a dry run shows."""

import sys
from pathlib import Path

import pytest
from cli_harness import Cli

from forecast_cli.core.exit_codes import ExitCode

QUICK = ("--model", "Naive", "--horizon", 5)


@pytest.mark.parametrize("command", ["forecast", "backtest"])
@pytest.mark.parametrize(("executor", "package"), [("spark", "pyspark"), ("ray", "ray")])
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    cli: Cli, balances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, executor: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    refused = cli(command, balances, "--output", tmp_path / "out", *QUICK, "--executor", executor)
    refused.assert_error(ExitCode.CONFIG_INVALID, f"--executor {executor}: the package {package} is not installed")
    assert f"hint:  pip install 'forecast-cli[{executor}]'" in refused.err
    assert not (tmp_path / "out").exists()


def test_the_executor_is_a_setting_like_any_other(
    cli: Cli, balances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setenv("FORECAST_EXECUTOR", "spark")
    run = ("forecast", balances, "--output", tmp_path / "out", *QUICK, "--dry-run")
    cli(*run).assert_error(ExitCode.CONFIG_INVALID, "--executor spark: the package pyspark is not installed")
    cli(*run, "--executor", "local").assert_exit(ExitCode.OK)
    (tmp_path / "c.toml").write_text('executor = "dask"\n')
    monkeypatch.delenv("FORECAST_EXECUTOR")
    cli(*run, "--config", tmp_path / "c.toml").assert_error(ExitCode.CONFIG_INVALID, "executor", "dask")


def test_a_dry_run_does_not_promise_processes_of_this_machine_for_a_cluster(
    cli: Cli, balances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecast_cli.engine.executors.find_spec", lambda _: object())
    run = ("forecast", balances, "--output", tmp_path / "out", *QUICK, "--dry-run", "--executor", "spark")
    shown = cli(*run).assert_exit(ExitCode.OK).flat
    assert "1 shard, each a task of spark" in shown
    assert "on this machine" in shown
    assert "at a time in each process" not in shown
