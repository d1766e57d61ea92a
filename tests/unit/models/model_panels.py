"""Panels of a few series of different lengths that end on the same day."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from forecast_cli.data.panel import Panel


def balances(days: int, seed: int = 3) -> np.ndarray:
    """Return positive balances with a weekly pattern, for which a multiplicative model would seem to fit."""
    rng = np.random.default_rng(seed)
    return 5000 + np.cumsum(rng.normal(0, 40, days) * (rng.random(days) < 0.4)) + 300 * (np.arange(days) % 7 < 2)


def panel_of(series: Sequence[np.ndarray]) -> Panel:
    lengths = np.array([len(one) for one in series], dtype=np.int64)
    y = np.full((len(series), int(lengths.max(initial=0))), np.nan)
    for row, one in enumerate(series):
        y[row, y.shape[1] - len(one) :] = one
    ids = pl.Series("unique_id", [f"A{row}" for row in range(len(series))])
    return Panel(ids, y, lengths, np.full(len(series), np.datetime64("2026-01-31")))
