"""Options of ``risk``: under what, within how many days, how likely, how many."""

from typing import Annotated

import typer

from forecast_cli.cli.options.declared import option


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
