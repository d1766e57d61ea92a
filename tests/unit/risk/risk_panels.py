"""Panels of a few series of different lengths that end on the same day."""

from datetime import date

import numpy as np
import polars as pl

from forecast_cli.data.panel import Panel


def panel_of(*series: np.ndarray, pad: int = 0) -> Panel:
    lengths = np.array([len(one) for one in series], dtype=np.int64)
    y = np.full((len(series), int(lengths.max()) + pad), np.nan)
    for row, one in enumerate(series):
        y[row, y.shape[1] - len(one) :] = one
    origins = np.full(len(series), date(2026, 6, 30), dtype="datetime64[D]")
    return Panel(pl.Series([f"A{row}" for row in range(len(series))]), y, lengths, origins)
