"""Accounts with payments on given days and small spending in between."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numba
import numpy as np
from panels import panel_of

from forecast_cli.models.recurring.business_days import Rule, shift_days
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.listing import Listing, list_streams

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


def listed(*streams: dict[date, float], spending: float = 0.2, holidays: str = "US") -> Listing:
    """Return the streams found in an account."""
    panel = replace(panel_of(balances(*streams, spending=spending)), holidays=holidays)
    return list_streams(find_streams(panel), panel.origins)


def month_days(day: int, rule: Rule = Rule.NONE, holidays: str = "US") -> list[date]:
    """Return that day of every month, or its last, moved as the rule says."""
    months = sorted({(one.year, one.month) for one in days_back()})
    due = []
    for year, month in months:
        last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(1)).day
        due.append(np.datetime64(date(year, month, min(day, last)), "D").astype(np.int64))
    moved = shift_days(np.array(due), rule, holidays).astype("datetime64[D]").astype(object)
    return list(moved)


@numba.njit
def from_compiled(part: Any, *arguments: Any) -> Any:
    """Call a part of a kernel as kernels do: Python cannot."""
    return part(*arguments)
