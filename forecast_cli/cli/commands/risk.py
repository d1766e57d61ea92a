"""``forecast-cli risk``: the accounts of a forecast that are likeliest to run low."""

from typing import Annotated, Final

import typer

from forecast_cli.cli.flags import takes
from forecast_cli.cli.options.declared import option, options_in
from forecast_cli.cli.options.shared import FormatOption, LogOptions, OutputFormat

#: Accounts that a table lists, unless another number is requested.
_SHOWN: Final = 20


class RiskOptions:
    """What is requested of ``risk`` besides the forecast, where the forecast has several."""

    threshold = option(str, "Which threshold of the forecast to use (default: the first).", "THRESHOLD")
    window = Annotated[
        int | None,
        typer.Option(
            "--within",
            help="Which window of the forecast to use (default: the longest up to 30 days).",
            min=1,
            metavar="DAYS",
        ),
    ]
    model = option(str, "Which model of the forecast to use (default: the first).", "MODEL")
    most = Annotated[
        int | None,
        typer.Option(
            "--most",
            help="Maximum number of accounts to list (default: 20; all with --format json).",
            min=1,
            metavar="COUNT",
        ),
    ]


@takes(RiskOptions, LogOptions)
def risk(
    ctx: typer.Context,
    output: Annotated[
        str, typer.Argument(help="Output of a forecast: a folder or an object-store address.", metavar="DIR")
    ],
    least: Annotated[
        float,
        typer.Option("--least", help="Lowest probability to list, in percent.", min=0, max=100, metavar="PERCENT"),
    ] = 50,
    include_under: Annotated[
        bool,
        typer.Option(
            "--include-under",
            help="Also list accounts that are already below the threshold, whatever their probability.",
        ),
    ] = False,
    format: FormatOption = OutputFormat.TABLE,  # noqa: A002 - the option's name
) -> None:
    """List the accounts most likely to run low, and by when.

    Lists accounts that are not below the threshold yet, most likely first.
    """
    from forecast_cli.cli.views.riskiest import end_riskiest
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.riskiest import RiskiestRequest, find_riskiest

    chosen = {name: ctx.params[name] for name in options_in(RiskOptions)}
    chosen["most"] = chosen["most"] or (_SHOWN if format is OutputFormat.TABLE else None)
    share = round(least / 100, 10)
    request = RiskiestRequest(output_at(output), **chosen, least=share, include_under=include_under)
    end_riskiest(ctx.obj, find_riskiest(request), format, model=request.model)
