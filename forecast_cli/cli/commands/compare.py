"""``forecast-cli compare``: two backtests side by side, and whether the new one may pass."""

from typing import Annotated

import typer

from forecast_cli.cli.flags import takes
from forecast_cli.cli.options.gate import CompareFormat, GateOptions, gate_from
from forecast_cli.cli.options.shared import LogOptions


@takes(GateOptions, LogOptions)
def compare(
    ctx: typer.Context,
    base: Annotated[
        str,
        typer.Argument(help="Output of the baseline backtest: a folder or an object-store address.", metavar="BASE"),
    ],
    new: Annotated[str, typer.Argument(help="Output of the backtest to test.", metavar="NEW")],
    format: Annotated[CompareFormat, typer.Option("--format", help="Output format.")] = CompareFormat.TABLE,  # noqa: A002
) -> None:
    """Compare a backtest with a baseline, and fail if it is worse.

    Exits with 6 if NEW is worse than BASE by more than the tolerance, and with 5 if the two do not cover the same data
    and windows.
    """
    from forecast_cli.cli.views.comparison import end_comparison, reporting_errors
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.compare import CompareRequest, run_compare

    with reporting_errors(format):
        report = run_compare(CompareRequest(output_at(base), output_at(new), gate_from(ctx)))
    end_comparison(ctx.obj, report, format)
