"""``forecast-cli doctor``: whether a run would go well here."""

from pathlib import Path
from typing import Annotated

import typer

from forecast_cli.cli.flags import takes
from forecast_cli.cli.options.shared import FormatOption, LogOptions, OutputFormat, of_this_machine


@takes(LogOptions)
def doctor(
    ctx: typer.Context,
    output: Annotated[
        Path | None,
        typer.Argument(
            help="Output folder of the planned run, to check it too.",
            metavar="DIR",
            show_default=False,
            callback=of_this_machine,
        ),
    ] = None,
    format: FormatOption = OutputFormat.TABLE,  # noqa: A002
) -> None:
    """Check that this machine is ready for a run.

    Checks memory, cores, folders, locks, timezone and versions, and changes nothing. Exits with 6 if a run would fail.
    """
    from forecast_cli.cli.views.doctor import end_doctor
    from forecast_cli.workflows.doctor import run_doctor

    end_doctor(ctx.obj, run_doctor(output), format)
