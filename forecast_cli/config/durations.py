"""Durations as text, such as 90s, 10m or 2h."""

import re
from typing import Final

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_PATTERN: Final = re.compile(r"(\d+(?:\.\d+)?)([smh])")
_EXPECTED: Final = "a number of seconds, minutes or hours above 0: 90s, 10m, 2h"


def check_duration(text: str) -> str:
    """Return a duration without outer spaces; raise ValueError if it is not valid or not above 0."""
    if seconds_of(text) <= 0:
        raise ValueError(f"expected {_EXPECTED}")
    return text.strip()


def seconds_of(text: str) -> float:
    """Return a duration in seconds; raise ValueError if it is not valid."""
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected {_EXPECTED}")
    return float(match[1]) * _SECONDS[match[2]]
