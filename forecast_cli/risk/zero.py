"""Zero: paths below zero of accounts that never were, fewer of which go there than their quantiles say."""

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.pooled.zero_share import keep_below_zero
from forecast_cli.risk.floors import find_path_lows, raise_all_but_lowest


def raise_to_zero(share: NDArray[np.float64], paths: NDArray[np.float64]) -> None:
    """Raise ``paths`` [n, h, s] that fall below zero to it, in place, but for the lowest ones.

    Of an account's paths that fall below zero, a smaller share is left (``keep_below_zero``), as its ``share`` [n]
    says; 1 leaves all.
    """
    low = find_path_lows(paths)
    rows = np.flatnonzero((share < 1.0) & (low < 0.0).any(axis=1))
    _, h, s = paths.shape
    falls, on_a_day = (low[rows] < 0.0).mean(axis=1), (paths[rows] < 0.0).mean(axis=2).max(axis=1, initial=0.0)
    left = np.round(s * keep_below_zero(falls, on_a_day, share[rows], s)).astype(np.int64)
    raise_all_but_lowest(rows, np.zeros(len(rows)), low[rows], np.repeat(left[:, None], h, axis=1), paths)
