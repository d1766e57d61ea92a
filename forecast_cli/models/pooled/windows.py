"""Windows to learn from: past days of accounts and the balances after them, chosen by hashes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from struct import iter_unpack
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.core.hashes import hash_each
from forecast_cli.data.panel import Panel
from forecast_cli.models.row_arrays import RowArrays

#: Days between windows of an account.
WINDOW_STEP: Final = 15
#: Fewest days of history of a window.
MIN_TRAIN: Final = 31
#: The same for accounts in their first month, which have fewer days than that: as many as a move takes.
FIRST_DAYS: Final = 2
#: Most days of history of a window.
LOOK_BACK: Final = 1096
#: Most days of history of an account that is new. One of so many windows knows no more of its account.
NEW_DAYS: Final = 90
_CUT_EVERY: Final = 4
#: Groups of accounts for cross-fitting: the trees of each are grown on the other groups and scored on its own accounts.
GROUPS: Final = 4


@dataclass(frozen=True)
class Windows(RowArrays):
    """m windows of a panel: ``row``, origin ``day`` (days since 1970-01-01), ``priority`` and most ``days``, each [m].

    All depend on account and day only, not on other accounts or later days. Windows of lowest priority are taken first;
    a window has at most ``days`` days of history.
    """

    row: NDArray[np.int64]
    day: NDArray[np.int64]
    priority: NDArray[np.uint64]
    days: NDArray[np.int64]


def list_windows(panel: Panel, h: int) -> Windows:
    """Return all windows of each account with at least 31 days of history up to the origin and ``h`` days after it.

    An account's windows lie 15 days apart, on days decided by a hash of its key.
    """
    return _list_from(panel, h, MIN_TRAIN, _days_of)


def list_first_windows(panel: Panel, h: int) -> Windows:
    """Return the same windows, and earlier ones, as if their accounts were in their first month: 2 to 30 days old."""
    return _list_from(panel, h, FIRST_DAYS, partial(_spread, fewest=FIRST_DAYS, most=MIN_TRAIN - 1))


def _list_from(
    panel: Panel, h: int, fewest: int, days_of: Callable[[NDArray[np.uint64]], NDArray[np.int64]]
) -> Windows:
    """Return all windows of accounts with ``fewest`` days or more up to it, and the most ``days_of`` each priority."""
    ends = panel.origins.astype(np.int64)
    seeds, earliest = panel.seeds(), ends - panel.lengths + fewest
    first = earliest + (seeds - earliest) % WINDOW_STEP
    count = np.maximum((ends - h - first) // WINDOW_STEP + 1, 0)
    row = np.repeat(np.arange(len(panel)), count)
    number = np.arange(len(row)) - (np.cumsum(count) - count)[row]
    day = first[row] + WINDOW_STEP * number
    priority = _hash_windows(seeds[row], day)
    return Windows(row, day, priority, days_of(priority))


def panel_at(panel: Panel, windows: Windows, look_back: int) -> Panel:
    """Return a panel with a row for each window: its account up to that day, with at most ``look_back`` days."""
    ends = panel.origins.astype(np.int64)[windows.row]
    back = ends - windows.day
    lengths = np.minimum(np.minimum(panel.lengths[windows.row] - back, look_back), windows.days)
    longest = int(lengths.max(initial=1))
    last = panel.y.shape[1] - 1 - back
    at = last[:, None] - np.arange(longest - 1, -1, -1)
    y = panel.y[windows.row[:, None], np.maximum(at, 0)]
    y[np.arange(longest) < longest - lengths[:, None]] = np.nan
    return replace(
        panel,
        ids=panel.ids.gather(windows.row),
        y=y,
        lengths=lengths,
        origins=windows.day.astype("datetime64[D]"),
        currencies=None if panel.currencies is None else panel.currencies.gather(windows.row),
    )


def _days_of(priority: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the most days of history of windows with a ``priority`` [m], [m]: 31 to 90 for a quarter of them.

    Few past windows are of accounts that were new then. Those whose older days are hidden show how far a forecast from
    a short history goes wrong.
    """
    return np.where(priority % _CUT_EVERY == 0, _spread(priority, fewest=MIN_TRAIN, most=NEW_DAYS), LOOK_BACK)


def _spread(priority: NDArray[np.uint64], *, fewest: int, most: int) -> NDArray[np.int64]:
    """Return a number of days from ``fewest`` to ``most`` for each ``priority`` [m], [m]."""
    return (fewest + priority // _CUT_EVERY % (most - fewest + 1)).astype(np.int64)


def balances_after(panel: Panel, windows: Windows, knots: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the balances [m, k] on the days ``knots`` [k] after the origin of each window."""
    ends = panel.origins.astype(np.int64)[windows.row]
    last = panel.y.shape[1] - 1 - (ends - windows.day)
    return np.asarray(panel.y[windows.row[:, None], last[:, None] + knots])


def group_of(panel: Panel, windows: Windows) -> NDArray[np.int64]:
    """Return the group (0 to ``GROUPS`` - 1) of each window's account, [m], by a hash of the account's key."""
    return np.asarray(((panel.seeds() // WINDOW_STEP) % GROUPS)[windows.row])


def _hash_windows(seeds: NDArray[np.int64], days: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return a hash of an account's seed and a day, each [m]."""
    packed = np.column_stack([seeds, days]).astype("<i8").tobytes()
    return hash_each(pair for (pair,) in iter_unpack("16s", packed))
