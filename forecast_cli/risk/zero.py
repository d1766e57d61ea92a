"""Zero: paths below zero of accounts that never were, fewer of which go there than their quantiles say."""

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.pooled.zero_share import keep_below_zero


def raise_to_zero(share: NDArray[np.float64], paths: NDArray[np.float64]) -> None:
    """Raise ``paths`` [n, h, s] that fall below zero to it, in place, but for the lowest ones.

    Of the share p of an account's paths that fall below zero, a smaller one is left (``keep_below_zero``), as its
    ``share`` [n] says; 1 leaves all.
    """
    from forecast_cli.risk.loops import find_window_lows, raise_paths

    rows = np.flatnonzero(share < 1.0)
    n, h, s = paths.shape
    lows = np.empty((n, 1, s))
    find_window_lows(paths, np.array([h]), lows)
    low = lows[rows, 0]
    left = np.round(s * keep_below_zero((low < 0.0).mean(axis=1), share[rows], s)).astype(np.int64)
    rank = np.argsort(np.argsort(low, axis=1, kind="stable"), axis=1)
    held_days = np.where((low < 0.0) & (rank >= left[:, None]), h, 0)
    raise_paths(rows, np.zeros(len(rows)), held_days, paths)
