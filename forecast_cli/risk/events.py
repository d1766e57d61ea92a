"""Events of a balance's future, read off sample paths: how low it goes; whether, when, how long under a threshold."""

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.core.risk import CROSSED
from forecast_cli.models.rows import tree_sum

#: Windows, in days from the origin, whose low point is asked for.
WINDOWS: Final = (7, 14, 30, 60, 90)


@dataclass(frozen=True)
class Outlook:
    """What sample paths say of n accounts over w windows and k thresholds; NaN without paths or without a threshold.

    In units of the balance, over the low points of the window, one for each path: ``expected_low`` [n, w], their mean,
    ``low_q05`` and ``low_q50`` [n, w], their 5 % and 50 % quantiles. ``prob_below`` [n, k, w], the share of paths whose
    low point lies under the threshold; ``days_below`` [n, k, w], the mean number of days under it; ``first_below``
    [n, k, w, 3], the day (1: the first after the origin) on which 10, 50 and 90 % of the paths have been under it, NaN
    where fewer are within the window; ``reached`` [n, k, w, 3], the share of paths that have been by then.
    """

    expected_low: NDArray[np.float64]
    low_q05: NDArray[np.float64]
    low_q50: NDArray[np.float64]
    prob_below: NDArray[np.float64]
    days_below: NDArray[np.float64]
    first_below: NDArray[np.float64]
    reached: NDArray[np.float64]


def windows_within(h: int) -> tuple[int, ...]:
    """Return the windows that a horizon of ``h`` days covers: of 7, 14, 30, 60 and 90 days, or else all h of them."""
    return tuple(days for days in WINDOWS if days <= h) or (h,)


def look_ahead(paths: NDArray[np.float64], thresholds: NDArray[np.float64], windows: tuple[int, ...]) -> Outlook:
    """Return the outlook by ``paths`` [n, s, h] on ``thresholds`` [n, k], over ascending ``windows`` of days.

    Depends neither on the order of the paths nor on other accounts.
    """
    by_day = np.ascontiguousarray(np.swapaxes(paths, 1, 2))[:, : windows[-1]]
    lows = _sorted_lows(by_day, windows)
    shape = (*thresholds.shape, len(windows))
    told = np.broadcast_to(~np.isnan(lows[:, -1:, -1] + thresholds)[:, :, None], shape)
    prob, days = (np.where(told, 0.0, np.nan) for _ in range(2))
    first, reached = (np.full((*shape, len(CROSSED)), np.nan) for _ in range(2))
    for k, threshold in enumerate(thresholds.T):
        rows = np.flatnonzero(lows[:, -1, 0] < threshold)
        touched = by_day if len(rows) == len(by_day) else by_day[rows]
        found = _below(touched, threshold[rows], windows)
        prob[rows, k], days[rows, k], first[rows, k], reached[rows, k] = found
    for figures in (prob, days, first, reached):
        figures[~told] = np.nan
    return Outlook(
        expected_low=tree_sum(lows) / lows.shape[2],
        low_q05=_quantile(lows, 0.05),
        low_q50=_quantile(lows, 0.5),
        prob_below=prob,
        days_below=days,
        first_below=first,
        reached=reached,
    )


def join_outlooks(parts: list[Outlook]) -> Outlook:
    """Put the outlooks of some accounts after those of others."""
    return Outlook(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Outlook)))


def first_day_below(y: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the first day (from 1) of ``y`` [n, h] that lies under the threshold [n], NaN where none does, [n]."""
    under = y < thresholds[:, None]
    return np.where(under.any(axis=1), under.argmax(axis=1) + 1.0, np.nan)


def _sorted_lows(by_day: NDArray[np.float64], windows: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the lowest balance of each path over each window, ascending, [n, w, s], given ``by_day`` [n, h, s]."""
    lows = np.empty((len(by_day), len(windows), by_day.shape[2]))
    for place, (start, stop) in enumerate(pairwise((0, *windows))):
        np.minimum.reduce(by_day[:, start:stop], axis=1, out=lows[:, place])
        if place:
            np.minimum(lows[:, place], lows[:, place - 1], out=lows[:, place])
    lows.sort(axis=2)
    return lows


def _below(
    by_day: NDArray[np.float64], threshold: NDArray[np.float64], windows: tuple[int, ...]
) -> tuple[NDArray[np.float64], ...]:
    """Return probability and days [n, w], first days and shares by then [n, w, 3], under one threshold [n]."""
    s, ends = by_day.shape[2], np.array(windows)
    under = by_day < threshold[:, None, None]
    days = np.stack([_count(under[:, start:stop]) for start, stop in pairwise((0, *windows))], axis=1)
    first = np.sort(_first(under).astype(np.int32), axis=1)
    at = first[:, [int(np.ceil(share * s - 1e-9)) - 1 for share in CROSSED]]
    within = at[:, None, :] <= ends[:, None]
    dated = (np.where(within, each[:, None, :], np.nan) for each in (at, _share(first, at)))
    prob = _share(first, np.broadcast_to(ends, (len(first), len(ends))))
    return prob, np.cumsum(days, axis=1) / s, *dated


def _share(first: NDArray[np.int32], days: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the share of paths that have been under by each of ``days`` [n, k], given their ``first`` [n, s]."""
    share: NDArray[np.float64] = (first[:, None, :] <= days[:, :, None]).sum(axis=2) / first.shape[1]
    return share


def _count(under: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count what is true of each account, [n]; a path has no more than some hundreds of days."""
    of_path = np.add.reduce(under.view(np.uint8), axis=1, dtype=np.uint16)
    return np.asarray(of_path.sum(axis=1, dtype=np.int64))


def _first(under: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Return the first day (from 1) that is true of each path, beyond all days where none is, [n, s]."""
    h = under.shape[1]
    days = np.arange(1, h + 1, dtype=np.int16)[None, :, None]
    first: NDArray[np.int16] = np.where(under, days, np.int16(h + 1)).min(axis=1)
    return first


def _quantile(ordered: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return the quantile of the last axis of ``ordered``, which is ascending.

    Path i of s stands for the probability (i + 0.5) / s, linear between them: definition 5 of Hyndman and Fan (1996),
    Sample quantiles in statistical packages, The American Statistician 50.
    """
    s = ordered.shape[-1]
    place = min(max(share * s - 0.5, 0.0), s - 1.0)
    left = int(place)
    low, high = ordered[..., left], ordered[..., min(left + 1, s - 1)]
    with np.errstate(invalid="ignore", over="ignore"):
        quantile: NDArray[np.float64] = low + (high - low) * (place - left)
    return quantile
