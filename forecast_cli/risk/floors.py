"""Floors: a balance that some months came down to and none ever went below, and paths that seldom do."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.pooled.outlook import scale_of
from forecast_cli.models.rows import in_c_order

#: Days of a month here.
MONTH: Final = 30
#: How close to the lowest balance is down to it, as a share of the mean move over 30 days.
_CLOSE: Final = 0.02


def find_floors(panel: Panel) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the lowest balance of each account [n], and the whole months that came down to it from above [n].

    Months are of 30 days, counted back from the origin over all its history, one after another or not. One that stood
    there all along tells nothing of a floor, and does not count.
    """
    from forecast_cli.risk.loops import come_down

    lowest, months = np.empty(len(panel)), np.empty(len(panel), dtype=np.int64)
    come_down(in_c_order(panel.y), panel.lengths, _CLOSE * scale_of(panel), lowest, months)
    return lowest, months


def hold_above_floors(panel: Panel, paths: NDArray[np.float64]) -> None:
    """Raise ``paths`` [n, h, s] to the floor of their account, in place, but for those few that go lowest.

    Where K months came down to the floor, a month goes below it with a chance of 1 / K at most, so that of paths of h
    days a share of 1 - (1 - 1/K)^(h/30) may. With one such month, or none, all stay as they are.
    """
    from forecast_cli.risk.loops import lowest_yet, raise_paths

    floor, months = find_floors(panel)
    n, h, s = paths.shape
    lows = np.empty((n, 1, s))
    lowest_yet(paths, np.array([h]), lows)
    low, share = lows[:, 0], 1.0 - (1.0 - 1.0 / np.maximum(months, 1)) ** (h / MONTH)
    may = np.ceil(np.round(share * s, 9)).astype(np.int64)
    rows = np.flatnonzero((low < floor[:, None]).sum(axis=1) > may)
    place = np.argsort(np.argsort(low[rows], axis=1, kind="stable"), axis=1)
    raise_paths(rows, np.where(place >= may[rows, None], floor[rows, None], -np.inf), paths)
