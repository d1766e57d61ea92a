"""``forecast-cli runs``: the runs there are, why two of them differ, and the old ones removed."""

from pathlib import Path
from typing import Annotated

import typer

from forecast_cli.cli.boundary import LightGroup, show_help_if_alone
from forecast_cli.cli.flags import takes
from forecast_cli.cli.options.shared import FormatOption, LogOptions, OutputFormat, of_this_machine

FolderArgument = Annotated[
    Path,
    typer.Argument(
        help="Output folder of a run, or a folder of such folders.", metavar="OUT", callback=of_this_machine
    ),
]
RunArgument = Annotated[str, typer.Argument(help="Output of a run, a folder or an address.", metavar="OUT")]


def runs_app() -> typer.Typer:
    """Return the group of the commands about runs."""
    app = typer.Typer(add_completion=False, cls=LightGroup, rich_markup_mode=None, invoke_without_command=True)
    app.callback()(_runs)
    for name, command in (("list", list_), ("show", show), ("diff", diff), ("prune", prune)):
        app.command(name)(command)
    return app


def _runs(ctx: typer.Context) -> None:
    """List finished runs, show one, compare two, remove old ones."""
    show_help_if_alone(ctx)


@takes(LogOptions)
def list_(ctx: typer.Context, folder: FolderArgument, format: FormatOption = OutputFormat.TABLE) -> None:  # noqa: A002
    """List the runs in OUT, the newest first.

    Each with what became of its accounts.
    """
    from forecast_cli.cli.views.runs import end_list
    from forecast_cli.workflows.runs import list_runs

    end_list(ctx.obj, folder, list_runs(folder), format)


@takes(LogOptions)
def show(ctx: typer.Context, output: RunArgument, format: FormatOption = OutputFormat.TABLE) -> None:  # noqa: A002
    """Show what the run in OUT read, was made from, and wrote."""
    from forecast_cli.cli.views.runs import end_show
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.runs import find_run

    end_show(ctx.obj, find_run(output_at(output)), format)


@takes(LogOptions)
def diff(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(help="Output of a run, a folder or an address.", metavar="OLD")],
    new: Annotated[str, typer.Argument(help="Output of another run.", metavar="NEW")],
    format: FormatOption = OutputFormat.TABLE,  # noqa: A002
) -> None:
    """Say why the runs in OLD and NEW differ.

    What they were made from, what became of the accounts, and how far their numbers lie apart. Exits with 0 either way.
    """
    from forecast_cli.cli.views.runs import end_diff
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.runs_diff import diff_runs

    end_diff(ctx.obj, diff_runs(output_at(old), output_at(new)), format)


@takes(LogOptions)
def prune(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of output folders.", metavar="OUT", callback=of_this_machine)],
    keep: Annotated[int, typer.Option("--keep", help="Finished runs to keep, the newest.", min=1, metavar="COUNT")] = 7,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them; without it, only say which.")] = False,
    format: FormatOption = OutputFormat.TABLE,  # noqa: A002
) -> None:
    """Remove finished runs in OUT but the newest.

    Runs that are going on or were cut off stay, and so does a folder that holds anything no run wrote.
    """
    from forecast_cli.cli.views.runs import end_prune
    from forecast_cli.workflows.runs import prune_runs

    end_prune(ctx.obj, prune_runs(folder, keep=keep, yes=yes), format)
