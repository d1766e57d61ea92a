"""Settings of what a run does with its input, as flags."""

from forecast_cli.cli import lists
from forecast_cli.cli.options.declared import option
from forecast_cli.config.choices import Executor


class RunOptions:
    """What a forecast run does with the input."""

    model = option(
        list[str],
        "Models to run, optionally with season lengths, such as 'MSTL(7,30)'; list them with 'forecast-cli "
        "models' (repeatable or comma-separated; default: auto).",
        "MODEL",
        callback=lists.names,
    )
    candidates = option(
        list[str],
        "Models to blend into 'auto' for accounts where this lowered the error in the past, such as MSTL "
        "(repeatable or comma-separated; default: none).",
        "MODEL",
        callback=lists.names,
    )
    time_limit = option(
        str,
        "Estimated CPU time that candidates may take over all cores, such as 90s, 10m or 2h (default: 10m).",
        "TIME",
    )
    season_length = option(
        list[str],
        "Season lengths, in days, for models named without their own (repeatable or comma-separated; default: 30).",
        "DAYS",
        callback=lists.whole_numbers,
    )
    horizon = option(int, "Number of days to forecast (default: 30).", "DAYS")
    level = option(
        list[str],
        "Levels of the prediction intervals, in percent (repeatable or comma-separated; default: 80 and 95).",
        "PERCENT",
        callback=lists.numbers,
    )
    holidays = option(
        str,
        "Holidays that move payments to business days: US, GB-ENG (a region), ECB (a market) or none (only "
        "weekends) (default: US).",
        "CALENDAR",
    )
    threshold = option(
        list[str],
        "Low balance: an amount (500), a percentile of the last 365 days (p10), or a column with an amount "
        "per account (repeatable or comma-separated; default: 0 and p10).",
        "LOW",
        callback=lists.names,
    )
    seed = option(int, "Seed of the random number generator (default: 0).", "NUMBER")
    max_failed = option(int, "Exit code 3 if more than this many accounts fail (default: 0).", "COUNT")
    executor = option(
        Executor,
        "Where to run the shards: on this machine (local), or on the nodes of a cluster (spark, ray) (default: local).",
    )
    jobs = option(
        int, "CPU cores of this machine to use, for worker processes and for reading (default: all available).", "COUNT"
    )
    memory = option(
        str,
        "Memory limit for all processes of a run on this machine, such as 2GB (default: 80 % of what is free).",
        "SIZE",
    )
    account_timeout = option(
        float, "Mark an account as failed if a model spends more than this many seconds on it (default: 60).", "SECONDS"
    )
    mode = option(
        str,
        "Permissions of output files, in octal; whoever may read the files may also open their folders "
        "(default: 0600).",
        "MODE",
    )
    shard_size = option(
        int,
        "Accounts per shard; each shard becomes one part file of the output (default: based on the models' cost).",
        "ACCOUNTS",
    )


class ForecastOptions:
    """What only a forecast takes."""

    fitted = option(
        str,
        "Reuse what 'auto' learned in an earlier forecast, given by its output folder or object-store address "
        "(default: none).",
        "DIR",
    )
    max_skipped = option(
        int, "Exit code 3 if a forecast skips more than this many accounts (default: no limit).", "COUNT"
    )
