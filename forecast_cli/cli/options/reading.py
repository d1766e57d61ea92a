"""Settings of how the input is read, as flags."""

from typing import Annotated

from forecast_cli.cli.options.declared import option
from forecast_cli.config.choices import OnBadFile, OnDuplicate, Origin


class InputOptions:
    """How the input is read: for every command that reads one."""

    id_col: Annotated[str | None, option("--id-col", "Column with the account id (default: account_id).", "COLUMN")]
    date_col: Annotated[
        str | None, option("--date-col", "Column with the date or timestamp of the balance (default: date).", "COLUMN")
    ]
    balance_col: Annotated[
        str | None,
        option("--balance-col", "Column with the end-of-day balance, a number (default: balance).", "COLUMN"),
    ]
    currency_col: Annotated[
        str | None,
        option(
            "--currency-col",
            "Column with the currency; if set, each currency of an account is forecast separately (default: none).",
            "COLUMN",
        ),
    ]
    timezone: Annotated[
        str | None,
        option(
            "--timezone", "Timezone that decides which day a timestamp belongs to (default: the column's own).", "ZONE"
        ),
    ]
    as_of: Annotated[
        str | None,
        option(
            "--as-of",
            "Date to forecast from, called the origin; later rows are ignored (default: the input's last day).",
            "DATE",
        ),
    ]
    max_stale: Annotated[
        int | None,
        option(
            "--max-stale",
            "Skip an account if its last row is more than this many days before the origin (default: 45).",
            "DAYS",
        ),
    ]
    max_history: Annotated[
        int | None,
        option(
            "--max-history",
            "Days of history to use, back from an account's last row; older balances only set the starting level "
            "(default: 3653).",
            "DAYS",
        ),
    ]
    max_gap: Annotated[
        int | None,
        option(
            "--max-gap",
            "Longest gap, in days, to fill with the last balance; after a longer gap, the history starts again "
            "(default: 366).",
            "DAYS",
        ),
    ]
    on_bad_file: Annotated[
        OnBadFile | None,
        option(
            "--on-bad-file",
            "If a file cannot be read: reject the run (reject), or skip the file and flag its accounts "
            "(quarantine) (default: reject).",
        ),
    ]
    on_duplicate: Annotated[
        OnDuplicate | None,
        option(
            "--on-duplicate",
            "For two balances on a day: fail the account (set-aside), keep the last-row or mean, or reject all (fail) "
            "(default: set-aside).",
        ),
    ]
    max_missing: Annotated[
        float | None,
        option(
            "--max-missing",
            "Mark an account as failed if more than this share of its balances is missing (default: 0.3).",
            "SHARE",
        ),
    ]
    max_bad_rows: Annotated[
        float | None,
        option(
            "--max-bad-rows",
            "Reject the run if more than this share of all rows has no usable account id or date (default: 0.001).",
            "SHARE",
        ),
    ]
    max_balance: Annotated[
        float | None,
        option(
            "--max-balance",
            "Mark an account as failed if a balance, positive or negative, exceeds this amount (default: 1e+15).",
            "AMOUNT",
        ),
    ]
    max_id_bytes: Annotated[
        int | None,
        option(
            "--max-id-bytes",
            "Mark an account as failed if its id is longer than this many bytes (default: 1024).",
            "BYTES",
        ),
    ]
    earliest_date: Annotated[
        str | None, option("--earliest-date", "Ignore rows dated before this day (default: 1970-01-02).", "DATE")
    ]
    latest_date: Annotated[
        str | None, option("--latest-date", "Ignore rows dated after this day (default: 2099-12-31).", "DATE")
    ]
    require_success: Annotated[
        bool | None,
        option(
            "--require-success/--no-require-success",
            "Reject an input folder that has no _SUCCESS file (default: no).",
        ),
    ]
    read_timeout: Annotated[
        float | None,
        option("--read-timeout", "Seconds to wait for an object store to answer (default: 30).", "SECONDS"),
    ]


class OriginOptions:
    """Where forecasts start; a backtest has ``--align`` instead."""

    origin: Annotated[
        Origin | None,
        option(
            "--origin",
            "Start forecasts from one day for all accounts (input), or from each account's own last day (account) "
            "(default: input).",
        ),
    ]
