"""Options of ``risk``: under what, within how many days, how likely, how many."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from forecast_cli.workflows.riskiest import RiskiestRequest


class RiskOptions:
    """What ``risk`` is asked for besides the forecast, where the forecast has several."""

    threshold: Annotated[
        str | None, typer.Option("--threshold", help="Under what (default: the first of DIR).", metavar="THRESHOLD")
    ]
    within: Annotated[
        int | None,
        typer.Option("--within", help="Within how many days (default: the most up to 30).", min=1, metavar="DAYS"),
    ]
    model: Annotated[
        str | None, typer.Option("--model", help="Which model of DIR (default: its first).", metavar="MODEL")
    ]


def request_from(
    ctx: typer.Context, output: Path, *, least: float, most: int, include_under: bool
) -> "RiskiestRequest":
    """Return the request that a command line makes; ``least`` in percent."""
    from forecast_cli.workflows.riskiest import RiskiestRequest

    chosen = {name: ctx.params[name] for name in RiskOptions.__annotations__}
    return RiskiestRequest(output, **chosen, least=least / 100, most=most, under=include_under)
