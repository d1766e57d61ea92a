"""Help is plain, complete and quick: it loads none of the heavy packages."""

import subprocess
import sys

import pytest
from cli_harness import Cli

from forecast_cli import __version__
from forecast_cli.cli.app import COMMANDS as LINES
from forecast_cli.cli.app import load_all
from forecast_cli.core.exit_codes import ExitCode

HEAVY = {
    "json",
    "secrets",
    "polars",
    "pydantic",
    "rich",
    "statsforecast",
    "numpy",
    "numba",
    "pyarrow",
    "pandas",
    "obstore",
}
COMMANDS = (
    (),
    ("forecast",),
    ("backtest",),
    ("score",),
    ("compare",),
    ("report",),
    ("validate",),
    ("check",),
    ("sample",),
    ("runs",),
    ("runs", "list"),
    ("runs", "show"),
    ("runs", "diff"),
    ("runs", "prune"),
    ("risk",),
    ("show",),
    ("models",),
    ("doctor",),
    ("config",),
    ("config", "init"),
    ("config", "show"),
    ("config", "schema"),
)


def test_every_command_is_tried_here() -> None:
    assert set(LINES) == {name for command in COMMANDS[1:] for name in command[:1]}


def test_the_line_of_a_command_is_how_its_docstring_begins() -> None:
    assert {name: command.help.partition("\n\n")[0] for name, command in load_all().commands.items()} == LINES


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_goes_to_stdout_and_exits_0(cli: Cli, command: tuple[str, ...], flag: str) -> None:
    outcome = cli(*command, flag).assert_exit(ExitCode.OK)
    assert outcome.out.startswith("Usage: " + " ".join(["forecast-cli", *command]))
    assert outcome.err == ""
    assert max(map(len, outcome.out.splitlines())) <= 80


@pytest.mark.parametrize("group", [(), ("runs",), ("config",)], ids=" ".join)
def test_the_line_of_a_command_is_not_cut_short(cli: Cli, group: tuple[str, ...]) -> None:
    lines = cli(*group, "--help").assert_exit(ExitCode.OK).out.partition("Commands:")[2].splitlines()[1:]
    assert len(lines) >= 3
    assert [line for line in lines if line.endswith("...")] == []


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([*c, "--help"] for c in COMMANDS[1:])], ids=" ".join
)
def test_help_loads_no_heavy_package(arguments: list[str]) -> None:
    loaded = {name.partition(".")[0] for name in loaded_by(arguments)}
    assert "typer" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("command", [(), ("forecast",), ("runs", "list")], ids=" ".join)
def test_no_command_is_imported_but_the_one_that_is_asked_for(command: tuple[str, ...]) -> None:
    package = "forecast_cli.cli.commands."
    imported = {name for name in loaded_by([*command, "--help"]) if name.startswith(package)}
    assert imported == {package + name for name in command[:1]}


def loaded_by(arguments: list[str]) -> set[str]:
    """Return the modules that a process has loaded that showed a help."""
    code = (
        "import sys\n"
        f"sys.argv = ['forecast-cli', *{arguments!r}]\n"
        "from forecast_cli.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as leaving:\n    assert leaving.code == 0, leaving.code\n"
        "print('loaded:', *sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("command", [(), ("config",)], ids=["root", "config"])
def test_no_command_is_a_usage_error_that_shows_the_help(cli: Cli, command: tuple[str, ...]) -> None:
    outcome = cli(*command).assert_exit(ExitCode.USAGE)
    assert outcome.out == ""
    assert "Commands:" in outcome.err


def test_version(cli: Cli) -> None:
    assert cli("--version").assert_exit(ExitCode.OK).out == f"forecast-cli {__version__}\n"


def test_the_module_runs_like_the_script(cli_apart: Cli) -> None:
    assert cli_apart("--version").assert_exit(ExitCode.OK).out == f"forecast-cli {__version__}\n"
    assert cli_apart("--help").assert_exit(ExitCode.OK).out.startswith("Usage: forecast-cli ")
