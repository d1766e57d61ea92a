"""Settings of how the input is read, as flags."""

from forecast_cli.cli.options.declared import option
from forecast_cli.config.choices import OnBadFile, OnDuplicate, Origin


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
