"""The Typer application and its commands, in the order of a working day."""

from typing import Annotated, Any, Final

import typer
from typer.main import get_command

from forecast_cli import __version__
from forecast_cli.cli.boundary import BoundaryGroup, show_help_if_alone
from forecast_cli.cli.lazy_command import LazyCommand
from forecast_cli.core.exit_codes import ExitCode

#: Commands with the first line of their docstrings, so that the root's help does not import them.
COMMANDS: Final = {
    "forecast": "Forecast every account of INPUT and write the tables.",
    "backtest": "Replay the history of INPUT and score every model.",
    "validate": "Show what is wrong with INPUT and what a run would do.",
    "check": "Hold an output folder against its manifest.",
    "compare": "Hold the backtest NEW against the backtest BASE.",
    "report": "Render the reports of the backtest in DIR again.",
    "risk": "List the accounts likeliest to run low, and by when.",
    "show": "Show one account of a forecast, and explain it.",
    "sample": "Write synthetic accounts, seeded, any number of them.",
    "models": "List the models, what each needs and what it costs.",
    "doctor": "See whether a run would go well on this machine.",
    "runs": "List finished runs, show one, compare two, remove old ones.",
    "config": "Show the settings in force, or write them to a file.",
}


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
    """Forecast the daily balance of every account of a parquet file, with measured intervals.

    Results go to files and stdout, progress and messages to stderr.
    """
    if version:
        typer.echo(f"forecast-cli {__version__}")
        raise typer.Exit(ExitCode.OK)
    show_help_if_alone(ctx)
