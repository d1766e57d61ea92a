"""Weekly: balances that stand where they stood a week ago, as a till does that is emptied every Friday."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.rows import in_c_order, row_sums

_WEEK: Final = 7
#: Earlier weeks whose mean is what a day of the week stands at.
_WEEKS: Final = 8
#: Days that errors are taken over, back from the origin.
_YEAR: Final = 365
#: The mean move over a week stays below this share of that over three and over four days,
_SHARE: Final = 0.5
#: and the one over four weeks below this many times that over one: twice as far is where errors that add up would be.
_FURTHER: Final = 1.5
#: and the last week missed by no more than this many times what weeks did until eight weeks ago.
_TURNED: Final = 3.0


def weekly_rows(panel: Panel, h: int) -> NDArray[np.int64]:
    """Return the rows [m], ascending, whose balance comes back every week to where it stood.

    It moves over a week by less than half of what it moves over three or four days, and over four weeks hardly further.
    A balance that is paid every week and adds up what comes moves the further, the more weeks. Rows are not among them
    that are too short for nine weeks of errors ``h`` days ahead, nor those whose last week was unlike the others: a
    till that has closed, or holds more than it did.
    """
    from forecast_cli.models.pooled.loops import lagged_moves

    moves = np.empty((len(panel), 4))
    lagged_moves(in_c_order(panel.y), panel.lengths, np.array([3, 4, _WEEK, 4 * _WEEK]), moves)
    three, four, week, month = moves.T
    long = panel.lengths >= _WEEK * (2 * _WEEKS + _weeks_ahead(h))
    alike = (week < _SHARE * np.minimum(three, four)) & (month <= _FURTHER * week)
    rows = np.flatnonzero(long & alike)
    return rows[~_has_turned(panel.take(rows))] if len(rows) else rows


def week_ahead(panel: Panel, h: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return path and standard deviation [n, h] of rows of ``weekly_rows``: each day of the week as of late.

    The mean of that day in the last eight weeks, and the root mean square of what it missed by, as many weeks ahead, on
    the days of the last year.
    """
    ahead, week = np.arange(1, h + 1), _mean_of_weeks(panel.y)
    path = week[:, -_WEEK:][:, (ahead - 1) % _WEEK]
    sd = np.empty_like(path)
    for weeks in range(1, _weeks_ahead(h) + 1):
        squares, days = _misses(panel, week, weeks)
        sd[:, (ahead - 1) // _WEEK == weeks - 1] = np.sqrt(row_sums(squares) / days)[:, None]
    return path, sd


def _has_turned(panel: Panel) -> NDArray[np.bool_]:
    """Say whether the last week missed by far more than weeks did until eight weeks ago, [n]."""
    squares, days = _misses(panel, _mean_of_weeks(panel.y), 1)
    before, known = squares[:, : -_WEEK * _WEEKS], days - _WEEK * _WEEKS
    return np.asarray(row_sums(squares[:, -_WEEK:]) / _WEEK > _TURNED**2 * row_sums(before) / known)


def _misses(panel: Panel, week: NDArray[np.float64], weeks: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the squares [n, t] of what the mean ``week`` missed by so many ``weeks`` ahead, and how many, [n].

    They are of the days of the last year, NaN where one is not known.
    """
    missed = (panel.y[:, _WEEK * weeks :] - week[:, : panel.y.shape[1] - _WEEK * weeks])[:, -_YEAR:]
    return missed * missed, np.minimum(panel.lengths - _WEEK * (weeks + _WEEKS - 1), _YEAR)


def _weeks_ahead(h: int) -> int:
    return -(-h // _WEEK)


def _mean_of_weeks(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each day and the same one of the seven weeks before it, [n, t]; NaN where one is not known."""
    total = np.full_like(y, np.nan)
    reach = _WEEK * (_WEEKS - 1)
    total[:, reach:] = 0.0
    for back in range(0, reach + 1, _WEEK):
        total[:, reach:] += y[:, reach - back : y.shape[1] - back]
    return total / _WEEKS
