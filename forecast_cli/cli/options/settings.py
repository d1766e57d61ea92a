"""Settings as flags: how the input is read, what a run does with it, and how a backtest replays history."""

from forecast_cli.cli.options.declared import option, split_names, split_numbers, split_whole_numbers
from forecast_cli.config.choices import Align, Executor, OnBadFile, OnDuplicate, Origin


class InputOptions:
    """How the input is read: for every command that reads one."""

    id_col = option(str, "Column with the account id (default: account_id).", "COLUMN")
    date_col = option(str, "Column with the date or timestamp of the balance (default: date).", "COLUMN")
    balance_col = option(str, "Column with the end-of-day balance, a number (default: balance).", "COLUMN")
    currency_col = option(
        str,
        "Column with the currency; if set, each currency of an account is forecast separately (default: none).",
        "COLUMN",
    )
    timezone = option(
        str, "Timezone that decides which day a timestamp belongs to (default: the column's own).", "ZONE"
    )
    as_of = option(
        str, "Date to forecast from, called the origin; later rows are ignored (default: the input's last day).", "DATE"
    )
    max_stale = option(
        int, "Skip an account if its last row is more than this many days before the origin (default: 45).", "DAYS"
    )
    max_history = option(
        int,
        "Days of history to use, back from an account's last row; older balances only set the starting level "
        "(default: 3653).",
        "DAYS",
    )
    max_gap = option(
        int,
        "Longest gap, in days, to fill with the last balance; after a longer gap, the history starts again "
        "(default: 366).",
        "DAYS",
    )
    on_bad_file = option(
        OnBadFile,
        "If a file cannot be read: reject the run (reject), or skip the file and flag its accounts "
        "(quarantine) (default: reject).",
    )
    on_duplicate = option(
        OnDuplicate,
        "For two balances on a day: fail the account (set-aside), keep the last-row or mean, or reject all (fail) "
        "(default: set-aside).",
    )
    max_missing = option(
        float, "Mark an account as failed if more than this share of its balances is missing (default: 0.3).", "SHARE"
    )
    max_bad_rows = option(
        float,
        "Reject the run if more than this share of all rows has no usable account id or date (default: 0.001).",
        "SHARE",
    )
    max_balance = option(
        float,
        "Mark an account as failed if a balance, positive or negative, exceeds this amount (default: 1e+15).",
        "AMOUNT",
    )
    max_id_bytes = option(
        int, "Mark an account as failed if its id is longer than this many bytes (default: 1024).", "BYTES"
    )
    earliest_date = option(str, "Ignore rows dated before this day (default: 1970-01-02).", "DATE")
    latest_date = option(str, "Ignore rows dated after this day (default: 2099-12-31).", "DATE")
    require_success = option(bool, "Reject an input folder that has no _SUCCESS file (default: no).")
    read_timeout = option(float, "Seconds to wait for an object store to answer (default: 30).", "SECONDS")


class OriginOptions:
    """Where forecasts start; a backtest has ``--align`` instead."""

    origin = option(
        Origin,
        "Start forecasts from one day for all accounts (input), or from each account's own last day (account) "
        "(default: input).",
    )


class RunOptions:
    """What a forecast run does with the input."""

    model = option(
        list[str],
        "Models to run, optionally with season lengths, such as 'MSTL(7,30)'; list them with 'forecast-cli "
        "models' (repeatable or comma-separated; default: auto).",
        "MODEL",
        callback=split_names,
    )
    candidates = option(
        list[str],
        "Models to blend into 'auto' for accounts where this lowered the error in the past, such as MSTL "
        "(repeatable or comma-separated; default: none).",
        "MODEL",
        callback=split_names,
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
        callback=split_whole_numbers,
    )
    horizon = option(int, "Number of days to forecast (default: 30).", "DAYS")
    level = option(
        list[str],
        "Levels of the prediction intervals, in percent (repeatable or comma-separated; default: 80 and 95).",
        "PERCENT",
        callback=split_numbers,
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
        callback=split_names,
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
        callback=split_names,
    )
