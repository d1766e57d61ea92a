"""``forecast-cli runs``: the runs there are, why two of them differ, and the old ones removed."""

from pathlib import Path
from typing import Annotated

import typer

from forecast_cli.cli.boundary import group_app, show_help_if_alone
from forecast_cli.cli.flags import takes
from forecast_cli.cli.options.shared import FormatOption, LogOptions, OutputFormat, of_this_machine

FolderArgument = Annotated[
    Path,
    typer.Argument(
        help="Output folder of a run, or a folder that contains such folders.", metavar="OUT", callback=of_this_machine
    ),
]
RunArgument = Annotated[
    str, typer.Argument(help="Output of a run: a folder or an object-store address.", metavar="OUT")
]


def runs_app() -> typer.Typer:
    """Return the group of the commands about runs."""
    return group_app(_runs, list=list_, show=show, diff=diff, prune=prune)


def _runs(ctx: typer.Context) -> None:
    """List, inspect and compare runs, and remove old ones."""
    show_help_if_alone(ctx)


@takes(LogOptions)
def list_(ctx: typer.Context, folder: FolderArgument, format: FormatOption = OutputFormat.TABLE) -> None:  # noqa: A002
    """List the runs in a folder, newest first.

    Shows the state of each run, and how many of its accounts failed.
    """
    from forecast_cli.cli.views.runs import end_list
    from forecast_cli.workflows.runs import list_runs

    end_list(ctx.obj, folder, list_runs(folder), format)


@takes(LogOptions)
def show(ctx: typer.Context, output: RunArgument, format: FormatOption = OutputFormat.TABLE) -> None:  # noqa: A002
    """Show the input, settings and results of a run."""
    from forecast_cli.cli.views.runs import end_show
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.runs import find_run

    end_show(ctx.obj, *find_run(output_at(output)), format)


@takes(LogOptions)
def diff(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(help="Output of a run: a folder or an object-store address.", metavar="OLD")],
    new: Annotated[str, typer.Argument(help="Output of the run to compare with it.", metavar="NEW")],
    format: FormatOption = OutputFormat.TABLE,  # noqa: A002
) -> None:
    """Compare two runs, and say why they differ.

    Compares their input and settings, the status of accounts, and the forecasts. Exits with 0 whether or not they
    differ.
    """
    from forecast_cli.cli.views.runs import end_diff
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.runs_diff import diff_runs

    end_diff(ctx.obj, diff_runs(output_at(old), output_at(new)), format)


@takes(LogOptions)
def prune(
    ctx: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder that contains the output folders of runs.", metavar="OUT", callback=of_this_machine
        ),
    ],
    keep: Annotated[
        int, typer.Option("--keep", help="Number of finished runs to keep, the newest ones.", min=1, metavar="COUNT")
    ] = 7,
    yes: Annotated[bool, typer.Option("--yes", help="Remove the runs; without --yes, only list them.")] = False,
    format: FormatOption = OutputFormat.TABLE,  # noqa: A002
) -> None:
    """Remove all but the newest finished runs in a folder.

    The newest runs are those that forecast from the latest days, whenever they were made. A run without such a day (a
    backtest, or a forecast with --origin account) counts by the day on which it finished. Without --yes, only lists
    what it would remove. It never removes an unfinished run, or a folder that also holds other files.
    """
    from forecast_cli.cli.views.runs import end_prune
    from forecast_cli.workflows.runs import prune_runs

    end_prune(ctx.obj, prune_runs(folder, keep=keep, yes=yes), format)
