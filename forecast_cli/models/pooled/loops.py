"""Compiled loops over the days of accounts and down the trees of a forest. Importing this module loads the compiler."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine

#: Most days of history used for features and moves.
_YEAR: Final = 365
#: Days of history used for flows.
_RECENT: Final = 90
#: Rounding error, as a share of the largest balance: unexplained flow up to that is none.
_ROUNDING: Final = 2.0**-43
#: Lag, in days, of the moves whose mean is the scale of an account.
_SCALE_LAG: Final = 30
#: With fewer days of history, moves over fewer days count too; up to the smaller number they count in full.
_FEW_MOVES: Final = 90
_VERY_FEW_MOVES: Final = 60


@subroutine
def _sum_moves(y: NDArray[np.float64], lag: int) -> float:
    total = 0.0
    for day in range(lag, len(y)):
        move = abs(y[day] - y[day - lag])
        total += 0.0 if np.isnan(move) else move
    return total


@subroutine
def _mean_move_to(y: NDArray[np.float64], longest: int) -> float:
    """Return the mean absolute move of ``y`` [t] over 1 to ``longest`` days."""
    total, count = 0.0, 0
    for lag in range(1, min(longest, len(y) - 1) + 1):
        total += _sum_moves(y, lag)
        count += len(y) - lag
    return total / max(count, 1)


@kernel((np.float64, 2), (np.int64, 1), (np.float64, 1))
def mean_moves(y: NDArray[np.float64], lengths: NDArray[np.int64], scale: NDArray[np.float64]) -> None:
    """Fill ``scale`` [n] from balances ``y`` [n, t], as described in ``outlook.scale_of``."""
    for row in range(len(y)):
        scale[row] = _sum_moves(y[row], _SCALE_LAG) / max(lengths[row] - _SCALE_LAG, 1)
        if scale[row] == 0.0:
            scale[row] = _sum_moves(y[row], 1) / max(lengths[row] - 1, 1) * np.sqrt(_SCALE_LAG)
        if lengths[row] < _FEW_MOVES:
            share = min((_FEW_MOVES - lengths[row]) / (_FEW_MOVES - _VERY_FEW_MOVES), 1.0)
            scale[row] = max(scale[row], share * _mean_move_to(y[row, y.shape[1] - lengths[row] :], _SCALE_LAG))


@kernel((np.float64, 2), (np.int64, 1), (np.int64, 1), (np.float64, 2))
def lagged_moves(
    y: NDArray[np.float64], lengths: NDArray[np.int64], lags: NDArray[np.int64], moves: NDArray[np.float64]
) -> None:
    """Fill ``moves`` [n, k] with the mean absolute move of ``y`` [n, t] over ``lags`` [k] days in the last year."""
    for row in range(len(y)):
        t = y.shape[1]
        for place in range(len(lags)):
            lag = lags[place]
            days = min(max(lengths[row] - lag, 0), _YEAR)
            moves[row, place] = _sum_moves(y[row, t - days - min(lag, t - days) :], lag) / max(days, 1)


@subroutine
def _largest_size(y: NDArray[np.float64]) -> Any:
    """Return the largest absolute value of ``y`` [t]; as whole numbers, bits are compared several at once."""
    largest = np.int64(0)
    for day in range(len(y)):
        largest = max(largest, np.float64(abs(y[day])).view(np.int64))
    bits = np.int64(largest)
    return bits.view(np.float64)


@subroutine
def _find_last_moves(
    y: NDArray[np.float64], explained: NDArray[np.float64], flow: NDArray[np.int64], other: NDArray[np.int64]
) -> None:
    """Fill ``flow`` [t] with the newest day with flow up to each of ``y`` [t], and ``other`` [t] if not ``explained``.

    Both are -1 where there is none. Days without flow are -1 first, so that neither loop has a branch.
    """
    rounding, last_flow, last_other = _ROUNDING * _largest_size(y), np.int64(-1), np.int64(-1)
    flow[0], other[0] = -1, -1
    for day in range(1, len(y)):
        change = y[day] - y[day - 1]
        flow[day] = day if change != 0.0 else -1
        other[day] = day if abs(change - explained[day]) > rounding else -1
    for day in range(1, len(y)):
        last_flow, last_other = max(last_flow, flow[day]), max(last_other, other[day])
        flow[day], other[day] = last_flow, last_other


@subroutine
def _set_recent_shares(
    y: NDArray[np.float64],
    flow: NDArray[np.int64],
    other: NDArray[np.int64],
    step: int,
    weight: float,
    sums: NDArray[np.float64],
) -> None:
    """Set ``sums`` 1 to 3 to the shares of the last 90 days of ``y`` on which it had moved within ``step`` days.

    ``flow`` and ``other`` are those of ``_find_last_moves``; the share of the latter is multiplied by ``weight``.
    """
    n = len(y)
    days = min(max(n - step, 0), _RECENT)
    now, before = y[n - days :], y[n - days - step : n - step]
    last_flow, last_other = flow[n - days : n], other[n - days : n]
    n_other, n_flow, n_different = 0, 0, 0
    for day in range(days):
        start = n - days - step + day
        n_other += last_other[day] > start
        n_flow += last_flow[day] > start
        n_different += now[day] != before[day]
    if days > 0:
        sums[1], sums[2], sums[3] = weight * n_other / days, n_flow / days, n_different / days
    else:
        sums[1], sums[2], sums[3] = weight, 1.0, 1.0


@kernel(
    (np.float64, 2), (np.float64, 2), (np.int64, 1), (np.int64, 3), (np.int64, 1), (np.float64, 1), (np.int64, 2),
    (np.float64, 3),
)  # fmt: skip
def count_moves(
    y: NDArray[np.float64],
    explained: NDArray[np.float64],
    lengths: NDArray[np.int64],
    months: NDArray[np.int64],
    place: NDArray[np.int64],
    weight: NDArray[np.float64],
    last: NDArray[np.int64],
    moves: NDArray[np.float64],
) -> None:
    """Fill ``moves`` [n, h, 4] with counts of how the balances ``y`` [n, t] moved within 1 to h days.

    They are the number of earlier months that are known, and how often there was flow that is not ``explained`` [n, t],
    any flow, and another balance at the end than at the start: each the number of these months, plus the share of the
    last 90 days, which counts ``weight`` [1] times for the first. The share is 1 if no day is known. ``months`` [u, m,
    1 + h] holds the day of each earlier month that matches the origin, and those that match the days ahead, as days
    from the origin; ``place`` [n] is the index of an account's origin in it. ``last`` [2, t] is overwritten.
    """
    flow, other = last[0], last[1]
    for row in range(len(y)):
        n = lengths[row]
        own = y[row, y.shape[1] - n :]
        _find_last_moves(own, explained[row, y.shape[1] - n :], flow, other)
        for number in range(moves.shape[1]):
            step, sums, seen = number + 1, moves[row, number], 0
            _set_recent_shares(own, flow, other, step, weight[0], sums)
            for ago in months[place[row]]:
                start, end = n - 1 + ago[0], n - 1 + ago[step]
                if start >= 0 and end < n:
                    seen += 1
                    sums[1] += other[end] > start
                    sums[2] += flow[end] > start
                    sums[3] += own[end] != own[start]
            sums[0] = seen


@subroutine
def _share_below(last: float, low: float, median: float, high: float) -> Any:
    """Return the probability of a balance below ``last``, on straight lines through the 10th, 50th, 90th percentile."""
    if last == median:
        return 0.5
    side = median - low if last < median else high - median
    return min(max(0.5 + 0.4 * (last - median) / side, 0.0), 1.0)


@kernel((np.float64, 2), (np.float64, 2), (np.float64, 3), (np.float64, 1), (np.float64, 3))
def set_point_mass(
    last: NDArray[np.float64],
    moved: NDArray[np.float64],
    outer: NDArray[np.float64],
    probabilities: NDArray[np.float64],
    quantiles: NDArray[np.float64],
) -> None:
    """Change ``quantiles`` [n, s, q] in place as described in ``standing.add_point_mass``; ``last`` is [n, s].

    ``outer`` [n, s, 3] are the 10th, 50th and 90th percentile.
    """
    n, steps, q = quantiles.shape
    for row in range(n):
        for step in range(steps):
            now, low, median, high = last[row, step], outer[row, step, 0], outer[row, step, 1], outer[row, step, 2]
            below = moved[row, step] * _share_below(now, low, median, high)
            above = moved[row, step] - below
            for place in range(q):
                value, probability = quantiles[row, step, place], probabilities[place]
                if probability >= below:
                    value = np.maximum(value, now)
                if probability <= 1 - above:
                    value = np.minimum(value, now)
                quantiles[row, step, place] = value


@subroutine
def _sum(above: NDArray[np.float64], days: int) -> float:
    total = 0.0
    for day in range(max(len(above) - days, 0), len(above)):
        total += 0.0 if np.isnan(above[day]) else above[day]
    return total


@subroutine
def _fill_range(above: NDArray[np.float64], days: int, out: NDArray[np.float64]) -> None:
    out[:] = above[-1]
    for day in range(max(len(above) - days, 0), len(above)):
        if above[day] < out[0]:
            out[0] = above[day]
        if above[day] > out[1]:
            out[1] = above[day]


@subroutine
def _fill_flow_features(above: NDArray[np.float64], known: int, features: NDArray[np.float64]) -> None:
    """Fill ``features`` with volatility, activity, inflow, outflow and days since a flow of ``known`` recent days."""
    squares, moves, into, out, still = 0.0, 0, 0.0, 0.0, _RECENT
    for day in range(max(len(above) - _RECENT, 1), len(above)):
        flow = above[day] - above[day - 1]
        if flow != 0.0 and not np.isnan(flow):
            squares += flow * flow
            into += max(flow, 0.0)
            out += min(flow, 0.0)
            moves, still = moves + 1, len(above) - 1 - day
    features[0] = np.sqrt(squares / known)
    features[1] = moves / known
    features[2] = into / known
    features[3] = out / known
    features[4] = still


@kernel(
    (np.float64, 2), (np.int64, 1), (np.float64, 1), (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.float64, 2)
)  # fmt: skip
def fill_features(
    y: NDArray[np.float64],
    lengths: NDArray[np.int64],
    scale: NDArray[np.float64],
    means: NDArray[np.int64],
    ranges: NDArray[np.int64],
    changes: NDArray[np.int64],
    features: NDArray[np.float64],
) -> None:
    """Fill ``features`` [n, f] with features of ``y`` [n, t], measured from the last balance in units of ``scale`` [n].

    They are means over ``means`` days, the lowest and the highest balance of ``ranges`` days, changes over ``changes``
    days, all within the last year, and the figures of ``_fill_flow_features``.
    """
    above = np.empty(min(y.shape[1], _YEAR))
    for row in range(len(y)):
        for day in range(len(above)):
            above[day] = (y[row, y.shape[1] - len(above) + day] - y[row, -1]) / scale[row]
        at = 0
        for days in means:
            features[row, at] = _sum(above, days) / min(lengths[row], days)
            at += 1
        for days in ranges:
            _fill_range(above, days, features[row, at : at + 2])
            at += 2
        for days in changes:
            features[row, at] = -above[-1 - days] if len(above) > days else np.nan
            at += 1
        _fill_flow_features(above, max(min(lengths[row] - 1, _RECENT), 1), features[row, at:])


@kernel((np.float32, 2), (np.int32, 1), (np.float64, 1), (np.int32, 1), (np.int32, 1), (np.float32, 3), (np.float64, 3))
def add_leaves(
    x: NDArray[np.float32],
    feature: NDArray[np.int32],
    threshold: NDArray[np.float64],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    values: NDArray[np.float32],
    total: NDArray[np.float64],
) -> None:
    """Add to ``total`` [n, k, 3] the values of the leaf that each row of ``x`` [n, f] reaches in one ``Tree``."""
    for row in range(len(x)):
        node, own, out = np.uint32(0), x[row], total[row]
        while left[node] != node:
            below, above = np.uint32(left[node]), np.uint32(right[node])
            node = below if own[np.uint32(feature[node])] <= threshold[node] else above
        leaf = values[node]
        for knot in range(leaf.shape[0]):
            for figure in range(leaf.shape[1]):
                out[knot, figure] += leaf[knot, figure]
