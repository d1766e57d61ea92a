"""Accounts with payments on given days and small spending in between."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import numpy as np

END = date(2026, 6, 30)
DAYS = 730


def days_back(end: date = END, days: int = DAYS) -> list[date]:
    """Return the days of an account, oldest first."""
    return [end - timedelta(ago) for ago in range(days - 1, -1, -1)]


def weekdays(weekday: int, every: int = 7, end: date = END, days: int = DAYS) -> list[date]:
    """Return the days with the given weekday (Monday is 0), all or every second one, counted back from the last."""
    some = [day for day in days_back(end, days) if day.weekday() == weekday]
    return some[:: -(every // 7)]


def payments(days: Iterable[date], amount: float) -> dict[date, float]:
    return dict.fromkeys(days, amount)


def balances(*streams: Mapping[date, float], end: date = END, days: int = DAYS, spending: float = 0.2) -> np.ndarray:
    """Return the balances of an account with some streams, and spending of 5 to 60 on a share of its days."""
    rng = np.random.default_rng(5)
    flow = -np.round(rng.uniform(5, 60, days), 2) * (rng.random(days) < spending)
    for stream in streams:
        flow += [stream.get(day, 0.0) for day in days_back(end, days)]
    return np.round(1000.0 + np.cumsum(flow), 2)
