"""The ledger: exactly one row for every account of the input, and one for every model that did not go as asked."""

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """How an account fared, from best to worst."""

    OK = "ok"
    FALLBACK = "fallback"
    SKIPPED = "skipped"
    FAILED = "failed"


class Repair(StrEnum):
    """What was mended in an account's rows; each is a count in ``accounts.parquet``, column ``repairs``."""

    DUPLICATES = "duplicates"  # the same row twice: dropped
    CONFLICTS = "conflicts"  # further balances for a day that has one: settled as --on-duplicate says
    SAME_DAY = "same_day"  # earlier rows of a day with several timestamps: dropped
    NULLS_FILLED = "nulls_filled"  # days whose rows have no balance: last balance carried forward
    NULLS_DROPPED = "nulls_dropped"  # rows without a balance that no filled day stands for
    INFINITE = "infinite"  # infinite balance: taken as null
    BAD_ROWS = "bad_rows"  # rows with an impossible date: set aside
    AFTER_AS_OF = "after_as_of"  # rows dated after the origin: dropped
    GAP_FILLED = "gap_filled"  # days without a row: last balance carried forward
    STALE_FILLED = "stale_filled"  # days from the account's last row to the origin: carried forward


class Flag(StrEnum):
    """What a reader of an account's forecast should know."""

    SHORT = "short"  # fewer observations than a model asked for needs
    LEANING = "leaning"  # too short a history to tell much: its forecast leans on what came of other accounts
    STALE = "stale"  # its last row lies before the origin
    CONSTANT = "constant"  # its balance never moved
    HISTORY_CUT = "history_cut"  # its history begins after its first row: --max-gap, --max-history
    POOLED_INTERVAL = "pooled_interval"  # intervals from pooled experience, not from its own past
    ZERO_WIDTH = "zero_width"  # intervals of zero width: all experience says that nothing moves
    ROUNDED = "rounded"  # balances beyond 2^53 units, rounded to float64
    NO_THRESHOLD = "no_threshold"  # a column asked for as --threshold says no amount of it: no risk of that
    PAST_COURSES = "past_courses"  # how low it goes is told in part by how it went before, not by its intervals alone
    FILE_QUARANTINED = "file_quarantined"  # a file that holds rows of it was left out


STATUS_ORDER: Final = tuple(Status)
