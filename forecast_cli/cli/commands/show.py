"""``forecast-cli show``: one account of a forecast."""

from typing import Annotated

import typer

from forecast_cli.cli.flags import takes
from forecast_cli.cli.options.declared import option, options_in
from forecast_cli.cli.options.shared import FormatOption, LogOptions, OutputFormat


class ShowOptions:
    """What is requested of ``show`` besides the account and the forecast."""

    input = option(str, "Where to read the account's history (default: the input of the forecast).", "PATH")
    currency = option(str, "Which currency to show, if the account has several.", "NAME")
    model = option(str, "Which model of the forecast to show (default: the first).", "MODEL")


@takes(ShowOptions, LogOptions)
def show(
    ctx: typer.Context,
    account: Annotated[str, typer.Argument(help="Id of the account.", metavar="ACCOUNT")],
    forecast: Annotated[
        str,
        typer.Option("--forecast", help="Output of a forecast: a folder or an object-store address.", metavar="DIR"),
    ],
    format: FormatOption = OutputFormat.TABLE,  # noqa: A002 - the option's name
) -> None:
    """Show the forecast of one account, and explain it.

    Shows its history, forecast, coming payments and risk of a low balance, and what the forecast is based on.
    """
    from forecast_cli.cli.views.show import end_explanation
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.explanation import ShowRequest
    from forecast_cli.workflows.show import explain_account

    request = ShowRequest(account, output_at(forecast), **{name: ctx.params[name] for name in options_in(ShowOptions)})
    end_explanation(ctx.obj, explain_account(request), format)
