"""Vintages to learn: as of which days, and how many days ahead each of them learns."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.knots import knots_of
from forecast_cli.models.pooled.learn import FEWEST
from forecast_cli.models.pooled.learned import months_of
from forecast_cli.models.pooled.windows import MIN_TRAIN, WINDOW_STEP

#: Fewest days ahead that are learned for a forecast of more days.
_LEAST_AHEAD: Final = 7
#: Days of an account for each day ahead: some of its windows then have twice as many days of history as days ahead.
_DAYS_FOR_EACH: Final = 3
#: Days from which a part of a month is learned: day 1, 8, 15 and 22.
_PART: Final = 7
_LAST_PART: Final = 3


@dataclass(frozen=True)
class VintagePlan:
    """The ascending days ``as_of`` [v] before which all data may be used, and the number of days ``ahead`` of each."""

    as_of: NDArray[np.datetime64]
    ahead: NDArray[np.int64]

    @property
    def latest(self) -> NDArray[np.datetime64]:
        """Return the last day on which an account may have begun, to be learned from in each vintage, [v]."""
        return np.asarray(self.as_of - (MIN_TRAIN + self.ahead).astype("timedelta64[D]"))


def plan_vintages(began: NDArray[np.datetime64], origins: NDArray[np.datetime64], h: int) -> VintagePlan:
    """Return what to learn for forecasts of ``h`` days from all ``origins`` [m], from accounts that ``began`` [n].

    There is a vintage for the first day of each month. Where few accounts are old enough on it to learn ``h`` days
    ahead, it learns fewer, and there are vintages for the 8th, 15th and 22nd, too: every week counts then. The plan of
    a day depends only on accounts that began before it.
    """
    months = months_of(origins)
    new = months[[(learnable_days(began, month, h) or 0) < h for month in months]]
    parts = _parts_of_months(origins[np.isin(origins.astype("datetime64[M]"), new.astype("datetime64[M]"))])
    learnable = parts[[learnable_days(began, day, h) is not None for day in parts]]
    as_of = np.unique(np.concatenate([months, learnable]))
    return VintagePlan(as_of, np.array([learnable_days(began, day, h) or h for day in as_of], dtype=np.int64))


def learnable_days(began: NDArray[np.datetime64], day: np.datetime64, h: int) -> int | None:
    """Return the most days ahead, of the knots of ``h``, that accounts that ``began`` [n] before ``day`` suffice for.

    They suffice if enough windows come from accounts that are old enough: 46 days older than the days ahead, so that
    each surely has a window, and three times as old. None if there are too few for even the fewest days ahead.
    """
    age = (day - began).astype(np.int64)
    for ahead in knots_of(h)[::-1].tolist():
        if ahead < min(_LEAST_AHEAD, h):
            return None
        old = age[age >= max(MIN_TRAIN + WINDOW_STEP + ahead, _DAYS_FOR_EACH * ahead)]
        if (old - MIN_TRAIN - ahead + 1).sum() >= FEWEST * WINDOW_STEP:
            return int(ahead)
    return None


def _parts_of_months(days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """Return the last 1st, 8th, 15th or 22nd up to each of ``days`` [m], ascending, without duplicates."""
    months = days.astype("datetime64[M]").astype("datetime64[D]")
    part = np.minimum((days - months).astype(np.int64) // _PART, _LAST_PART)
    return np.unique(months + (_PART * part).astype("timedelta64[D]"))
