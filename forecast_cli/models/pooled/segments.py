"""Segments of accounts by activity, each with its own scores and its own weights of candidates."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel

#: Bounds between segments 0, 1 and 2: shares of the last days on which the balance moved.
_LIVELY: Final = (0.1, 0.2)
SEGMENTS: Final = len(_LIVELY) + 1
#: Days over which activity is measured.
RECENT: Final = 90


def segments_of(panel: Panel) -> NDArray[np.int64]:
    """Return the segment of each account, [n], by the share of its last 90 days on which the balance moved."""
    moved = np.diff(panel.y[:, -RECENT - 1 :], axis=1)
    known = np.maximum(np.minimum(panel.lengths - 1, RECENT), 1)
    share = np.count_nonzero((moved != 0.0) & ~np.isnan(moved), axis=1) / known
    return np.asarray(np.searchsorted(_LIVELY, share, side="right"))
