"""Parameters of a sample, and the summary of what was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from forecast_cli.core.errors import UsageError

MAX_ACCOUNTS: Final = 10_000_000  # ids have seven digits
MAX_DAYS: Final = 7_305
LAST_DAY: Final = date(2026, 6, 30)  # of every sample
_HELP: Final = "see: forecast-cli sample --help"


@dataclass(frozen=True)
class SampleSpec:
    """A sample of ``accounts`` accounts over the ``days`` days up to LAST_DAY. Raises UsageError if out of range.

    An account depends only on (seed, its number, days): the first 250 accounts of a sample of a million are the
    250 of a small sample.
    """

    accounts: int
    days: int
    seed: int

    def __post_init__(self) -> None:
        _check_range("--accounts", self.accounts, low=1, high=MAX_ACCOUNTS)
        _check_range("--days", self.days, low=1, high=MAX_DAYS)
        _check_range("--seed", self.seed, low=0, high=2**63 - 1)


@dataclass(frozen=True)
class SampleSummary:
    """What was written: ``files`` in order, total rows and bytes, and the number of accounts of each type."""

    accounts: int
    rows: int
    bytes: int
    files: tuple[Path, ...]
    account_types: Mapping[str, int]


def _check_range(option: str, value: int, *, low: int, high: int) -> None:
    if not low <= value <= high:
        raise UsageError(f"{option} {value}: expected {low:,} to {high:,}", _HELP)
