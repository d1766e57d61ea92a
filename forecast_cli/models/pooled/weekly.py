"""Weekly patterns: balances that return every week to where they were, such as a till that is emptied every Friday."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.rows import in_c_order, row_sums

_WEEK: Final = 7
#: Number of weeks in the mean of a day of the week.
_WEEKS: Final = 8
#: Most days before the origin over which moves and errors are measured.
_YEAR: Final = 365
#: The mean move over a week must be less than this share of that over three days and of that over four days.
_SHARE: Final = 0.5
#: The mean move over four weeks must be at most this multiple of that over a week; where errors add up, it is 2.
_FURTHER: Final = 1.5
#: The error of the last week must be at most this multiple of the errors up to eight weeks ago.
_TURNED: Final = 3.0


def weekly_rows(panel: Panel, h: int) -> NDArray[np.int64]:
    """Return the rows [m], ascending, whose balance returns every week to where it was.

    Its mean move over a week is less than half of that over three days and of that over four days, and its mean move
    over four weeks is hardly larger; a balance that accumulates weekly payments moves further with every week. Rows
    too short for nine weeks of errors ``h`` days ahead are left out, and so are rows whose last week was unlike the
    others, such as a till that has closed.
    """
    from forecast_cli.models.pooled.loops import lagged_moves

    moves = np.empty((len(panel), 4))
    lagged_moves(in_c_order(panel.y), panel.lengths, np.array([3, 4, _WEEK, 4 * _WEEK]), moves)
    three, four, week, month = moves.T
    long = panel.lengths >= _WEEK * (2 * _WEEKS + _weeks_ahead(h))
    alike = (week < _SHARE * np.minimum(three, four)) & (month <= _FURTHER * week)
    rows = np.flatnonzero(long & alike)
    return rows[~_pattern_changed(panel.take(rows))] if len(rows) else rows


def forecast_weekly(panel: Panel, h: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return path and standard deviation [n, h] of a panel of accounts with a weekly pattern (``weekly_rows``).

    The path is the mean of the same day of the week over the last eight weeks; the standard deviation is the root mean
    square error of that rule, as many weeks ahead, over the days of the last year.
    """
    ahead, week = np.arange(1, h + 1), _mean_of_weeks(panel.y)
    path = week[:, -_WEEK:][:, (ahead - 1) % _WEEK]
    sd = np.empty_like(path)
    for weeks in range(1, _weeks_ahead(h) + 1):
        squares, days = _squared_errors(panel, week, weeks)
        sd[:, (ahead - 1) // _WEEK == weeks - 1] = np.sqrt(row_sums(squares) / days)[:, None]
    return path, sd


def _pattern_changed(panel: Panel) -> NDArray[np.bool_]:
    """Return whether the errors of the last week are far larger than those up to eight weeks ago, [n]."""
    squares, days = _squared_errors(panel, _mean_of_weeks(panel.y), 1)
    before, known = squares[:, : -_WEEK * _WEEKS], days - _WEEK * _WEEKS
    return np.asarray(row_sums(squares[:, -_WEEK:]) / _WEEK > _TURNED**2 * row_sums(before) / known)


def _squared_errors(
    panel: Panel, week: NDArray[np.float64], weeks: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the squared errors of the mean ``week`` [n, t] so many ``weeks`` ahead, and the number of known ones, [n].

    There is one for each day of the last year, NaN if it is not known.
    """
    missed = (panel.y[:, _WEEK * weeks :] - week[:, : panel.y.shape[1] - _WEEK * weeks])[:, -_YEAR:]
    return missed * missed, np.minimum(panel.lengths - _WEEK * (weeks + _WEEKS - 1), _YEAR)


def _weeks_ahead(h: int) -> int:
    return -(-h // _WEEK)


def _mean_of_weeks(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each day and the same weekday of the seven weeks before, [n, t]; NaN if any is not known."""
    total = np.full_like(y, np.nan)
    reach = _WEEK * (_WEEKS - 1)
    total[:, reach:] = 0.0
    for back in range(0, reach + 1, _WEEK):
        total[:, reach:] += y[:, reach - back : y.shape[1] - back]
    return total / _WEEKS
