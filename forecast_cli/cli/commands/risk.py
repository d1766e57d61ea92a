"""``forecast-cli risk``: the accounts of a forecast that are likeliest to run low."""

from pathlib import Path
from typing import Annotated

import typer

from forecast_cli.cli.flags import takes
from forecast_cli.cli.options import FormatOption, LogOptions, OutputFormat
from forecast_cli.cli.risk_options import RiskOptions, request_from


@takes(RiskOptions, LogOptions)
def risk(
    ctx: typer.Context,
    output: Annotated[Path, typer.Argument(help="Output folder of a forecast.", metavar="DIR")],
    least: Annotated[
        float, typer.Option("--least", help="Least probability, in percent.", min=0, max=100, metavar="PERCENT")
    ] = 50,
    most: Annotated[int, typer.Option("--most", help="Most accounts to list.", min=1, metavar="COUNT")] = 20,
    include_under: Annotated[bool, typer.Option("--include-under", help="List those under it already, too.")] = False,
    format: FormatOption = OutputFormat.TABLE,  # noqa: A002 - the option's name
) -> None:
    """List the accounts likeliest to run low, and by when.

    Those that are not under the threshold yet, the likeliest first.
    """
    from forecast_cli.cli.views.riskiest import end_riskiest
    from forecast_cli.workflows.riskiest import find_riskiest

    request = request_from(ctx, output, least=least, most=most, include_under=include_under)
    end_riskiest(ctx.obj, find_riskiest(request), format, listed_under=include_under)
