"""Options of ``show``: which of an account's series, which model, and where its history is."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from forecast_cli.data.files.addresses import Output
    from forecast_cli.workflows.story import ShowRequest


class ShowOptions:
    """What is requested of ``show`` besides the account and the forecast."""

    input: Annotated[
        str | None,
        typer.Option(
            "--input", help="Where to read the account's history (default: the input of the forecast).", metavar="PATH"
        ),
    ]
    currency: Annotated[
        str | None,
        typer.Option("--currency", help="Which currency to show, if the account has several.", metavar="NAME"),
    ]
    model: Annotated[
        str | None,
        typer.Option("--model", help="Which model of the forecast to show (default: the first).", metavar="MODEL"),
    ]


def request_from(ctx: typer.Context, account: str, forecast: "Output") -> "ShowRequest":
    """Return the request that a command line makes."""
    from forecast_cli.workflows.story import ShowRequest

    return ShowRequest(account, forecast, **{name: ctx.params[name] for name in ShowOptions.__annotations__})
