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
            help="Folder that a run would write to.", metavar="DIR", show_default=False, callback=of_this_machine
        ),
    ] = None,
    format: FormatOption = OutputFormat.TABLE,  # noqa: A002
) -> None:
    """See whether a run would go well on this machine.

    Memory, cores, folders, locks, timezone, versions. Changes nothing.
    Exits with 6 where something would make a run fail.
    """
    from forecast_cli.cli.views.doctor import end_doctor
    from forecast_cli.workflows.doctor import run_doctor

    end_doctor(ctx.obj, run_doctor(output), format)
