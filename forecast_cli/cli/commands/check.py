"""``forecast-cli check``: an output folder against its manifest."""

from typing import Annotated

import typer

from forecast_cli.cli.flags import is_quiet, takes
from forecast_cli.cli.options.shared import LogOptions, QuietOptions


@takes(QuietOptions, LogOptions)
def check(
    ctx: typer.Context,
    output: Annotated[str, typer.Argument(help="Output of a run: a folder or an object-store address.", metavar="DIR")],
) -> None:
    """Verify that the output of a run is complete and undamaged.

    Compares files and tables with the manifest: checksums, counts and values. Exits with 6 if anything is wrong.
    """
    from forecast_cli.cli.views.check import end_check
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.check import run_check

    end_check(ctx.obj, run_check(output_at(output)), quiet=is_quiet(ctx))
