"""Terms of the ledger, which has exactly one row per account, and one per model that did not run as requested."""

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """The outcome of an account, from best to worst."""

    OK = "ok"
    FALLBACK = "fallback"
    SKIPPED = "skipped"
    FAILED = "failed"


#: Statuses of accounts with a forecast.
WITH_FORECAST: Final = (Status.OK, Status.FALLBACK)
#: How bad a status is: 0 for the best.
SEVERITY: Final = {status.value: rank for rank, status in enumerate(Status)}


class Repair(StrEnum):
    """A repair of an account's rows; each is a count in ``accounts.parquet``, column ``repairs``."""

    DUPLICATES = "duplicates"  # repeated identical rows: dropped
    CONFLICTS = "conflicts"  # further, different balances for one day: resolved by --on-duplicate
    SAME_DAY = "same_day"  # earlier rows of a day with several timestamps: dropped
    NULLS_FILLED = "nulls_filled"  # days with rows but no balance: last balance carried forward
    NULLS_DROPPED = "nulls_dropped"  # other rows without a balance: dropped
    INFINITE = "infinite"  # infinite balances: treated as null
    BAD_ROWS = "bad_rows"  # rows with a null or impossible date: dropped
    AFTER_AS_OF = "after_as_of"  # rows dated after the origin: dropped
    GAP_FILLED = "gap_filled"  # days without a row: last balance carried forward
    STALE_FILLED = "stale_filled"  # days from the account's last row to the origin: carried forward


class Flag(StrEnum):
    """Something that a reader of an account's forecast should know."""

    SHORT = "short"  # fewer observations than a requested model needs
    LEANING = "leaning"  # too short a history: its forecast relies on the outcomes of other accounts
    STALE = "stale"  # its last row lies before the origin
    CONSTANT = "constant"  # its balance never moved
    HISTORY_CUT = "history_cut"  # its history begins after its first row: --max-gap, --max-history
    POOLED_INTERVAL = "pooled_interval"  # intervals from the pooled errors of many accounts, not from its own past
    ZERO_WIDTH = "zero_width"  # intervals of zero width: past errors say that nothing moves
    ROUNDED = "rounded"  # balances beyond 2^53 units, rounded to float64
    NO_THRESHOLD = "no_threshold"  # a --threshold column has no amount for the account: no risk for that threshold
    PAST_COURSES = "past_courses"  # its low point is predicted in part from its own past, not from its intervals alone
    FILE_QUARANTINED = "file_quarantined"  # a file with rows of the account was left out


#: The error of a model on an account with fewer observations than it needs.
TOO_SHORT: Final = "TooShort"


def describe_failure(error: str, message: str) -> str:
    """Return a failure for people to read: the message, after the name of the error unless the message implies it."""
    return message if error == TOO_SHORT else f"{error}: {message}"
