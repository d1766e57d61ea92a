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
    row = _rows_of(days[CODE].to_numpy(), accounts[CODE].to_numpy())
    own = row >= 0
    y = _filled(row[own], days[c.DS].to_physical().to_numpy()[own], days[c.Y].to_numpy()[own], origins, lengths)
    currencies = accounts[CURRENCY] if CURRENCY in accounts.columns else None
    return Panel(accounts[c.UNIQUE_ID], y, lengths, origins, currencies, seed)


def _days(dates: pl.Series) -> NDArray[np.datetime64]:
    return dates.to_numpy().astype("datetime64[D]")


def _rows_of(codes: NDArray[np.uint32], accounts: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Return the row of each of ``codes`` in the ascending ``accounts``, -1 where it is none of them."""
    place = np.full(int(max(codes.max(initial=0), accounts.max(initial=0))) + 1, -1, dtype=np.int32)
    place[accounts] = np.arange(len(accounts), dtype=np.int32)
    return place.take(codes)


def _filled(
    row: NDArray[np.int32],
    day: NDArray[np.int32],
    y: NDArray[np.float64],
    origins: NDArray[np.datetime64],
    lengths: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the block whose rows end at their origins: what stands on a ``day`` holds until the next of its row."""
    longest = int(lengths.max(initial=0))
    ends = (np.arange(len(lengths)) + 1) * longest - 1
    place = (ends - origins.astype(np.int64)).take(row)
    place += day
    np.maximum(place, (ends - lengths + 1).take(row), out=place)
    held = np.diff(place, prepend=0, append=len(lengths) * longest)
    block = np.repeat(np.append(np.nan, y), held).reshape(len(lengths), longest)
    np.copyto(block, np.nan, where=np.arange(longest) < longest - lengths[:, None])
    return block
