"""Courses: mean and spread of the paths of the balance after the same phase of earlier cycles."""

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, blank_numbers
from forecast_cli.models.failures import blank_failures, too_short
from forecast_cli.models.laplace import laplace_scores
from forecast_cli.models.rows import long_rows, row_sums

#: Earlier cycles: the days of each cycle that match the days ahead, and its weight, as ``mean_courses`` takes them.
Cycles = Iterable[tuple[NDArray[np.int64], float]]

#: Shifts of the phase in days, each with its weight, because payments come early or late.
_SHIFTS: Final = ((-1, 0.5), (0, 1.0), (1, 0.5))
#: Share of the mean course that goes into the forecast; the rest is attributed to chance and to payments that ended.
_COURSE_SHARE: Final = 0.6
#: Share of the distance to its level that a balance reverts in 30 days, and the days over which the level is a mean.
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
    """Forecast h days from the mean course of earlier cycles and reversion to the level, with Laplace quantiles.

    ``levels`` are in percent. ``cycles_of`` returns the earlier cycles for the origins of some rows. An account with
    fewer than ``needed`` days of history is a failure, with NaN in its rows.
    """
    mean, quantiles = blank_numbers(len(panel), h, levels)
    scores = laplace_scores(levels)
    for rows in long_rows(panel, needed):
        y, lengths = panel.y[rows], panel.lengths[rows]
        course, sd = mean_courses(y, lengths, h, cycles_of(panel.origins[rows]))
        mean[rows] = revert_to_level(y, lengths, course)
        quantiles[rows] = mean[rows][:, :, None] + sd[:, :, None] * scores
    return blank_failures(Forecast(mean, quantiles, levels, too_short(panel, needed)))


def mean_courses(
    y: NDArray[np.float64],
    lengths: NDArray[np.int64],
    h: int,
    cycles: Cycles,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean course and the standard deviation of the paths of each row of ``y`` [r, t], [r, h] each.

    ``cycles`` holds, for each earlier cycle, the days that match 0 to ``h`` days ahead, [r, h + 1] or [1, h + 1], and
    its weight. Days are counted from the origin, none above 0. Days of a path after the origin are left out.
    """
    rows, t = np.arange(len(y))[:, None], y.shape[1]
    steps, sums, squares = (np.zeros((len(y), h)) for _ in range(3))
    weight, weight_squares = np.zeros((len(y), h)), np.zeros((len(y), h))
    for days, cycle_weight in cycles:
        cycle_weights = np.zeros((len(y), h))
        for shift, share in _SHIFTS:
            columns = t - 1 + days + shift
            known = (columns[:, 1:] < t) & (columns[:, :1] >= t - lengths[:, None])
            path = y[rows, np.clip(columns, 0, t - 1)]
            day_weight = np.where(known, share * cycle_weight, 0.0)
            since = np.where(known, path[:, 1:] - path[:, :1], 0.0)
            steps += day_weight * np.where(known, path[:, 1:] - path[:, :-1], 0.0)
            sums += day_weight * since
            squares += day_weight * since * since
            cycle_weights += day_weight
        weight += cycle_weights
        weight_squares += cycle_weights * cycle_weights
    variance = np.maximum(squares / weight - (sums / weight) ** 2, 0.0)
    course: NDArray[np.float64] = np.cumsum(steps / weight, axis=1)
    return course, np.sqrt(variance * (1 + weight_squares / weight**2))


def revert_to_level(
    y: NDArray[np.float64], lengths: NDArray[np.int64], course: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return forecast balances [r, h] from the last balance of ``y`` [r, t], ``course`` [r, h] and the level.

    mean(s) = y + 0.6 course(s) + (level - y) (1 - 0.55^(s / 30)), level the mean of the last 180 days, or of all days
    of a shorter history.
    """
    last, pull = y[:, -1, None], 1 - (1 - _REVERSION) ** (np.arange(1, course.shape[1] + 1) / 30)
    level = row_sums(y[:, -_LEVEL_DAYS:]) / np.minimum(lengths, _LEVEL_DAYS)
    return np.asarray(last + _COURSE_SHARE * course + (level[:, None] - last) * pull)
