"""Courses: the mean and the spread of the paths that balances took after the same phase of earlier cycles."""

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.models.failures import blank_failures, too_short
from forecast_cli.models.laplace import laplace_scores
from forecast_cli.models.rows import chunks, row_sums

#: Earlier cycles: the days of each that those ahead are like, and its weight, as ``mean_courses`` takes them.
Cycles = Iterable[tuple[NDArray[np.int64], float]]

#: Days the phase of a cycle may be off by, each with its weight: payments are late and early.
_SHIFTS: Final = ((-1, 0.5), (0, 1.0), (1, 0.5))
#: Share of the mean course that is taken over: what is left out is chance and what has come to an end.
_COURSE: Final = 0.6
#: Share of the way back to its level that a balance goes in 30 days, and the days the level is the mean of.
_REVERSION: Final = 0.45
_LEVEL_DAYS: Final = 180


def forecast_courses(
    panel: Panel,
    h: int,
    levels: tuple[float, ...],
    *,
    needed: int,
    cycles_of: Callable[[NDArray[np.datetime64]], Cycles],
) -> Forecast:
    """Forecast h days that go as earlier cycles went, and to the level, with Laplace quantiles about them.

    Mean [n, h] and quantiles [n, h, q] of ``levels`` in percent. ``cycles_of`` gives the cycles of rows by their
    origins. An account of fewer than ``needed`` days is a failure, and NaN.
    """
    mean = np.full((len(panel), h), np.nan)
    quantiles = np.full((len(panel), h, 2 * len(levels) + 1), np.nan)
    z = laplace_scores(levels)
    for some in chunks(len(panel)):
        rows = np.arange(len(panel))[some][panel.lengths[some] >= needed]
        if not len(rows):
            continue
        y, lengths = panel.y[rows], panel.lengths[rows]
        course, sd = mean_courses(y, lengths, h, cycles_of(panel.origins[rows]))
        mean[rows] = drawn_back(y, lengths, course)
        quantiles[rows] = mean[rows][:, :, None] + sd[:, :, None] * z
    return blank_failures(Forecast(mean, quantiles, levels, too_short(panel, needed)))


def mean_courses(
    y: NDArray[np.float64],
    lengths: NDArray[np.int64],
    h: int,
    cycles: Cycles,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean course and the standard deviation of the paths of each row, [r, h] each.

    ``cycles``: for each earlier cycle the days, counted from the origin and none above 0, that 0 to ``h`` days ahead
    are like, [r, h + 1] or [1, h + 1], and its weight. A path counts up to the day that is over at the origin.
    """
    rows, t = np.arange(len(y))[:, None], y.shape[1]
    steps, first, squares = (np.zeros((len(y), h)) for _ in range(3))
    weight, weight_squares = np.zeros((len(y), h)), np.zeros((len(y), h))
    for days, cycle_weight in cycles:
        own = np.zeros((len(y), h))
        for shift, share in _SHIFTS:
            at = t - 1 + days + shift
            known = (at[:, 1:] < t) & (at[:, :1] >= t - lengths[:, None])
            path = y[rows, np.clip(at, 0, t - 1)]
            w = np.where(known, share * cycle_weight, 0.0)
            since = np.where(known, path[:, 1:] - path[:, :1], 0.0)
            steps += w * np.where(known, path[:, 1:] - path[:, :-1], 0.0)
            first += w * since
            squares += w * since * since
            own += w
        weight += own
        weight_squares += own * own
    variance = np.maximum(squares / weight - (first / weight) ** 2, 0.0)
    course: NDArray[np.float64] = np.cumsum(steps / weight, axis=1)
    return course, np.sqrt(variance * (1 + weight_squares / weight**2))


def drawn_back(y: NDArray[np.float64], lengths: NDArray[np.int64], course: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the balances [r, h] after the last of ``y`` [r, t] that take over a share of ``course`` [r, h].

    mean(s) = y + 0.6 course(s) + (level - y) (1 - 0.55^(s / 30)), level the mean of the last 180 days, or of all there
    are.
    """
    last, pull = y[:, -1, None], 1 - (1 - _REVERSION) ** (np.arange(1, course.shape[1] + 1) / 30)
    level = row_sums(y[:, -_LEVEL_DAYS:]) / np.minimum(lengths, _LEVEL_DAYS)
    return np.asarray(last + _COURSE * course + (level[:, None] - last) * pull)
