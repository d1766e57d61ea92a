"""Thresholds of a low balance as text: an amount, a percentile, or a column of the input."""

import re
from collections.abc import Iterable
from typing import Final

EXPECTED: Final = "an amount such as 500, a percentile from p1 to p99, or an input column"

_AMOUNT: Final = re.compile(r"-?\d+(\.\d+)?")
_PERCENTILE: Final = re.compile(r"p[1-9]\d?")
_NO_PERCENTILE: Final = re.compile(r"p-?\d+(\.\d+)?")


def check_threshold(text: str) -> str:
    """Return a threshold unchanged; raise ValueError if it cannot be one: blank, or p0, p100, p2.5."""
    if not text.strip() or (_NO_PERCENTILE.fullmatch(text) and not is_percentile(text)):
        raise ValueError(f"expected {EXPECTED}")
    return text


def is_amount(text: str) -> bool:
    """Return whether a threshold is an amount, the same for all accounts."""
    return _AMOUNT.fullmatch(text) is not None


def is_percentile(text: str) -> bool:
    """Return whether a threshold is a percentile of the account's own balances."""
    return _PERCENTILE.fullmatch(text) is not None


def threshold_columns(thresholds: Iterable[str]) -> tuple[str, ...]:
    """Return the thresholds that name a column, which are those that are neither an amount nor a percentile."""
    return tuple(text for text in dict.fromkeys(thresholds) if not is_amount(text) and not is_percentile(text))
