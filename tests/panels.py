"""Panels of a few series of different lengths that end on the same day."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from forecast_cli.data.panel import Panel


def panel_of(
    *series: np.ndarray | Sequence[float], padding: int = 0, end: date | str | Sequence[str] | np.ndarray = "2026-06-30"
) -> Panel:
    """Return a panel of ``series``. ``padding`` days precede the longest; ``end`` is the origin of all, or of each."""
    lengths = np.array([len(one) for one in series], dtype=np.int64)
    y = np.full((len(series), int(lengths.max(initial=0)) + padding), np.nan)
    for row, one in enumerate(series):
        y[row, y.shape[1] - len(one) :] = one
    ids = pl.Series("unique_id", [f"A{row:04}" for row in range(len(series))], dtype=pl.String)
    return Panel(ids, y, lengths, np.broadcast_to(np.array(end, dtype="datetime64[D]"), len(series)).copy())
