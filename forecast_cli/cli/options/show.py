"""Options of ``show``: which of an account's series, which model, and where its history is."""

from forecast_cli.cli.options.declared import option


class ShowOptions:
    """What is requested of ``show`` besides the account and the forecast."""

    input = option(str, "Where to read the account's history (default: the input of the forecast).", "PATH")
    currency = option(str, "Which currency to show, if the account has several.", "NAME")
    model = option(str, "Which model of the forecast to show (default: the first).", "MODEL")
