"""Weekly patterns: balances that return every week to where they were, such as a till that is emptied every Friday."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.rows import in_c_order, row_sums

_WEEK: Final = 7
#: Days of history needed: two of them lie two weeks apart.
_MIN_DAYS: Final = 2 * _WEEK + 1
#: Most weeks in the mean of a day of the week.
_WEEKS: Final = 8
#: Most days before the origin over which moves and errors are measured.
_YEAR: Final = 365
#: The mean move over a week must be less than this share of that over three days and of that over four days.
_SHARE: Final = 0.5
#: The same for a short history, in which few moves may be alike by chance.
_SHARE_IF_SHORT: Final = 1 / 3
#: The mean move over four weeks must be at most this multiple of that over a week; where errors add up, it is 2.
_FURTHER: Final = 1.5
#: Days of history below which it is short, and the move over two weeks stands for that over four.
_SHORT: Final = 7 * _WEEK
#: The error of the last week must be at most this multiple of the errors before.
_TURNED: Final = 3.0


def weekly_rows(panel: Panel) -> NDArray[np.int64]:
    """Return the rows [m], ascending, whose balance returns every week to where it was.

    Its mean move over a week is less than half of that over three days and of that over four days, and its mean move
    over four weeks is hardly larger; a balance that accumulates weekly payments moves further with every week. Rows
    with fewer than 15 days of history are left out, and so are rows whose last week was unlike the others, such as a
    till that has closed.
    """
    from forecast_cli.models.pooled.loops import lagged_moves

    moves = np.empty((len(panel), 5))
    lagged_moves(in_c_order(panel.y), panel.lengths, np.array([3, 4, _WEEK, 2 * _WEEK, 4 * _WEEK]), moves)
    three, four, week, fortnight, month = moves.T
    short = panel.lengths < _SHORT
    share, further = np.where(short, _SHARE_IF_SHORT, _SHARE), np.where(short, fortnight, month)
    alike = (week < share * np.minimum(three, four)) & (further <= _FURTHER * week)
    rows = np.flatnonzero((panel.lengths >= _MIN_DAYS) & alike)
    return rows[~_pattern_changed(panel.take(rows))] if len(rows) else rows


def forecast_weekly(panel: Panel, h: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return path and standard deviation [n, h] of a panel of accounts with a weekly pattern (``weekly_rows``).

    The path is the mean of the same day of the week over the last eight weeks, or half of the weeks of a shorter
    history, at least one. The standard deviation is the root mean square error of that rule, as many weeks ahead, over
    the days of the last year, and NaN where none is known.
    """
    ahead = np.arange(1, h + 1)
    path, sd = np.empty((len(panel), h)), np.empty((len(panel), h))
    for rows, part, weeks in _group_by_weeks(panel):
        mean = _mean_of_weeks(part.y, weeks)
        path[rows] = mean[:, -_WEEK:][:, (ahead - 1) % _WEEK]
        for later in range(1, -(-h // _WEEK) + 1):
            squares, days = _squared_errors(part, mean, weeks, later)
            known = np.where(days > 0, row_sums(squares) / np.maximum(days, 1), np.nan)
            sd[np.ix_(rows, (ahead - 1) // _WEEK == later - 1)] = np.sqrt(known)[:, None]
    return path, sd


def _weeks_in_mean(panel: Panel) -> NDArray[np.int64]:
    """Return the weeks in the mean of a day of the week, [n]: half of those before the last, 1 to 8."""
    return np.clip((panel.lengths // _WEEK - 1) // 2, 1, _WEEKS)


def _group_by_weeks(panel: Panel) -> Iterator[tuple[NDArray[np.int64], Panel, int]]:
    """Yield the rows with one number of weeks in the mean, their panel, and that number."""
    weeks = _weeks_in_mean(panel)
    for number in np.unique(weeks).tolist():
        rows = np.flatnonzero(weeks == number)
        yield rows, panel.take(rows), number


def _pattern_changed(panel: Panel) -> NDArray[np.bool_]:
    """Return whether the errors of the last week are far larger than those before the weeks in the mean, [n].

    With fewer than 28 days of history, too few errors are known to say so.
    """
    changed = np.empty(len(panel), dtype=np.bool_)
    for rows, part, weeks in _group_by_weeks(panel):
        squares, days = _squared_errors(part, _mean_of_weeks(part.y, weeks), weeks, 1)
        before, known = squares[:, : -_WEEK * weeks], days - _WEEK * weeks
        larger = row_sums(squares[:, -_WEEK:]) / _WEEK > _TURNED**2 * row_sums(before) / known
        changed[rows] = larger & (part.lengths >= 4 * _WEEK)
    return changed


def _squared_errors(
    panel: Panel, mean: NDArray[np.float64], weeks: int, later: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the squared errors of the ``mean`` [n, t] of ``weeks`` so many weeks ``later``, and the known ones, [n].

    There is one for each day of the last year, NaN if it is not known.
    """
    reach = _WEEK * later
    missed = (panel.y[:, reach:] - mean[:, : max(panel.y.shape[1] - reach, 0)])[:, -_YEAR:]
    with np.errstate(over="ignore"):  # an infinite deviation is left to the ladder
        squares = missed * missed
    return squares, np.minimum(panel.lengths - _WEEK * (later + weeks - 1), _YEAR)


def _mean_of_weeks(y: NDArray[np.float64], weeks: int) -> NDArray[np.float64]:
    """Return the mean of a day and its weekday in the ``weeks`` - 1 weeks before, [n, t]; NaN where one is unknown."""
    total = np.full_like(y, np.nan)
    reach = _WEEK * (weeks - 1)
    total[:, reach:] = 0.0
    for back in range(0, reach + 1, _WEEK):
        total[:, reach:] += y[:, reach - back : y.shape[1] - back]
    return total / weeks
