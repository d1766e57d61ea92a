"""Every setting has a flag of the same name, with its description and default, and no flag lacks a setting."""

from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from cli_harness import Cli

from forecast_cli.cli.app import load_all
from forecast_cli.cli.options.declared import options_in
from forecast_cli.cli.options.settings import BacktestOptions, ForecastOptions, InputOptions, OriginOptions, RunOptions
from forecast_cli.cli.options.shared import ConfigOptions, LogOptions, QuietOptions
from forecast_cli.config.settings import Settings
from forecast_cli.core.exit_codes import ExitCode

ROOT = load_all()
SHARED = {*options_in(ConfigOptions), *options_in(LogOptions), *options_in(QuietOptions)}
OF_INPUT = {*options_in(InputOptions), *options_in(OriginOptions)}
OF_FORECAST, OF_BACKTEST = set(options_in(ForecastOptions)), set(options_in(BacktestOptions))
SETTINGS = {*OF_INPUT, *options_in(RunOptions), *OF_FORECAST, *OF_BACKTEST}


def options_of(*names: str) -> dict[str, Any]:
    command = ROOT
    for name in names:
        command = command.commands[name]
    return {param.name: param for param in command.params if param.param_type_name == "option"}


def in_words(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "none"
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case ():
            return "none"
        case tuple():
            return " and ".join(in_words(item) for item in value)
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def expected_help(name: str) -> str:
    field = Settings.model_fields[name]
    said = Settings.model_json_schema()["properties"][name]["description"].removesuffix(".")
    if "(default: " in said:
        return f"{said}."
    again = "repeatable or comma-separated; " if isinstance(field.default, tuple) else ""
    return f"{said} ({again}default: {in_words(field.default)})."


def test_every_setting_is_declared_as_an_option_and_no_other_name_is() -> None:
    assert set(Settings.model_fields) == SETTINGS


def test_every_setting_is_reachable_by_its_flag() -> None:
    options = options_of("config", "show")
    flags = {name: option.opts[0] for name, option in options.items() if name in SETTINGS}
    assert flags == {name: f"--{name.replace('_', '-')}" for name in Settings.model_fields}


def test_a_backtest_takes_every_setting_but_the_origin_which_its_windows_have_of_align() -> None:
    assert set(options_of("backtest")) & SETTINGS == SETTINGS - {"origin"} - OF_FORECAST


def test_no_option_lacks_a_setting() -> None:
    assert set(options_of("forecast")) - SETTINGS == SHARED | {"output", "force", "dry_run", "metrics", "previous"}
    assert set(options_of("backtest")) - SETTINGS == SHARED | {"output", "force", "metrics"}
    assert set(options_of("validate")) - SETTINGS == {"config", "log_format", "show_ids", "format"}


def test_forecast_takes_the_settings_that_are_not_a_backtest_s_alone() -> None:
    assert set(options_of("forecast")) & SETTINGS == SETTINGS - OF_BACKTEST


def test_validate_takes_the_settings_of_the_input_and_those_that_decide_how_a_run_ends() -> None:
    assert set(options_of("validate")) & SETTINGS == OF_INPUT | {"max_failed", "max_skipped"}


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_help_says_what_the_setting_says_and_its_default(name: str) -> None:
    option = options_of("config", "show")[name]
    assert option.help == expected_help(name)
    assert option.default is None, "a default here would win over the environment and the file"


@pytest.mark.parametrize("name", ["model", "season_length", "level"])
def test_lists_are_repeatable(name: str) -> None:
    assert options_of("forecast")[name].multiple


def test_values_of_every_kind_arrive(cli: Cli) -> None:
    flags = ["--level", "90", "--level", "50", "--model", "MSTL(7,30)", "--model", "Naive", "--as-of", "2026-02-28"]
    flags += ["--on-duplicate", "last-row", "--require-success", "--max-missing", "0.5"]
    out = cli("config", "show", *flags).assert_exit(ExitCode.OK).flat
    for said in (
        "level 50, 90 flag --level",
        "model MSTL(7,30), Naive flag --model",
        "as_of 2026-02-28 flag --as-of",
        "on_duplicate last-row flag --on-duplicate",
        "require_success true flag --require-success",
        "max_missing 0.5 flag --max-missing",
    ):
        assert said in out


def test_a_list_may_come_with_commas_as_from_a_variable(cli: Cli) -> None:
    flags = ["--level", "80, 95", "--level", "50", "--model", "MSTL(7,30),Naive", "--season-length", "7,30"]
    out = cli("config", "show", *flags).assert_exit(ExitCode.OK).flat
    for said in ("level 50, 80, 95 flag", "model MSTL(7,30), Naive flag", "season_length 7, 30 flag"):
        assert said in out


@pytest.mark.parametrize(
    ("flag", "given", "said"),
    [
        ("--level", "80,abc", "error: --level: 'abc' is not a number"),
        ("--season-length", "7.5", "error: --season-length: '7.5' is not a whole number"),
        ("--model", "", "error: --model: is empty, expected at least one value: is its shell variable set?"),
        ("--level", " , ", "error: --level: is empty, expected at least one value: is its shell variable set?"),
    ],
)
def test_a_list_of_the_wrong_kind_is_a_usage_error(cli: Cli, flag: str, given: str, said: str) -> None:
    cli("config", "show", flag, given).assert_error(ExitCode.USAGE, said)


def test_a_level_that_looks_like_a_share_is_warned_of(cli: Cli) -> None:
    outcome = cli("config", "show", "--level", "0.8").assert_exit(ExitCode.OK)
    assert outcome.err == "warning: level 0.8 (flag --level) means 0.8 percent; for 80 %, give 80\n"
    assert cli("config", "show", "--level", "80").err == ""


@pytest.mark.parametrize("command", ["forecast", "backtest"])
def test_an_empty_output_is_not_the_current_folder(cli: Cli, balances: Path, command: str) -> None:
    outcome = cli(command, balances, "--output", "")
    outcome.assert_error(ExitCode.USAGE, "--output: is empty, expected a path: is its shell variable set?")
