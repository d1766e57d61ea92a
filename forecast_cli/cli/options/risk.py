"""Options of ``risk``: under what, within how many days, how likely, how many."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from forecast_cli.data.files.addresses import Output
    from forecast_cli.workflows.riskiest import RiskiestRequest


class RiskOptions:
    """What is requested of ``risk`` besides the forecast, where the forecast has several."""

    threshold: Annotated[
        str | None,
        typer.Option(
            "--threshold", help="Which threshold of the forecast to use (default: the first).", metavar="THRESHOLD"
        ),
    ]
    window: Annotated[
        int | None,
        typer.Option(
            "--within",
            help="Which window of the forecast to use (default: the longest up to 30 days).",
            min=1,
            metavar="DAYS",
        ),
    ]
    model: Annotated[
        str | None,
        typer.Option("--model", help="Which model of the forecast to use (default: the first).", metavar="MODEL"),
    ]
    most: Annotated[
        int | None,
        typer.Option(
            "--most",
            help="Maximum number of accounts to list (default: 20; all with --format json).",
            min=1,
            metavar="COUNT",
        ),
    ]


def request_from(
    ctx: typer.Context, output: "Output", *, percent: float, most: int | None, include_under: bool
) -> "RiskiestRequest":
    """Return the request that a command line makes; ``most`` where it names no number of accounts."""
    from forecast_cli.workflows.riskiest import RiskiestRequest

    chosen = {name: ctx.params[name] for name in RiskOptions.__annotations__}
    chosen["most"] = chosen["most"] or most
    return RiskiestRequest(output, **chosen, least=round(percent / 100, 10), include_under=include_under)
