"""Settings of how a backtest replays history, as flags."""

from forecast_cli.cli import lists
from forecast_cli.cli.options.declared import option
from forecast_cli.config.choices import Align


class BacktestOptions:
    """How history is replayed."""

    windows = option(
        int,
        "Number of past cutoffs to forecast from in a backtest; each forecast uses only the data up to its "
        "cutoff (default: 3).",
        "COUNT",
    )
    step = option(
        int,
        "Days from one backtest cutoff to the next; the last cutoff is this many days before the end (default: 30).",
        "DAYS",
    )
    refit = option(
        int,
        "Refit models at every n-th backtest cutoff, oldest first; at the others they only get the newer "
        "balances (default: 1).",
        "COUNT",
    )
    min_train = option(
        int, "Days of history an account needs before a cutoff; windows with less are left out (default: 150).", "DAYS"
    )
    align = option(
        Align,
        "Count cutoffs back from the last day of each account (account), or from one day for all (as-of) "
        "(default: account).",
    )
    scale_lag = option(
        int, "Lag, in days, of the balance changes that scaled errors are divided by (default: 30).", "DAYS"
    )
    segment = option(
        list[str],
        "Input columns to report accuracy by, in addition to tenure, balance, volatility and activity "
        "(repeatable or comma-separated; default: none).",
        "COLUMN",
        callback=lists.names,
    )
