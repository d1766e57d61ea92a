"""Shell completion: the script, and what it completes."""

import pytest
from cli_harness import Cli, run_apart

from forecast_cli.core.exit_codes import ExitCode

COMMANDS = [
    "forecast",
    "backtest",
    "score",
    "validate",
    "check",
    "compare",
    "report",
    "risk",
    "show",
    "doctor",
    "sample",
    "models",
    "config",
    "runs",
]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_names_the_program(shell: str) -> None:
    env = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    outcome = run_apart("--show-completion", shell, env=env).assert_exit(ExitCode.OK)
    assert "_FORECAST_CLI_COMPLETE" in outcome.out
    assert "forecast-cli" in outcome.out


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("forecast-cli ", {*COMMANDS}),
        ("forecast-cli va", {"validate"}),
        ("forecast-cli config ", {"init", "show", "schema"}),
        ("forecast-cli forecast --ori", {"--origin"}),
        ("forecast-cli forecast --origin ", {"input", "account"}),
    ],
)
def test_bash_is_offered_what_fits(cli_apart: Cli, words: str, offered: set[str]) -> None:
    env = {
        "_FORECAST_CLI_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    assert set(cli_apart(env=env).assert_exit(ExitCode.OK).out.split()) == offered
