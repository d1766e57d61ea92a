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
            "Windows of a backtest: cutoffs, each forecast with what was known then (default: 3).",
            "COUNT",
        ),
    ]
    step: Annotated[
        int | None,
        option(
            "--step",
            "Days from one cutoff of a backtest to the next; the last one lies this many days before the end "
            "(default: 30).",
            "DAYS",
        ),
    ]
    refit: Annotated[
        int | None,
        option(
            "--refit",
            "Cutoffs of a backtest from one fit to the next, oldest first; those between only get the newer balances "
            "(default: 1).",
            "COUNT",
        ),
    ]
    min_train: Annotated[
        int | None,
        option(
            "--min-train",
            "Days of history an account needs before a cutoff; a window with less is not forecast (default: 150).",
            "DAYS",
        ),
    ]
    align: Annotated[
        Align | None,
        option(
            "--align",
            "Where windows count back from: each account's own last day (account), or one day for all (as-of) "
            "(default: account).",
        ),
    ]
    scale_lag: Annotated[
        int | None,
        option("--scale-lag", "Lag, in days, of the moves that scaled errors are scaled by (default: 30).", "DAYS"),
    ]
    segment: Annotated[
        list[str] | None,
        option(
            "--segment",
            "Columns of the input to report accuracy by, besides tenure, balance, volatility and activity "
            "(repeatable, or with commas; default: none).",
            "COLUMN",
            callback=lists.names,
        ),
    ]
