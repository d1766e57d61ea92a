"""Days with a balance to a panel: a balance holds until the next one, and the last one to the origin."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.data.contract.marks import CODE
from forecast_cli.data.panel import Panel
from forecast_cli.data.scan.canonical import CURRENCY


def build_panel(days: pl.DataFrame, accounts: pl.DataFrame, origins: NDArray[np.datetime64], *, seed: int) -> Panel:
    """Fill the panel of ``accounts`` from their ``days``.

    ``accounts``: code, key and ``begin``, the first day used, one row each, ascending by code. ``days``: code, ds, y,
    one row for each day with a balance, ascending by code and day; codes that are not in ``accounts`` are left out.
    ``origins`` [n] datetime64[D], no day of the account lies after its own. Every account has at least one day, the
    first of them not after ``begin``: what lies before only sets the level on that day.
    """
    lengths = (origins - _days(accounts["begin"])).astype(np.int64) + 1
    codes, own = days[CODE].to_numpy(), accounts[CODE].to_numpy()
    counts = np.searchsorted(codes, own, side="right") - np.searchsorted(codes, own)
    if counts.sum() < len(codes):
        days = days.filter(_among(codes, own))
    y = _filled(counts, days[c.DS].to_physical().to_numpy(), days[c.Y].to_numpy(), origins, lengths)
    currencies = accounts[CURRENCY] if CURRENCY in accounts.columns else None
    return Panel(accounts[c.UNIQUE_ID], y, lengths, origins, currencies, seed)


def _days(dates: pl.Series) -> NDArray[np.datetime64]:
    return dates.to_numpy().astype("datetime64[D]")


def _among(codes: NDArray[np.uint32], own: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Say which of the ascending ``codes``, at least one, are among ``own``, none of which is higher."""
    kept = np.zeros(int(codes[-1]) + 1, dtype=bool)
    kept[own] = True
    return kept.take(codes)


def _filled(
    counts: NDArray[np.int64],
    day: NDArray[np.int32],
    y: NDArray[np.float64],
    origins: NDArray[np.datetime64],
    lengths: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the block whose rows end at their origins: what stands on a ``day`` holds until the next of its row.

    ``counts`` [n]: how many of the days are of each row.
    """
    longest = int(lengths.max(initial=0))
    size = len(lengths) * longest
    ends = (np.arange(len(lengths)) + 1) * longest - 1
    edges = np.full(len(day) + 1, size)
    place = edges[:-1]
    np.add(np.repeat(ends - origins.astype(np.int64), counts), day, out=place)
    np.maximum(place, np.repeat(ends - lengths + 1, counts), out=place)
    edges[:1] = 0  # what lies before a row's first day is cut off below
    block = np.repeat(y, np.diff(edges)).reshape(len(lengths), longest)
    np.copyto(block, np.nan, where=np.arange(longest) < longest - lengths[:, None])
    return block
