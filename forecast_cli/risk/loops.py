"""Compiled loops over every value of every sample path. Importing this module loads the compiler (half a second)."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel

#: Length of a month in days, as in ``floors``.
_MONTH: Final = 30


@kernel((np.float64, 2), (np.int64, 1), (np.int64, 1), (np.int32, 1), (np.int32, 3))
def encode_courses(
    y: NDArray[np.float64],
    lengths: NDArray[np.int64],
    start_order: NDArray[np.int64],
    mask: NDArray[np.int32],
    keys: NDArray[np.int32],
) -> None:
    """Fill ``keys`` [n, h, s] with sortable integers that hold a past balance and the number of its course.

    A key holds the balance of ``y`` [n, t] on one of days 1..h of one of s past courses. Start days are evenly spaced
    over the history: course p starts at place ``start_order[p]`` of s, counted back from the last complete course;
    ``start_order`` [s] is a permutation of 0..s-1. The balance is taken as the difference from the last balance, 0 if
    the account has no past course. The low bits, as given by ``mask`` [1], hold p. The bits above hold the sign, the
    exponent and the leading fraction bits of the difference in single precision, mapped so that integers sort as the
    differences do.
    """
    n, h, s = keys.shape
    last = y.shape[1] - 1 - h
    start = np.empty(s, dtype=np.uint64)
    difference = np.empty(s, dtype=np.float32)
    bits = difference.view(np.int32)
    for row in range(n):
        n_starts, last_balance = max(lengths[row] - h, 0), y[row, -1]
        for course in range(s):
            start[course] = last - start_order[course] * n_starts // s if n_starts else 0
        for day in range(h):
            key, later = keys[row, day], y[row, day + 1 :]
            for course in range(s):
                difference[course] = later[start[course]] - last_balance if n_starts else 0.0
            for course in range(s):
                mirrored = (bits[course] >> 31) & 0x7FFFFFFF
                key[course] = (bits[course] ^ mirrored) >> 1 & ~mask[0] | course


@kernel((np.int32, 3), (np.int32, 1), (np.int64, 1))
def blend_ranks(keys: NDArray[np.int32], mask: NDArray[np.int32], weight: NDArray[np.int64]) -> None:
    """Replace ``keys`` [n, h, s], ascending on each day, by h times a course's rank of the day plus ``weight`` * sum.

    The sum is that of the course's ranks over all days. The result is in the order of courses, and the low bits
    (``mask`` [1]) hold the course as before.
    """
    n, h, s = keys.shape
    rank, total = np.empty((h, s), dtype=np.int32), np.empty(s, dtype=np.int32)
    rank_unit = mask[0] + 1
    day_unit = np.int32(rank_unit * h)
    for row in range(n):
        total[:] = 0
        for day in range(h):
            for place in range(s):
                rank[day, keys[row, day, place] & mask[0]] = place
            for course in range(s):
                total[course] += rank[day, course]
        for course in range(s):
            total[course] = rank_unit * weight[0] * total[course] + course
        for day in range(h):
            for course in range(s):
                keys[row, day, course] = day_unit * rank[day, course] + total[course]


@kernel((np.int64, 1), (np.bool_, 2), (np.int32, 2), (np.int32, 3))
def merge_orders(
    rows: NDArray[np.int64], kept: NDArray[np.bool_], other: NDArray[np.int32], order: NDArray[np.int32]
) -> None:
    """Let courses that are not ``kept`` [r, s] follow the order ``other`` [h, s] in ``rows`` [r], in place.

    ``order`` [n, h, s] and ``other`` hold the courses in ascending order of each day. Both orders are merged by rank;
    of two equal ranks, that of ``order`` comes first.
    """
    _, h, s = order.shape
    before = np.empty(s, dtype=np.int32)
    for place in range(len(rows)):
        for day in range(h):
            merged, filled = order[rows[place], day], 0
            before[:] = merged
            for rank in range(s):
                if kept[place, before[rank]]:
                    merged[filled] = before[rank]
                    filled += 1
                if not kept[place, other[day, rank]]:
                    merged[filled] = other[day, rank]
                    filled += 1


@kernel((np.float64, 3), (np.float64, 1), (np.float64, 1), (np.int64, 1), (np.int32, 3), (np.float64, 3))
def fill_paths(
    quantiles: NDArray[np.float64],
    knots: NDArray[np.float64],
    distance: NDArray[np.float64],
    segment: NDArray[np.int64],
    order: NDArray[np.int32],
    paths: NDArray[np.float64],
) -> None:
    """Fill ``paths`` [n, h, s]: on each day, give the k-th lowest value to the k-th course of ``order`` [n, h, s].

    Values lie on straight lines between ``quantiles`` [n, h, q] over the normal scores ``knots`` [q]. Value k lies on
    the line that begins at the knot ``segment[k]``, at a distance of ``distance[k]`` from it, both [s]; at the last
    knot, where no line begins, the distance is 0.
    """
    n, h, q = quantiles.shape
    slope = np.zeros(q)
    for row in range(n):
        for day in range(h):
            values = quantiles[row, day]
            for place in range(q - 1):
                slope[place] = (values[place + 1] - values[place]) / (knots[place + 1] - knots[place])
            for place in range(len(segment)):
                start = values[segment[place]]
                paths[row, day, np.uint32(order[row, day, place])] = slope[segment[place]] * distance[place] + start


@kernel((np.float64, 3), (np.int64, 1), (np.float64, 3))
def find_window_lows(paths: NDArray[np.float64], windows: NDArray[np.int64], lows: NDArray[np.float64]) -> None:
    """Fill ``lows`` [n, w, s]: the lowest value of each path of ``paths`` [n, h, s] within ``windows`` [w] days."""
    n, _, s = paths.shape
    lowest = np.empty(s)
    for row in range(n):
        day, lowest[:] = 0, np.inf
        for window in range(len(windows)):
            while day < windows[window]:
                for path in range(s):
                    lowest[path] = np.minimum(lowest[path], paths[row, day, path])
                day += 1
            for path in range(s):
                lows[row, window, path] = lowest[path]


@kernel((np.float64, 3), (np.float64, 2), (np.int64, 1), (np.float64, 3), (np.float64, 2), (np.int32, 3))
def count_below(
    paths: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    windows: NDArray[np.int64],
    days: NDArray[np.float64],
    most: NDArray[np.float64],
    first: NDArray[np.int32],
) -> None:
    """Fill ``days`` [n, k, w], ``most`` [n, k] and ``first`` [n, k, s]: how paths are under ``thresholds`` [n, k].

    ``days`` is the mean over ``paths`` [n, h, s] of the number of days under the threshold in each of ``windows`` [w],
    which ascend. ``most`` is the largest share of paths that are under it on one day of these. ``first`` is the first
    day (from 1) on which a path is under it, or one more than the last window if it never is.
    """
    n, _, s = paths.shape
    never = np.int32(windows[-1] + 1)
    for row in range(n):
        for k in range(thresholds.shape[1]):
            threshold, when, total, highest, day = thresholds[row, k], first[row, k], 0, 0, 0
            when[:] = never
            for window in range(len(windows)):
                while day < windows[window]:
                    values, under = paths[row, day], 0
                    day += 1
                    for path in range(s):
                        below = values[path] < threshold
                        under += below
                        when[path] = min(when[path], np.int32(day) if below else never)
                    total += under
                    highest = max(highest, under)
                days[row, k, window] = total / s
            most[row, k] = highest / s


@kernel((np.int32, 3), (np.int64, 1), (np.int64, 1), (np.float64, 3), (np.float64, 4), (np.float64, 4))
def find_crossing_days(
    first: NDArray[np.int32],
    windows: NDArray[np.int64],
    counts: NDArray[np.int64],
    prob: NDArray[np.float64],
    date: NDArray[np.float64],
    reached: NDArray[np.float64],
) -> None:
    """Fill ``prob``, ``date`` and ``reached`` from the ``first`` days [n, k, s] of ``count_below``.

    ``prob`` [n, k, w] is the share of paths that are under the threshold within each of ``windows`` [w]. ``date`` [n,
    k, w, c] is the day by which ``counts`` [c] paths have been under it, and ``reached`` [n, k, w, c] the share of
    paths that have been by that day. Where that day lies beyond the window, both keep their values.
    """
    n, k_thresholds, s = first.shape
    crossed = np.empty(windows[-1] + 2, dtype=np.int64)
    for row in range(n):
        for k in range(k_thresholds):
            crossed[:] = 0
            for path in range(s):
                crossed[first[row, k, path]] += 1
            for day in range(1, len(crossed)):
                crossed[day] += crossed[day - 1]
            for window in range(len(windows)):
                prob[row, k, window] = crossed[windows[window]] / s
            for cross in range(len(counts)):
                day = 1
                while crossed[day] < counts[cross]:
                    day += 1
                for window in range(len(windows)):
                    if day <= windows[window]:
                        date[row, k, window, cross], reached[row, k, window, cross] = day, crossed[day] / s


@kernel((np.float64, 2), (np.int64, 1), (np.float64, 1), (np.float64, 1), (np.int64, 1))
def count_floor_months(
    y: NDArray[np.float64],
    lengths: NDArray[np.int64],
    tolerance: NDArray[np.float64],
    lowest: NDArray[np.float64],
    months: NDArray[np.int64],
) -> None:
    """Fill ``lowest`` [n] with the lowest of ``y`` [n, t], and ``months`` [n] with how many months came down to it.

    A month came down to it if its lowest balance is within ``tolerance`` [n] of ``lowest`` and its highest is not. For
    an account that never moved, every month counts.
    """
    for row in range(len(y)):
        balances = y[row, y.shape[1] - lengths[row] :]
        lowest[row], months[row] = balances.min(), 0
        limit, moved = lowest[row] + tolerance[row], lowest[row] < balances.max()
        for month in range(len(balances) // _MONTH):
            end = len(balances) - month * _MONTH
            days = balances[end - _MONTH : end]
            months[row] += days.min() <= limit and (limit < days.max() or not moved)


@kernel((np.int64, 1), (np.float64, 1), (np.int64, 2), (np.float64, 3))
def raise_paths(
    rows: NDArray[np.int64], floor: NDArray[np.float64], held_days: NDArray[np.int64], paths: NDArray[np.float64]
) -> None:
    """Raise the first ``held_days`` [r, s] values of ``paths`` [n, h, s] of ``rows`` [r] to ``floor`` [r], in place.

    Values that are higher stay as they are.
    """
    _, h, s = paths.shape
    for place in range(len(rows)):
        for day in range(h):
            values = paths[rows[place], day]
            for path in range(s):
                if day < held_days[place, path]:
                    values[path] = np.maximum(values[path], floor[place])
