"""The Typer application and its commands, in the order of a working day."""

from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand
from typer.main import get_command

from forecast_cli import __version__
from forecast_cli.cli.boundary import BoundaryGroup, show_help_if_alone
from forecast_cli.core.exit_codes import ExitCode

#: Commands with the first line of their docstrings, so that the root's help does not import them.
COMMANDS: Final = {
    "forecast": "Forecast the balance of every account in INPUT.",
    "backtest": "Measure the accuracy of the models on the history of INPUT.",
    "score": "Score finished forecasts by the balances that came since.",
    "validate": "Check INPUT for problems, without forecasting.",
    "check": "Verify that the output of a run is complete and undamaged.",
    "compare": "Compare a backtest with a baseline, and fail if it is worse.",
    "report": "Rebuild the HTML and Markdown reports of a backtest.",
    "risk": "List the accounts most likely to run low, and by when.",
    "show": "Show the forecast of one account, and explain it.",
    "sample": "Generate synthetic accounts to try the tool with.",
    "models": "List the models, with what each needs and costs.",
    "doctor": "Check that this machine is ready for a run.",
    "runs": "List, inspect and compare runs, and remove old ones.",
    "config": "Show the settings in effect, or create a config file.",
}


class LazyCommand(TyperCommand):
    """Placeholder for the command ``<name>`` or the group ``<name>_app`` in the module ``cli/commands/<name>.py``."""

    def load(self) -> Any:
        """Import the command and return it."""
        module = import_module(f"forecast_cli.cli.commands.{self.name}")
        group = getattr(module, f"{self.name}_app", None)
        return get_command(group() if group else _single_command_app(getattr(module, str(self.name))))

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Import the command and parse its arguments; running, help and completion then use the imported command."""
        return self.load().make_context(info_name, args, parent, **extra)


class Root(BoundaryGroup):
    """Root command, with one command for each entry of ``COMMANDS``."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for name, line in COMMANDS.items():
            self.add_command(LazyCommand(name, help=line))


def build_app() -> typer.Typer:
    """Return the application. Its help is plain text: rich would more than double the time to show it."""
    app = typer.Typer(
        name="forecast-cli",
        cls=Root,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    return app


def load_all() -> Any:
    """Return the root with all commands imported, for the generator and tests of the docs, which walk them."""
    root: Any = get_command(build_app())
    root.commands = {name: command.load() for name, command in root.commands.items()}
    return root


def _root(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)] = False,
) -> None:
    """Forecast account balances from parquet, and list accounts likely to run low.

    Results go to files and stdout, progress and messages to stderr.
    """
    if version:
        typer.echo(f"forecast-cli {__version__}")
        raise typer.Exit(ExitCode.OK)
    show_help_if_alone(ctx)


def _single_command_app(command: Any) -> typer.Typer:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(command)
    return app
