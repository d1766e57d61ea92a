"""``forecast-cli report``: the reports of a backtest, rendered again."""

from pathlib import Path
from typing import Annotated

import typer

from forecast_cli.cli.flags import is_quiet, takes
from forecast_cli.cli.options.shared import LogOptions, QuietOptions, of_this_machine


@takes(QuietOptions, LogOptions)
def report(
    ctx: typer.Context,
    output: Annotated[
        Path, typer.Argument(help="Output folder of a backtest.", metavar="DIR", callback=of_this_machine)
    ],
) -> None:
    """Rebuild the HTML and Markdown reports of a backtest.

    Reads the backtest's report.json; nothing is forecast or scored again.
    """
    from forecast_cli.cli.views.backtest import end_report
    from forecast_cli.workflows.report import run_report

    end_report(ctx.obj, output, run_report(output), quiet=is_quiet(ctx))
