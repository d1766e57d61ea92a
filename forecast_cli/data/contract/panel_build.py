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
    own = days.join(accounts.select(CODE, "begin"), on=CODE, maintain_order="left")
    day = np.maximum(_days(own[c.DS]), _days(own["begin"]))
    until = np.roll(day, -1)
    until[_ends(own[CODE].to_numpy())] = origins + 1
    lengths = (origins - _days(accounts["begin"])).astype(np.int64) + 1
    y = _fill_right(np.repeat(own[c.Y].to_numpy(), (until - day).astype(np.int64)), lengths)
    currencies = accounts[CURRENCY] if CURRENCY in accounts.columns else None
    return Panel(accounts[c.UNIQUE_ID], y, lengths, origins, currencies, seed)


def _days(dates: pl.Series) -> NDArray[np.datetime64]:
    return dates.to_numpy().astype("datetime64[D]")


def _ends(codes: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the position of the last of each code in ascending ``codes``."""
    last = np.append(codes[1:] != codes[:-1], [True])
    return np.flatnonzero(last[: len(codes)])


def _fill_right(values: NDArray[np.float64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Lay rows of ``lengths``, one after the other in ``values``, into a block aligned at its right edge."""
    longest = int(lengths.max(initial=0))
    y = np.full((len(lengths), longest), np.nan)
    y[np.arange(longest) >= longest - lengths[:, None]] = values
    return y
