"""Segments: still and lively accounts, which have scores of their own, and weights of candidates of their own."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel

#: Shares of the last days with a move that part still accounts from lively ones: segments 0, 1 and 2.
_LIVELY: Final = (0.1, 0.2)
SEGMENTS: Final = len(_LIVELY) + 1
#: Days that tell how lively an account is.
RECENT: Final = 90


def segments_of(panel: Panel) -> NDArray[np.int64]:
    """Return the segment of each account, by the share of its last 90 days that its balance moved on, [n]."""
    moved = np.diff(panel.y[:, -RECENT - 1 :], axis=1)
    known = np.maximum(np.minimum(panel.lengths - 1, RECENT), 1)
    share = np.count_nonzero((moved != 0.0) & ~np.isnan(moved), axis=1) / known
    return np.asarray(np.searchsorted(_LIVELY, share, side="right"))
