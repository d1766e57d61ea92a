"""Errors on the command line: one line that says what, a hint that says what next, and the exit code."""

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
        (["forecast", "x"], "Missing option '--output'", "see: forecast-cli forecast --help"),
        (["forecast", "--output", "y"], "Missing argument 'INPUT'", "see: forecast-cli forecast --help"),
        (["forecast", "x", "y", "--output", "z"], "unexpected extra argument", "see: forecast-cli forecast --help"),
        (["config", "show", "--horizon", "soon"], "'--horizon'", "see: forecast-cli config show --help"),
        (
            ["validate", "x", "--format", "jsn"],
            "'jsn' is not one of 'table', 'json'",
            "see: forecast-cli validate --help",
        ),
        (["config", "shwo"], "Did you mean 'show'?", "see: forecast-cli config --help"),
        (["check", "x", "--log-format", "xml"], "'xml' is not one of 'text', 'json'", "see: forecast-cli check --help"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_exits_2_and_says_what_is_right(arguments: list[str], said: str, hint: str) -> None:
    outcome = run_in_process(*arguments).expect_error(ExitCode.USAGE, said)
    assert hint_of(outcome) == hint
    assert outcome.out == ""


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("horizn = 3\n", ("unknown key 'horizn'",)),
        ("horizon = 0\n", ("horizon = 0", "greater than or equal to 1")),
        ("horizon = \n", ("not a readable TOML file",)),
        ('level = "high"\n', ("level",)),
        ("", ()),
    ],
    ids=["unknown", "out of range", "no TOML", "wrong type", "missing file"],
)
def test_a_wrong_config_exits_5_and_names_the_file(cli: Cli, tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    file = tmp_path / "c.toml"
    if text:
        file.write_text(text)
    outcome = cli("config", "show", "--config", file)
    outcome.expect_error(ExitCode.CONFIG_INVALID, str(file), *parts)
    assert hint_of(outcome)


def test_a_flag_out_of_range_exits_5_and_names_the_flag(cli: Cli) -> None:
    cli("config", "show", "--level", 101).expect_error(ExitCode.CONFIG_INVALID, "level", "flag --level")


def test_a_bug_exits_1_with_its_traceback_and_asks_to_be_reported(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(output: Path) -> None:
        raise ZeroDivisionError(f"by zero in {output} with s3://user:hunter2@bucket\x1b[31m")

    monkeypatch.setattr("forecast_cli.workflows.check.run_check", broken)
    outcome = cli("check", tmp_path).expect(ExitCode.BUG)
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
    assert "PanicException: called unwrap" in cli("check", tmp_path).expect(ExitCode.BUG).err


def test_a_full_disk_nobody_foresaw_exits_8(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(output: Path) -> None:
        raise OSError(28, "No space left on device", str(output / "x.tmp"))

    monkeypatch.setattr("forecast_cli.workflows.check.run_check", full)
    cli("check", tmp_path).expect_error(ExitCode.OUTPUT_NOT_WRITTEN, "x.tmp: No space left on device")


def test_an_interrupt_exits_130_with_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(output: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("forecast_cli.workflows.check.run_check", interrupted)
    cli("check", tmp_path).expect_error(ExitCode.INTERRUPTED, "interrupted")


def test_a_message_is_one_line_whatever_the_path_holds(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("check", tmp_path / "a\nb\x1b[2J")
    outcome.expect_error(ExitCode.CHECK_FAILED, "a\\nb\\x1b[2J")
