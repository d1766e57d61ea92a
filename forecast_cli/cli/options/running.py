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
            "Models, by name, or by name and season lengths: auto, MSTL, 'MSTL(7,30)', Naive "
            "(repeatable, or with commas; default: auto).",
            "MODEL",
            callback=lists.names,
        ),
    ]
    candidates: Annotated[
        list[str] | None,
        option(
            "--candidates",
            "Models that may join 'auto', for accounts where past windows say it pays: MSTL, AutoETS (repeatable, or "
            "with commas; default: none).",
            "MODEL",
            callback=lists.names,
        ),
    ]
    time_limit: Annotated[
        str | None,
        option(
            "--time-limit",
            "CPU time that candidates may take, by the costs that 'models' lists, over all cores: 90s, 10m, 2h "
            "(default: 10m).",
            "TIME",
        ),
    ]
    season_length: Annotated[
        list[str] | None,
        option(
            "--season-length",
            "Season lengths, in days, of the models that are named without their own (repeatable, or with commas; "
            "default: 30).",
            "DAYS",
            callback=lists.whole_numbers,
        ),
    ]
    horizon: Annotated[int | None, option("--horizon", "Days to forecast (default: 30).", "DAYS")]
    level: Annotated[
        list[str] | None,
        option(
            "--level",
            "Interval levels, in percent (repeatable, or with commas; default: 80 and 95).",
            "PERCENT",
            callback=lists.numbers,
        ),
    ]
    holidays: Annotated[
        str | None,
        option(
            "--holidays",
            "Whose weekends and holidays move payments: a country (US), a part (GB-ENG), a market (ECB), weekends "
            "(none) (default: US).",
            "CALENDAR",
        ),
    ]
    threshold: Annotated[
        list[str] | None,
        option(
            "--threshold",
            "Low balances: an amount, p10 (percentile of the account's last 365 days), or a column with one per "
            "account (repeatable, or with commas; default: 0 and p10).",
            "LOW",
            callback=lists.names,
        ),
    ]
    seed: Annotated[int | None, option("--seed", "Seed of whatever is drawn at random (default: 0).", "NUMBER")]
    max_failed: Annotated[
        int | None,
        option("--max-failed", "Failed accounts a run may have and still exit 0 (default: 0).", "COUNT"),
    ]
    jobs: Annotated[
        int | None,
        option(
            "--jobs",
            "Cores to use: worker processes, threads that read (default: all the machine or its container gives).",
            "COUNT",
        ),
    ]
    memory: Annotated[
        str | None,
        option(
            "--memory",
            "Memory that all processes of a run take together, such as 2GB (default: most of what is free).",
            "SIZE",
        ),
    ]
    account_timeout: Annotated[
        float | None,
        option(
            "--account-timeout",
            "Seconds a model may take over one account; an account that takes longer is failed: timeout (default: 60).",
            "SECONDS",
        ),
    ]
    mode: Annotated[
        str | None,
        option(
            "--mode",
            "Permissions of the files that are written, in octal; folders may be entered by whoever may read "
            "(default: 0600).",
            "MODE",
        ),
    ]
    shard_size: Annotated[
        int | None,
        option(
            "--shard-size",
            "Accounts in a shard, which is a part file of the output (default: by the cost of the models).",
            "ACCOUNTS",
        ),
    ]


class ForecastOptions:
    """What only a forecast takes."""

    fitted: Annotated[
        str | None,
        option(
            "--fitted",
            "Output (folder or address) of a forecast by 'auto' whose learned part is used, instead of learning anew "
            "(default: none).",
            "DIR",
        ),
    ]
    max_skipped: Annotated[
        int | None,
        option("--max-skipped", "Skipped accounts a forecast may have and still exit 0 (default: no limit).", "COUNT"),
    ]
