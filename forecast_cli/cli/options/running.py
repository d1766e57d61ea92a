"""Settings of what a run does with its input, as flags."""

from typing import Annotated

from forecast_cli.cli import lists
from forecast_cli.cli.options.declared import option


class RunOptions:
    """What a forecast run does with the input."""

    model: Annotated[
        list[str] | None,
        option(
            "--model",
            "Models to run, optionally with season lengths, such as 'MSTL(7,30)'; list them with 'forecast-cli "
            "models' (repeatable or comma-separated; default: auto).",
            "MODEL",
            callback=lists.names,
        ),
    ]
    candidates: Annotated[
        list[str] | None,
        option(
            "--candidates",
            "Models to blend into 'auto' for accounts where this lowered the error in the past, such as MSTL "
            "(repeatable or comma-separated; default: none).",
            "MODEL",
            callback=lists.names,
        ),
    ]
    time_limit: Annotated[
        str | None,
        option(
            "--time-limit",
            "Estimated CPU time that candidates may take over all cores, such as 90s, 10m or 2h (default: 10m).",
            "TIME",
        ),
    ]
    season_length: Annotated[
        list[str] | None,
        option(
            "--season-length",
            "Season lengths, in days, for models named without their own (repeatable or comma-separated; default: 30).",
            "DAYS",
            callback=lists.whole_numbers,
        ),
    ]
    horizon: Annotated[int | None, option("--horizon", "Number of days to forecast (default: 30).", "DAYS")]
    level: Annotated[
        list[str] | None,
        option(
            "--level",
            "Levels of the prediction intervals, in percent (repeatable or comma-separated; default: 80 and 95).",
            "PERCENT",
            callback=lists.numbers,
        ),
    ]
    holidays: Annotated[
        str | None,
        option(
            "--holidays",
            "Holidays that move payments to business days: US, GB-ENG (a region), ECB (a market) or none (only "
            "weekends) (default: US).",
            "CALENDAR",
        ),
    ]
    threshold: Annotated[
        list[str] | None,
        option(
            "--threshold",
            "Low balance: an amount (500), a percentile of the last 365 days (p10), or a column with an amount "
            "per account (repeatable or comma-separated; default: 0 and p10).",
            "LOW",
            callback=lists.names,
        ),
    ]
    seed: Annotated[int | None, option("--seed", "Seed of the random number generator (default: 0).", "NUMBER")]
    max_failed: Annotated[
        int | None,
        option("--max-failed", "Exit code 3 if more than this many accounts fail (default: 0).", "COUNT"),
    ]
    jobs: Annotated[
        int | None,
        option(
            "--jobs",
            "CPU cores to use, for worker processes and for reading (default: all available).",
            "COUNT",
        ),
    ]
    memory: Annotated[
        str | None,
        option(
            "--memory",
            "Memory limit for all processes of a run together, such as 2GB (default: 80 % of what is free).",
            "SIZE",
        ),
    ]
    account_timeout: Annotated[
        float | None,
        option(
            "--account-timeout",
            "Mark an account as failed if a model spends more than this many seconds on it (default: 60).",
            "SECONDS",
        ),
    ]
    mode: Annotated[
        str | None,
        option(
            "--mode",
            "Permissions of output files, in octal; whoever may read the files may also open their folders "
            "(default: 0600).",
            "MODE",
        ),
    ]
    shard_size: Annotated[
        int | None,
        option(
            "--shard-size",
            "Accounts per shard; each shard becomes one part file of the output (default: based on the models' cost).",
            "ACCOUNTS",
        ),
    ]


class ForecastOptions:
    """What only a forecast takes."""

    fitted: Annotated[
        str | None,
        option(
            "--fitted",
            "Reuse what 'auto' learned in an earlier forecast, given by its output folder or object-store address "
            "(default: none).",
            "DIR",
        ),
    ]
    max_skipped: Annotated[
        int | None,
        option(
            "--max-skipped",
            "Exit code 3 if a forecast skips more than this many accounts (default: no limit).",
            "COUNT",
        ),
    ]
