"""Settings of how a backtest replays history, as flags."""

from typing import Annotated

from forecast_cli.cli import lists
from forecast_cli.cli.options.declared import option
from forecast_cli.config.choices import Align


class BacktestOptions:
    """How history is replayed."""

    windows: Annotated[
        int | None,
        option(
            "--windows",
            "Number of past cutoffs to forecast from in a backtest; each forecast uses only the data up to its "
            "cutoff (default: 3).",
            "COUNT",
        ),
    ]
    step: Annotated[
        int | None,
        option(
            "--step",
            "Days from one backtest cutoff to the next; the last cutoff is this many days before the end "
            "(default: 30).",
            "DAYS",
        ),
    ]
    refit: Annotated[
        int | None,
        option(
            "--refit",
            "Refit models at every n-th backtest cutoff, oldest first; at the others they only get the newer "
            "balances (default: 1).",
            "COUNT",
        ),
    ]
    min_train: Annotated[
        int | None,
        option(
            "--min-train",
            "Days of history an account needs before a cutoff; windows with less are left out (default: 150).",
            "DAYS",
        ),
    ]
    align: Annotated[
        Align | None,
        option(
            "--align",
            "Count cutoffs back from the last day of each account (account), or from one day for all (as-of) "
            "(default: account).",
        ),
    ]
    scale_lag: Annotated[
        int | None,
        option(
            "--scale-lag",
            "Lag, in days, of the balance changes that scaled errors are divided by (default: 30).",
            "DAYS",
        ),
    ]
    segment: Annotated[
        list[str] | None,
        option(
            "--segment",
            "Input columns to report accuracy by, in addition to tenure, balance, volatility and activity "
            "(repeatable or comma-separated; default: none).",
            "COLUMN",
            callback=lists.names,
        ),
    ]
