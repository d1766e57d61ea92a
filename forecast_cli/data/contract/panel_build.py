"""From days with a balance to a panel: a balance holds until the next one, and the last one until the origin."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.data.contract.marks import CODE
from forecast_cli.data.panel import Panel

#: Accounts filled together: few enough that their arrays stay in the processor's cache.
_TOGETHER: Final = 128
#: A day number before any date, even with a date's day number added.
_LONG_BEFORE: Final = -(2**31)


def build_panel(days: pl.DataFrame, accounts: pl.DataFrame, origins: NDArray[np.datetime64]) -> Panel:
    """Build the panel of ``accounts`` from their ``days``, filled forward.

    ``accounts``: code, key and ``begin``, the first day used, one row each, ascending by code. ``days``: code, ds, y,
    one row for each day with a balance, ascending by code and day; codes that are not in ``accounts`` are ignored.
    ``origins`` [n] datetime64[D]; no day of an account is later than its origin. Every account has at least one day,
    the first of them not after ``begin``: days before ``begin`` only set the balance on that day. The panel has no
    -0.0.
    """
    lengths = (origins - accounts["begin"].to_numpy()).astype(np.int64) + 1
    currencies = accounts[c.CURRENCY] if c.CURRENCY in accounts.columns else None
    y = _fill_forward(days, accounts[CODE].to_numpy(), origins.astype(np.int64), lengths)
    return Panel(accounts[c.UNIQUE_ID], y, lengths, origins, currencies)


def _fill_forward(
    days: pl.DataFrame, own: NDArray[np.uint32], origins: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the block [n, longest] of the codes ``own``, each row filled forward and ending at its origin.

    Days of codes that are not in ``own`` are given zero width, at the end of the preceding row.
    """
    codes, day, y = (days[name].to_physical().to_numpy() for name in (CODE, c.DS, c.Y))
    starts, stops = np.searchsorted(codes, own), np.searchsorted(codes, own, side="right")
    n, longest = len(own), int(lengths.max(initial=0))
    ends = np.arange(1, n + 1) * longest
    counts = np.diff(_interleave(starts, stops), append=stops[-1:])
    shifts = _interleave(ends - 1 - origins, np.full(n, _LONG_BEFORE))
    least = _interleave(ends - lengths, ends)
    block = np.empty((n, longest))
    for first in range(0, n, _TOGETHER):
        some, turns = slice(first, first + _TOGETHER), slice(2 * first, 2 * (first + _TOGETHER))
        rows = slice(starts[first], starts[first] + counts[turns].sum())
        place = np.maximum(np.repeat(shifts[turns], counts[turns]) + day[rows], np.repeat(least[turns], counts[turns]))
        edges = np.concatenate([[first * longest], place[1:], ends[some][-1:]])
        block[some] = np.repeat(y[rows] + 0.0, np.diff(edges)).reshape(-1, longest)  # -0.0 becomes 0.0
        np.copyto(block[some], np.nan, where=np.arange(longest) < longest - lengths[some, None])
    return block


def _interleave(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the elements of both arrays in turn: first[0], second[0], first[1], ..."""
    return np.column_stack([first, second]).ravel()
