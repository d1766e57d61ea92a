"""The application: which commands there are, in the order of a day's work."""

from typing import Annotated, Final

import typer

from forecast_cli import __version__
from forecast_cli.cli.boundary import BoundaryGroup
from forecast_cli.cli.commands.backtest import backtest
from forecast_cli.cli.commands.check import check
from forecast_cli.cli.commands.compare import compare
from forecast_cli.cli.commands.config import config_app
from forecast_cli.cli.commands.doctor import doctor
from forecast_cli.cli.commands.forecast import forecast
from forecast_cli.cli.commands.models import models
from forecast_cli.cli.commands.report import report
from forecast_cli.cli.commands.runs import runs_app
from forecast_cli.cli.commands.sample import sample
from forecast_cli.cli.commands.show import show
from forecast_cli.cli.commands.validate import validate
from forecast_cli.core.exit_codes import ExitCode

_COMMANDS: Final = (forecast, backtest, validate, check, compare, report, show, sample, models, doctor)


def build_app() -> typer.Typer:
    """Return the application. Help is plain text: rich would more than double the time it takes."""
    app = typer.Typer(
        name="forecast-cli",
        cls=BoundaryGroup,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for command in _COMMANDS:
        app.command()(command)
    app.add_typer(runs_app(), name="runs")
    app.add_typer(config_app(), name="config")
    return app


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
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help(), err=True)
        raise typer.Exit(ExitCode.USAGE)
