"""Business days: where a payment goes that falls due on a weekend or a US federal holiday."""

from enum import IntEnum
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Days known before and after those asked for: more than any run of weekends and holidays.
_MARGIN: Final = 10
_BLOCK: Final = 3650  # tables are made for whole blocks of days, so that a few of them serve every panel


class Rule(IntEnum):
    """Where a payment goes that falls due on no business day."""

    NONE = 0
    BEFORE = 1
    AFTER = 2


def shifted(due: NDArray[np.int64], rule: Rule) -> NDArray[np.int64]:
    """Return due days, of any shape and as days since 1970-01-01, moved to a business day as ``rule`` says."""
    if rule is Rule.NONE or not due.size:
        return due
    calendar = calendar_of(due)
    return np.asarray(calendar[rule][due - calendar[Rule.NONE, 0]])


def ruled(due: NDArray[np.int64], rule: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the due days [m, k] of m streams, each moved as its own ``rule`` [m] says."""
    out = due
    for each in (Rule.BEFORE, Rule.AFTER):
        out = np.where((rule == each)[:, None], shifted(due, each), out)
    return out


def calendar_of(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each day goes by each rule, [3, d], for d days in a row among which all of ``days`` are."""
    return _calendar(int(days.min()) // _BLOCK, int(days.max()) // _BLOCK)


@lru_cache(maxsize=8)
def _calendar(first_block: int, last_block: int) -> NDArray[np.int64]:
    import holidays

    first = first_block * _BLOCK
    axis = np.arange(first - _MARGIN, (last_block + 1) * _BLOCK + _MARGIN).astype("datetime64[D]")
    years = range(int(str(axis[0])[:4]), int(str(axis[-1])[:4]) + 1)
    closed = np.array(sorted(holidays.country_holidays("US", years=years)), dtype="datetime64[D]")
    inner = axis[_MARGIN:-_MARGIN]
    before, after = (np.busday_offset(inner, 0, roll=way, holidays=closed) for way in ("backward", "forward"))
    return np.stack([inner, before, after]).astype(np.int64)
