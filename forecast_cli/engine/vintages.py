"""Vintages to learn: as of which days, and how many days ahead each of them learns."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.knots import knots_of
from forecast_cli.models.pooled.learn import FEWEST
from forecast_cli.models.pooled.windows import MIN_TRAIN, WINDOW_STEP

#: Fewest days ahead that are learned for a forecast of more days.
FEWEST_AHEAD: Final = 7
#: An account is old enough at this multiple of the days ahead, so that some of its windows have a history twice as
#: long, and at this many days more than the days ahead in any case.
_TIMES_AHEAD: Final = 3
_DAYS_MORE: Final = 180
#: Fewest windows: a quarter more than learning needs, because hashes decide how many there really are.
_NEEDED: Final = 1.25 * FEWEST
#: So many windows are enough; with fewer, more days ahead must leave this share of the windows that fewer leave.
_ENOUGH: Final = 1_000
_SHARE_LEFT: Final = 0.5
#: Every part of a month has a vintage while fewer days ahead than these can be learned as of its first day.
_MONTH: Final = 30
#: Parts of a month begin on day 1, 8, 15 and 22.
_PART: Final = 7
_LAST_PART: Final = 3


@dataclass(frozen=True)
class VintagePlan:
    """What to learn: a vintage as of each day at a ``place`` [v], so many days ``ahead`` [v]."""

    place: NDArray[np.int64]
    ahead: NDArray[np.int64]


def young_months(months: NDArray[np.datetime64], ahead: NDArray[np.int64], h: int) -> NDArray[np.datetime64]:
    """Return those of ``months`` [v] as of which a few weeks at most can be learned, by their ``days_ahead`` [v]."""
    return months[ahead < min(_MONTH, h)]


def with_parts(
    months: NDArray[np.datetime64], young: NDArray[np.datetime64], origins: NDArray[np.datetime64]
) -> NDArray[np.datetime64]:
    """Return ``months`` [v] and, in ``young`` ones, the last 8th, 15th or 22nd up to each of ``origins`` [m], [d].

    The days ascend, without duplicates.
    """
    own = _month_of(origins)
    part = np.minimum((origins - own).astype(np.int64) // _PART, _LAST_PART)
    return np.union1d(months, (own + (_PART * part).astype("timedelta64[D]"))[np.isin(own, young)])


def plan_vintages(days: NDArray[np.datetime64], ahead: NDArray[np.int64], h: int) -> VintagePlan:
    """Return which of ``days`` [d] (``with_parts``) to learn as of, and how many days ahead, to forecast ``h`` days.

    ``ahead`` [d] are the ``days_ahead`` of each. Each month has a vintage, which tries ``h`` days if none can be
    learned; another part of a month has one if any can.
    """
    place = np.flatnonzero((_month_of(days) == days) | (ahead > 0))
    return VintagePlan(place, np.where(ahead > 0, ahead, h)[place])


def days_ahead(history: NDArray[np.int64], h: int) -> NDArray[np.int64]:
    """Return how many of ``h`` days ahead can be learned as of each day, [d]; 0 if none (``learnable_days``).

    ``history`` [n, d] is the number of days that are known of each account before each day.
    """
    return np.array([learnable_days(own, h) or 0 for own in history.T], dtype=np.int64)


def learnable_days(history: NDArray[np.int64], h: int) -> int | None:
    """Return how many days ahead, of the knots of ``h``, accounts with so many days of ``history`` [n] can teach.

    It is the most of them for which accounts that are old enough leave many windows: each of these surely has one. None
    if there are too few windows for even the fewest days ahead.
    """
    windows = {}
    for ahead in [int(knot) for knot in knots_of(h) if knot >= min(FEWEST_AHEAD, h)]:
        enough = max(MIN_TRAIN + WINDOW_STEP + ahead, min(_TIMES_AHEAD * ahead, _DAYS_MORE + ahead))
        windows[ahead] = float((history[history >= enough] - MIN_TRAIN - ahead + 1).sum() / WINDOW_STEP)
    needed = max(_NEEDED, min(_ENOUGH, _SHARE_LEFT * max(windows.values())))
    return max((ahead for ahead, count in windows.items() if count >= needed), default=None)


def _month_of(days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    return days.astype("datetime64[M]").astype("datetime64[D]")
