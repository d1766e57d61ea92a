"""The same day of earlier months, adjusted if months differ in length."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAX_MONTHS: Final = 24
#: Up to this day of the month days are matched by their number, later days by their distance from the end.
_LAST_MATCHED_BY_NUMBER: Final = 27


def match_days(origins: NDArray[np.datetime64], months: int, h: int) -> NDArray[np.int64]:
    """Return the matching day ``months`` months earlier for 0 to ``h`` days after each origin [u], [u, h + 1].

    Results are days counted from the origin, and never descend along a row. Days up to the 27th are matched by number;
    later days by their distance from the end of the month, so that last days match last days. Where the earlier month
    is shorter, its 27th also matches the days that it lacks.
    """
    days = origins[:, None] + np.arange(h + 1)
    month: NDArray[np.datetime64] = days.astype("datetime64[M]")
    number = (days - month.astype("datetime64[D]")).astype(np.int64)
    earlier = month - np.timedelta64(months, "M")
    missing_days = _month_length(month) - _month_length(earlier)
    shifted = np.maximum(number - missing_days, _LAST_MATCHED_BY_NUMBER - 1)
    matched = earlier.astype("datetime64[D]") + np.where(number < _LAST_MATCHED_BY_NUMBER, number, shifted)
    return np.asarray((matched - days[:, :1]).astype(np.int64))


@dataclass(frozen=True)
class MatchingDays:
    """Matching days of earlier months: ``days`` [u, months, h + 1] from u distinct origins, ``place`` [n] in these."""

    days: NDArray[np.int64]
    place: NDArray[np.int64]

    def part(self, rows: slice) -> "MatchingDays":
        """Return the matching days of a slice of the accounts."""
        return MatchingDays(self.days, self.place[rows])


def match_months(origins: NDArray[np.datetime64], h: int, months: int = MAX_MONTHS) -> MatchingDays:
    """Return the matching days of the last ``months`` months for 0 to ``h`` days after the ``origins`` [n]."""
    distinct, place = np.unique(origins, return_inverse=True)
    days = np.empty((len(distinct), months, h + 1), dtype=np.int64)
    for month in range(months):
        days[:, month] = match_days(distinct, month + 1, h)
    return MatchingDays(days, place.reshape(-1))


def _month_length(month: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return the number of days of each month."""
    following = month + np.timedelta64(1, "M")
    return np.asarray((following.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64))
