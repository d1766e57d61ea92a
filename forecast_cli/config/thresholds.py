"""Thresholds of a low balance as text: an amount, a percentile, or a column of the input."""

import math
import re
from collections.abc import Iterable
from typing import Final

EXPECTED: Final = "an amount such as 500, a percentile from p1 to p99, or an input column"

_AMOUNT: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_LIKE_AMOUNT: Final = re.compile(r"[+-]?[\d.]+([eE][+-]?\d+)?")
_PERCENTILE: Final = re.compile(r"p[1-9]\d?")
_NO_PERCENTILE: Final = re.compile(r"p-?\d+(\.\d+)?")


def check_threshold(text: str) -> str:
    """Return a threshold, any zero as ``0``; raise ValueError if it can be none: blank, p0, p100, 000, 1e999."""
    if not text.strip() or (_NO_PERCENTILE.fullmatch(text) and not is_percentile(text)):
        raise ValueError(f"expected {EXPECTED}")
    if _LIKE_AMOUNT.fullmatch(text) and not is_amount(text):
        raise ValueError("expected an amount such as 0, -500, 0.5 or 1e3; commas separate thresholds: 1,000 is two")
    return "0" if is_amount(text) and float(text) == 0 else text


def unique_thresholds(thresholds: Iterable[str]) -> tuple[str, ...]:
    """Return the first of the thresholds that are the same amount, such as 500 and 5e2, or the same text; in order."""
    first: dict[float | str, str] = {}
    for text in thresholds:
        first.setdefault(float(text) if is_amount(text) else text, text)
    return tuple(first.values())


def is_amount(text: str) -> bool:
    """Return whether a threshold is an amount, the same for all accounts."""
    return _AMOUNT.fullmatch(text) is not None and math.isfinite(float(text))


def is_percentile(text: str) -> bool:
    """Return whether a threshold is a percentile of the account's own balances."""
    return _PERCENTILE.fullmatch(text) is not None


def threshold_columns(thresholds: Iterable[str]) -> tuple[str, ...]:
    """Return the thresholds that name a column, which are those that are neither an amount nor a percentile."""
    return tuple(text for text in dict.fromkeys(thresholds) if not is_amount(text) and not is_percentile(text))
