"""Options, each declared once: the settings, which every command takes as flags of the same name, and what all share.

The help of a setting is its description in ``config/settings.py`` with the default in words; a test holds them equal,
since the settings are too heavy to be read before ``--help``.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from forecast_cli.cli import lists
from forecast_cli.cli.messages import LogFormat
from forecast_cli.config.choices import Align, OnBadFile, OnDuplicate, Origin


class OutputFormat(StrEnum):
    """How a result on stdout is written."""

    TABLE = "table"
    JSON = "json"


def _not_empty(source: str) -> str:
    if not source.strip():
        raise typer.BadParameter("is empty, expected a path: is its variable set?")
    return source


SourceArgument = Annotated[
    str,
    typer.Argument(
        help="Parquet file, folder (hive folders too), glob or URI of balances.",
        metavar="INPUT",
        callback=_not_empty,
        show_default=False,
    ),
]
FormatOption = Annotated[OutputFormat, typer.Option("--format", help="How to show the result.")]


def _option(flag: str, text: str, metavar: str | None = None, *, callback: Callable[..., Any] | None = None) -> Any:
    return typer.Option(flag, help=text, metavar=metavar, callback=callback, show_default=False)


class InputOptions:
    """How the input is read: for every command that reads one."""

    id_col: Annotated[str | None, _option("--id-col", "Column that names the account (default: account_id).", "COLUMN")]
    date_col: Annotated[
        str | None, _option("--date-col", "Column of the day, a date or a timestamp (default: date).", "COLUMN")
    ]
    balance_col: Annotated[
        str | None,
        _option("--balance-col", "Column of the end-of-day balance, a number (default: balance).", "COLUMN"),
    ]
    currency_col: Annotated[
        str | None,
        _option(
            "--currency-col",
            "Column of the currency; when named, account and currency together are the key (default: none).",
            "COLUMN",
        ),
    ]
    timezone: Annotated[
        str | None,
        _option("--timezone", "Timezone whose days count, for timestamps (default: the column's own).", "ZONE"),
    ]
    as_of: Annotated[
        str | None,
        _option(
            "--as-of", "The day forecasts start from; later rows are not used (default: the input's last day).", "DATE"
        ),
    ]
    max_stale: Annotated[
        int | None,
        _option(
            "--max-stale",
            "Days an account's last row may lie before the origin; beyond that it is skipped: stale (default: 45).",
            "DAYS",
        ),
    ]
    max_history: Annotated[
        int | None,
        _option(
            "--max-history",
            "Days of history used, back from an account's last; earlier balances only set the level they begin at "
            "(default: 3653).",
            "DAYS",
        ),
    ]
    max_gap: Annotated[
        int | None,
        _option(
            "--max-gap",
            "Days in a row an account may have no balance; its history begins after the last longer stretch "
            "(default: 366).",
            "DAYS",
        ),
    ]
    on_bad_file: Annotated[
        OnBadFile | None,
        _option(
            "--on-bad-file",
            "A file that cannot be read: reject the run, or quarantine the file and mark its accounts "
            "(default: reject).",
        ),
    ]
    on_duplicate: Annotated[
        OnDuplicate | None,
        _option(
            "--on-duplicate",
            "Two balances for one account and day: set the account aside, take the last row, the mean, or fail the run "
            "(default: set-aside).",
        ),
    ]
    max_missing: Annotated[
        float | None,
        _option(
            "--max-missing",
            "Share of an account's rows whose balance may be missing; beyond that the account is set aside "
            "(default: 0.3).",
            "SHARE",
        ),
    ]
    max_bad_rows: Annotated[
        float | None,
        _option(
            "--max-bad-rows",
            "Share of all rows without a usable account or date; beyond that the run is rejected (default: 0.001).",
            "SHARE",
        ),
    ]
    max_balance: Annotated[
        float | None,
        _option(
            "--max-balance",
            "Largest absolute balance taken; an account beyond it is set aside (default: 1e+15).",
            "AMOUNT",
        ),
    ]
    max_id_bytes: Annotated[
        int | None,
        _option(
            "--max-id-bytes",
            "Longest account id taken, in bytes; an account beyond it is set aside (default: 1024).",
            "BYTES",
        ),
    ]
    earliest_date: Annotated[
        str | None, _option("--earliest-date", "Rows dated before this are set aside (default: 1970-01-02).", "DATE")
    ]
    latest_date: Annotated[
        str | None, _option("--latest-date", "Rows dated after this are set aside (default: 2099-12-31).", "DATE")
    ]
    require_success: Annotated[
        bool | None,
        _option(
            "--require-success/--no-require-success",
            "Reject a folder that has no _SUCCESS file (default: no).",
        ),
    ]
    read_timeout: Annotated[
        float | None,
        _option("--read-timeout", "Seconds an object store may take to answer (default: 30).", "SECONDS"),
    ]


class OriginOptions:
    """Where forecasts start: not a backtest's matter, whose windows count back as ``--align`` says."""

    origin: Annotated[
        Origin | None,
        _option(
            "--origin",
            "Where forecasts start: one day for all accounts (input), or each account's own last day (account) "
            "(default: input).",
        ),
    ]


class RunOptions:
    """What a forecast run does with the input."""

    model: Annotated[
        list[str] | None,
        _option(
            "--model",
            "Models, by name, or by name and season lengths: auto, MSTL, 'MSTL(7,30)', Naive "
            "(repeatable, or with commas; default: auto).",
            "MODEL",
            callback=lists.names,
        ),
    ]
    candidates: Annotated[
        list[str] | None,
        _option(
            "--candidates",
            "Models that may join 'auto', for accounts where past windows say it pays: MSTL, AutoETS (repeatable, or "
            "with commas; default: none).",
            "MODEL",
            callback=lists.names,
        ),
    ]
    time_limit: Annotated[
        str | None,
        _option(
            "--time-limit",
            "CPU time that candidates may take, by the costs that 'models' lists, over all cores: 90s, 10m, 2h "
            "(default: 10m).",
            "TIME",
        ),
    ]
    season_length: Annotated[
        list[str] | None,
        _option(
            "--season-length",
            "Season lengths, in days, of the models that are named without their own (repeatable, or with commas; "
            "default: 30).",
            "DAYS",
            callback=lists.whole_numbers,
        ),
    ]
    horizon: Annotated[int | None, _option("--horizon", "Days to forecast (default: 30).", "DAYS")]
    level: Annotated[
        list[str] | None,
        _option(
            "--level",
            "Interval levels, in percent (repeatable, or with commas; default: 80 and 95).",
            "PERCENT",
            callback=lists.numbers,
        ),
    ]
    threshold: Annotated[
        list[str] | None,
        _option(
            "--threshold",
            "Low balances: an amount, p10 (percentile of the account's last 365 days), or a column with one per "
            "account (repeatable, or with commas; default: 0 and p10).",
            "LOW",
            callback=lists.names,
        ),
    ]
    seed: Annotated[int | None, _option("--seed", "Seed of whatever is drawn at random (default: 0).", "NUMBER")]
    max_failed: Annotated[
        int | None,
        _option("--max-failed", "Failed accounts a run may have and still exit 0 (default: 0).", "COUNT"),
    ]
    jobs: Annotated[int | None, _option("--jobs", "Worker processes (default: all cores).", "COUNT")]
    memory: Annotated[
        str | None,
        _option(
            "--memory",
            "Memory that all processes of a run take together, such as 2GB (default: most of what is free).",
            "SIZE",
        ),
    ]
    account_timeout: Annotated[
        float | None,
        _option(
            "--account-timeout",
            "Seconds a model may take over one account; an account that takes longer is failed: timeout (default: 60).",
            "SECONDS",
        ),
    ]
    mode: Annotated[
        str | None,
        _option(
            "--mode",
            "Permissions of the files that are written, in octal; folders may be entered by whoever may read "
            "(default: 0600).",
            "MODE",
        ),
    ]
    shard_size: Annotated[
        int | None,
        _option(
            "--shard-size",
            "Accounts in a shard, which is a part file of the output (default: by the cost of the models).",
            "ACCOUNTS",
        ),
    ]


class ForecastOptions:
    """What only a forecast takes."""

    fitted: Annotated[
        str | None,
        _option(
            "--fitted",
            "Output folder of an earlier forecast by 'auto' whose learned part is used, instead of learning anew "
            "(default: none).",
            "DIR",
        ),
    ]


class BacktestOptions:
    """How history is replayed."""

    windows: Annotated[
        int | None,
        _option(
            "--windows",
            "Windows of a backtest: cutoffs, each forecast with what was known then (default: 3).",
            "COUNT",
        ),
    ]
    step: Annotated[
        int | None,
        _option(
            "--step",
            "Days from one cutoff of a backtest to the next; the last one lies this many days before the end "
            "(default: 30).",
            "DAYS",
        ),
    ]
    refit: Annotated[
        int | None,
        _option(
            "--refit",
            "Cutoffs of a backtest from one fit to the next, oldest first; those between only get the newer balances "
            "(default: 1).",
            "COUNT",
        ),
    ]
    min_train: Annotated[
        int | None,
        _option(
            "--min-train",
            "Days of history an account needs before a cutoff; a window with less is not forecast (default: 150).",
            "DAYS",
        ),
    ]
    align: Annotated[
        Align | None,
        _option(
            "--align",
            "Where windows count back from: each account's own last day (account), or one day for all (as-of) "
            "(default: account).",
        ),
    ]
    scale_lag: Annotated[
        int | None,
        _option("--scale-lag", "Lag, in days, of the moves that scaled errors are scaled by (default: 30).", "DAYS"),
    ]
    segment: Annotated[
        list[str] | None,
        _option(
            "--segment",
            "Columns of the input to report accuracy by, besides tenure, balance, volatility and activity "
            "(repeatable, or with commas; default: none).",
            "COLUMN",
            callback=lists.names,
        ),
    ]


class ConfigOptions:
    """Where settings come from, besides flags."""

    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            envvar="FORECAST_CONFIG",
            show_envvar=False,
            help="TOML file of settings; flags and FORECAST_* variables win over it (also: FORECAST_CONFIG).",
            metavar="FILE",
        ),
    ]


class QuietOptions:
    """How much a command says: for every command with a summary."""

    quiet: Annotated[
        bool | None, typer.Option("--quiet", "-q", help="Neither progress nor a summary; warnings and errors still.")
    ]


class MetricsOptions:
    """What a run tells a monitor."""

    metrics: Annotated[Path | None, _option("--metrics", "Write the run's figures for Prometheus.", "FILE")]


class PreviousOptions:
    """The run that a forecast is compared with."""

    previous: Annotated[
        Path | None,
        _option(
            "--previous",
            "Say in metrics.json what changed since an earlier run: its output, or the folder such outputs lie in, of "
            "which the latest counts.",
            "DIR",
        ),
    ]


class LogOptions:
    """How a command's messages are written: for every command that reads or writes data."""

    log_format: Annotated[
        LogFormat | None,
        typer.Option("--log-format", help="Messages on stderr as lines for people, or as JSON (default: text)."),
    ]
    show_ids: Annotated[
        bool | None,
        typer.Option("--show-ids", help="Account ids in a JSON log as they are, instead of keyed hashes."),
    ]


SETTING_OPTIONS: Final = (InputOptions, OriginOptions, RunOptions, ForecastOptions, BacktestOptions)
