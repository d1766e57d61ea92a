"""Settings of how the input is read, as flags."""

from typing import Annotated

from forecast_cli.cli.options.declared import option
from forecast_cli.config.choices import OnBadFile, OnDuplicate, Origin


class InputOptions:
    """How the input is read: for every command that reads one."""

    id_col: Annotated[str | None, option("--id-col", "Column that names the account (default: account_id).", "COLUMN")]
    date_col: Annotated[
        str | None, option("--date-col", "Column of the day, a date or a timestamp (default: date).", "COLUMN")
    ]
    balance_col: Annotated[
        str | None,
        option("--balance-col", "Column of the end-of-day balance, a number (default: balance).", "COLUMN"),
    ]
    currency_col: Annotated[
        str | None,
        option(
            "--currency-col",
            "Column of the currency; when named, account and currency together are the key (default: none).",
            "COLUMN",
        ),
    ]
    timezone: Annotated[
        str | None,
        option("--timezone", "Timezone whose days count, for timestamps (default: the column's own).", "ZONE"),
    ]
    as_of: Annotated[
        str | None,
        option(
            "--as-of", "The day forecasts start from; later rows are not used (default: the input's last day).", "DATE"
        ),
    ]
    max_stale: Annotated[
        int | None,
        option(
            "--max-stale",
            "Days an account's last row may lie before the origin; beyond that it is skipped: stale (default: 45).",
            "DAYS",
        ),
    ]
    max_history: Annotated[
        int | None,
        option(
            "--max-history",
            "Days of history used, back from an account's last; earlier balances only set the level they begin at "
            "(default: 3653).",
            "DAYS",
        ),
    ]
    max_gap: Annotated[
        int | None,
        option(
            "--max-gap",
            "Days in a row an account may have no balance; its history begins after the last longer stretch "
            "(default: 366).",
            "DAYS",
        ),
    ]
    on_bad_file: Annotated[
        OnBadFile | None,
        option(
            "--on-bad-file",
            "A file that cannot be read: reject the run, or quarantine the file and mark its accounts "
            "(default: reject).",
        ),
    ]
    on_duplicate: Annotated[
        OnDuplicate | None,
        option(
            "--on-duplicate",
            "Two balances for one account and day: set the account aside, take the last row, the mean, or fail the run "
            "(default: set-aside).",
        ),
    ]
    max_missing: Annotated[
        float | None,
        option(
            "--max-missing",
            "Share of an account's rows whose balance may be missing; beyond that the account is set aside "
            "(default: 0.3).",
            "SHARE",
        ),
    ]
    max_bad_rows: Annotated[
        float | None,
        option(
            "--max-bad-rows",
            "Share of all rows without a usable account or date; beyond that the run is rejected (default: 0.001).",
            "SHARE",
        ),
    ]
    max_balance: Annotated[
        float | None,
        option(
            "--max-balance",
            "Largest absolute balance taken; an account beyond it is set aside (default: 1e+15).",
            "AMOUNT",
        ),
    ]
    max_id_bytes: Annotated[
        int | None,
        option(
            "--max-id-bytes",
            "Longest account id taken, in bytes; an account beyond it is set aside (default: 1024).",
            "BYTES",
        ),
    ]
    earliest_date: Annotated[
        str | None, option("--earliest-date", "Rows dated before this are set aside (default: 1970-01-02).", "DATE")
    ]
    latest_date: Annotated[
        str | None, option("--latest-date", "Rows dated after this are set aside (default: 2099-12-31).", "DATE")
    ]
    require_success: Annotated[
        bool | None,
        option(
            "--require-success/--no-require-success",
            "Reject a folder that has no _SUCCESS file (default: no).",
        ),
    ]
    read_timeout: Annotated[
        float | None,
        option("--read-timeout", "Seconds an object store may take to answer (default: 30).", "SECONDS"),
    ]


class OriginOptions:
    """Where forecasts start: not a backtest's matter, whose windows count back as ``--align`` says."""

    origin: Annotated[
        Origin | None,
        option(
            "--origin",
            "Where forecasts start: one day for all accounts (input), or each account's own last day (account) "
            "(default: input).",
        ),
    ]
