"""``forecast-cli check``: an output folder against its manifest."""

from typing import Annotated

import typer

from forecast_cli.cli.flags import is_quiet, takes
from forecast_cli.cli.options.shared import LogOptions, QuietOptions


@takes(QuietOptions, LogOptions)
def check(
    ctx: typer.Context,
    output: Annotated[str, typer.Argument(help="Output of a run, a folder or an address.", metavar="DIR")],
) -> None:
    """Hold an output folder against its manifest.

    Checksums, counts, and what the tables promise. Exits with 6 where anything is wrong.
    """
    from forecast_cli.cli.views.check import end_check
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.check import run_check

    end_check(ctx.obj, run_check(output_at(output)), quiet=is_quiet(ctx))
