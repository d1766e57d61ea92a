"""Errors on the command line: one line that says what is wrong, a hint that says what to do, and the exit code."""

import errno
import os
from pathlib import Path

import pytest
from cli_harness import Cli, Outcome, run_in_process

from forecast_cli.core.exit_codes import ExitCode


def hint_of(outcome: Outcome) -> str:
    [hint] = [line for line in outcome.err.splitlines() if line.startswith("hint:  ")]
    return hint.removeprefix("hint:  ")


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        (["froecast"], "No such command 'froecast'. Did you mean 'forecast'?", "see: forecast-cli --help"),
        (["--vresion"], "No such option: --vresion", "did you mean --version?"),
        (["forecast", "x", "--output", "y", "--horizn", "3"], "No such option: --horizn", "did you mean --horizon?"),
        (
            ["backtest", "x", "--output", "y", "--origin", "account"],
            "No such option: --origin",
            "a backtest has --align instead: account (the default) or as-of",
        ),
        (["forecast", "x"], "Missing option '--output'", "see: forecast-cli forecast --help"),
        (["forecast", "--output", "y"], "Missing argument 'INPUT'", "see: forecast-cli forecast --help"),
        (
            ["forecast", "a.parquet", "b.parquet", "--output", "z"],
            "unexpected extra argument(s) (b.parquet)",
            "give one INPUT: quote a glob, as in 'in/*.parquet', or name the folder; separate lists by commas: 80,95",
        ),
        (
            ["forecast", "x", "--output", "y", "--season-length", "7", "30"],
            "unexpected extra argument(s) (30)",
            "give one INPUT: quote a glob, as in 'in/*.parquet', or name the folder; separate lists by commas: 80,95",
        ),
        (
            ["risk", "x", "--least", "200"],
            "error: --least: expected at most 100, got 200",
            "see: forecast-cli risk --help",
        ),
        (
            ["runs", "prune", "x", "--keep", "0"],
            "--keep: expected at least 1, got 0",
            "see: forecast-cli runs prune --help",
        ),
        (["validate", ""], "error: INPUT: is empty, expected a path", "see: forecast-cli validate --help"),
        (["check", "x", "y"], "unexpected extra argument", "see: forecast-cli check --help"),
        (
            ["config", "show", "--horizon", "soon"],
            "error: --horizon: 'soon' is not a whole number",
            "see: forecast-cli config show --help",
        ),
        (
            ["validate", "x", "--format", "jsn"],
            "error: --format: 'jsn' is not one of 'table', 'json'",
            "see: forecast-cli validate --help",
        ),
        (
            ["config", "show", "--max-missing", "few"],
            "error: --max-missing: 'few' is not a number",
            "see: forecast-cli config show --help",
        ),
        (
            ["config", "show", "--origin", "x"],
            "error: --origin: 'x' is not one of 'input', 'account'",
            "see: forecast-cli config show --help",
        ),
        (["config", "shwo"], "Did you mean 'show'?", "see: forecast-cli config --help"),
        (["check", "x", "--log-format", "xml"], "'xml' is not one of 'text', 'json'", "see: forecast-cli check --help"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_exits_2_and_says_what_is_right(arguments: list[str], said: str, hint: str) -> None:
    outcome = run_in_process(*arguments).assert_error(ExitCode.USAGE, said)
    assert hint_of(outcome) == hint
    assert outcome.out == ""


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("horizn = 3\n", ("unknown key 'horizn'",)),
        ("horizon = 0\n", ("horizon = 0", "expected a whole number, 1 to 366")),
        ("horizon = \n", ("not a readable TOML file",)),
        ('level = "high"\n', ("level = 'high'", "expected a number, above 0 and below 100")),
        ("model = []\n", ("model = []", "name at least one")),
        ('origin = "now"\n', ("origin = 'now'", "expected 'input' or 'account'")),
        ("as_of = 7\n", ("as_of = 7", "expected a day such as 2026-06-30")),
        ('as_of = "yesterday"\n', ("as_of = 'yesterday'", "expected a day such as 2026-06-30")),
        ('as_of = "2026-02-30"\n', ("as_of = '2026-02-30'", "expected a day such as 2026-06-30")),
        ("level = {a = 1}\n", ("level = {a = 1}", "expected a list, each a number, above 0 and below 100")),
        ("max_balance = 0\n", ("max_balance = 0", "expected a number, above 0")),
        ("jobs = 0\n", ("jobs = 0", "expected a whole number, at least 1")),
        ("require_success = 3\n", ("require_success = 3", "expected true or false")),
        ("timezone = 3\n", ("timezone = 3", "expected text")),
        ("", ()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_config_exits_5_and_names_the_file(cli: Cli, tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    file = tmp_path / "c.toml"
    if text:
        file.write_text(text)
    outcome = cli("config", "show", "--config", file)
    outcome.assert_error(ExitCode.CONFIG_INVALID, str(file), *parts)
    assert hint_of(outcome)


def test_a_flag_out_of_range_exits_5_and_names_the_flag(cli: Cli) -> None:
    outcome = cli("config", "show", "--level", 101)
    outcome.assert_error(
        ExitCode.CONFIG_INVALID, "level = 101.0 (flag --level): expected a number, above 0 and below 100"
    )
    assert "forecast-cli config show" in hint_of(outcome)


def test_a_glob_of_a_thousand_files_does_not_fill_the_screen(cli: Cli) -> None:
    outcome = cli("forecast", *(f"b/{number:04}.parquet" for number in range(1000)), "--output", "z")
    outcome.assert_error(ExitCode.USAGE, "b/0001.parquet", " ...")
    assert len(outcome.err) < 500


def test_an_empty_variable_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_MODEL", "")
    said = "model = '' (environment FORECAST_MODEL): name at least one"
    cli("config", "show").assert_error(ExitCode.CONFIG_INVALID, said)


def test_a_table_in_a_config_gets_a_hint_where_settings_belong(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[forecast]\nhorizon = 7\n")
    outcome = cli("config", "show", "--config", file)
    outcome.assert_error(ExitCode.CONFIG_INVALID, f"{file}: unknown table [forecast]")
    assert hint_of(outcome) == "settings belong at the top level of the file: remove that line"


def test_a_bug_exits_1_with_its_traceback_and_asks_to_be_reported(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(output: Path) -> None:
        raise ZeroDivisionError(f"by zero in {output} with s3://user:hunter2@bucket\x1b[31m")

    monkeypatch.setattr("forecast_cli.workflows.check.run_check", broken)
    outcome = cli("check", tmp_path).assert_exit(ExitCode.BUG)
    assert outcome.out == ""
    assert outcome.err.startswith("Traceback (most recent call last):\n")
    assert "\nZeroDivisionError: by zero in " in outcome.err
    assert "error: this is a bug in forecast-cli" in outcome.err
    assert "report it" in hint_of(outcome)
    assert "hunter2" not in outcome.err
    assert "\x1b" not in outcome.err


def test_a_panic_of_native_code_is_a_bug_like_any_other(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class PanicException(BaseException):
        """What polars raises."""

    def panicking(output: Path) -> None:
        raise PanicException("called unwrap on None")

    monkeypatch.setattr("forecast_cli.workflows.check.run_check", panicking)
    assert "PanicException: called unwrap" in cli("check", tmp_path).assert_exit(ExitCode.BUG).err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT], ids=["disk", "quota"])
def test_a_full_disk_nobody_foresaw_exits_8(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int
) -> None:
    def full(output: Path) -> None:
        raise OSError(number, os.strerror(number), str(output / "x.tmp"))

    monkeypatch.setattr("forecast_cli.workflows.check.run_check", full)
    cli("check", tmp_path).assert_error(ExitCode.OUTPUT_NOT_WRITTEN, f"x.tmp: {os.strerror(number)}")


def test_an_interrupt_exits_130_with_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(output: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("forecast_cli.workflows.check.run_check", interrupted)
    cli("check", tmp_path).assert_error(ExitCode.INTERRUPTED, "interrupted")


def test_a_message_is_one_line_for_any_path(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("check", tmp_path / "a\nb\x1b[2J")
    outcome.assert_error(ExitCode.CHECK_FAILED, "a\\nb\\x1b[2J")


def test_empty_metrics_are_refused(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("forecast", "input", "--output", tmp_path / "out", "--metrics", "")
    outcome.assert_error(ExitCode.USAGE, "--metrics", "is empty", "is its shell variable set?")
