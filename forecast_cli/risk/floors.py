"""Floors: paths held above the lowest balance that several months came down to, and above zero where none was below."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import PathShares
from forecast_cli.models.pooled.outlook import scale_of
from forecast_cli.models.pooled.zero_rule import keep_below_zero
from forecast_cli.models.rows import in_c_order

#: Length of a month in days.
_MONTH: Final = 30
#: A month came down to the floor if its lowest balance is within this share of the mean move over 30 days.
_TOLERANCE: Final = 0.02


def find_floors(panel: Panel, scale: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the lowest balance of each account [n], and the number of whole months that came down to it [n].

    ``scale`` [n] is the mean move over 30 days, as ``scale_of`` gives it.

    Months are blocks of 30 days, counted back from the origin over the whole history; they need not be consecutive. A
    month comes down to the floor from above: one that stays there on all its days is no evidence and does not count,
    unless the account never moved at all. Otherwise half of the paths of such an account would lie below a threshold
    that equals its balance, as its own percentiles do.
    """
    from forecast_cli.risk.loops import count_floor_months

    lowest, months = np.empty(len(panel)), np.empty(len(panel), dtype=np.int64)
    count_floor_months(in_c_order(panel.y), panel.lengths, _TOLERANCE * scale, lowest, months)
    return lowest, months


def raise_to_floors(panel: Panel, paths: NDArray[np.float64]) -> None:
    """Raise ``paths`` [n, h, s] to the floor of their account, in place, except for the few lowest paths.

    If K months came down to the floor, a month goes below it with a probability of at most 1/K. A share of 1 - (1 -
    1/K)^(h/30) of paths of h days may therefore go below. Paths of an account that never moved do not cross, so their
    share is counted for each day: otherwise all of them would lie below from the first day on. With K of 0 or 1, no
    path changes.
    """
    scale = scale_of(panel)
    floor, months = find_floors(panel, scale)
    _, h, s = paths.shape
    low, still = _find_path_lows(paths), scale == 0.0
    days = np.where(still[:, None], np.arange(1, h + 1), h)
    share = 1.0 - (1.0 - 1.0 / np.maximum(months, 1))[:, None] ** (days / _MONTH)
    allowed = np.ceil(np.round(share * s, 9)).astype(np.int64)
    rows = np.flatnonzero((low < floor[:, None]).sum(axis=1) > allowed[:, 0])
    _raise_all_but_lowest(rows, floor[rows], low[rows], allowed[rows], paths)


def raise_to_zero(shares: PathShares, paths: NDArray[np.float64]) -> None:
    """Raise ``paths`` [n, h, s] that fall below zero to it, in place, but for the lowest ones.

    Of an account's paths that fall below zero, a smaller share is left (``keep_below_zero``), as ``zero`` and
    ``zero_fade`` of its ``shares`` say; a ``zero`` of 1 leaves all.
    """
    low = _find_path_lows(paths)
    rows = np.flatnonzero((shares.zero < 1.0) & (low < 0.0).any(axis=1))
    _, h, s = paths.shape
    falls, on_a_day = (low[rows] < 0.0).mean(axis=1), (paths[rows] < 0.0).mean(axis=2).max(axis=1, initial=0.0)
    kept = keep_below_zero(falls, on_a_day, share=shares.zero[rows], fade=shares.zero_fade[rows], n_paths=s)
    left = np.round(s * kept).astype(np.int64)
    _raise_all_but_lowest(rows, np.zeros(len(rows)), low[rows], np.repeat(left[:, None], h, axis=1), paths)


def _find_path_lows(paths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lowest value of each of ``paths`` [n, h, s], [n, s]."""
    from forecast_cli.risk.loops import find_window_lows

    n, h, s = paths.shape
    lows = np.empty((n, 1, s))
    find_window_lows(paths, np.array([h]), lows)
    return lows[:, 0]


def _raise_all_but_lowest(
    rows: NDArray[np.int64],
    floor: NDArray[np.float64],
    low: NDArray[np.float64],
    left: NDArray[np.int64],
    paths: NDArray[np.float64],
) -> None:
    """Raise ``paths`` [n, h, s] of ``rows`` [r] to ``floor`` [r], in place, but for ``left`` [r, h] on each day.

    Those with the lowest values ``low`` [r, s] are left.
    """
    from forecast_cli.risk.loops import raise_paths

    rank = np.argsort(np.argsort(low, axis=1, kind="stable"), axis=1)
    held_days = (left[:, None] <= rank[:, :, None]).sum(axis=2)
    raise_paths(rows, floor, held_days, paths)
