"""Candidates: phases of a cycle on whose days an amount recurs more often than on other days.

The score of a phase and a range of amounts is a log-likelihood ratio. Of the s due days between the first and the last
hit, h have a flow in the range; on other days of the account a share p has one. Then

score = h log(h / (s p)) + (s - h) log((s - h) / (s (1 - p))),

the likelihood of h hits at the rate that was seen against that at the rate of any day (the scan statistic of Kulldorff,
Communications in Statistics 26(6), 1997, with the range of amounts scanned besides the days).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.cycles import Cycle
from forecast_cli.models.recurring.ranges import find_ranges

#: Score a candidate needs: what the best of a few hundred phases and ranges reaches by chance, and a margin.
LEAST_SCORE: Final = 9.0

_Sizes = NDArray[np.float32]


@dataclass(frozen=True)
class Candidates:
    """The m candidates of some accounts: ``row``, ``cycle``, ``place`` of the phase in its lattice, ``score``; all [m].

    ``low`` and ``high`` bound the amount, without sign; ``sign`` is 1.0 or -1.0; ``width`` is the range's place in
    ``WIDTHS``.
    """

    row: NDArray[np.int64]
    cycle: NDArray[np.int64]
    place: NDArray[np.int64]
    width: NDArray[np.int64]
    score: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    sign: NDArray[np.float64]


@dataclass(frozen=True)
class Flows:
    """The flow of c accounts in single precision: ``by_day`` [t + 1, c], signed, 0 where there is none.

    ``ordered`` [c (t + 1)] are the keys of its sizes, account by account and ascending, inf where there is none;
    ``days`` [c] of history, ``days_of_flow`` [c] those with a flow.
    """

    by_day: _Sizes
    ordered: NDArray[np.int64]
    days: NDArray[np.int64]
    days_of_flow: NDArray[np.int64]


def flows_of(flow: NDArray[np.float64], days: NDArray[np.int64]) -> Flows:
    """Return ``flow`` [c, t + 1] laid out for the search."""
    with np.errstate(over="ignore"):
        single = flow.astype(np.float32)
    single[np.isinf(single)] = 0.0
    size = np.abs(single)
    np.copyto(size, np.inf, where=size == 0.0)
    return Flows(
        by_day=np.ascontiguousarray(single.T),
        ordered=_keys(np.arange(len(size))[:, None], np.sort(size, axis=1)).reshape(-1),
        days=days,
        days_of_flow=np.count_nonzero(single, axis=1),
    )


def find_candidates(flows: Flows, lattices: Sequence[tuple[Cycle, NDArray[np.int64]]]) -> Candidates:
    """Return the candidates of some cycles, each with the ``columns`` [k, p, c or 1] of its lattice."""
    found = [one for cycle, columns in lattices for one in find_ranges(flows.by_day, columns, cycle)]
    row, place, low, high, sign, hits, span = (
        np.concatenate([getattr(one, name) for one in found])
        for name in ("row", "place", "low", "high", "sign", "hits", "span")
    )
    many = [len(one.row) for one in found]
    cycle, width = np.repeat([int(one.cycle) for one in found], many), np.repeat([one.width for one in found], many)
    days = flows.days[row]
    around = np.maximum(count_between(flows, row, low, high) - hits, 0)
    score = log_ratio(hits, span, around, np.maximum(days - span, around + 1))
    some = np.flatnonzero(score >= LEAST_SCORE)
    bounds = (low[some].astype(np.float64), high[some].astype(np.float64))
    return Candidates(row[some], cycle[some], place[some], width[some], score[some], *bounds, sign[some])


def log_ratio(
    hits: NDArray[np.int64], span: NDArray[np.int64], around: NDArray[np.int64], days: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the score of ``hits`` in ``span`` due days, where ``around`` of ``days`` other days have such a flow.

    p = (around + 1/2) / (days + 1); 0 where no more are hit than of other days. Logarithms are of whole numbers, from a
    table: the same bits wherever a row stands.
    """
    log = _logs(2 * int(max(days.max(initial=1), span.max(initial=1))) + 3)
    miss = span - hits
    p, q = log[2 * around + 1] - log[2 * days + 2], log[2 * (days - around) + 1] - log[2 * days + 2]
    ratio = hits * (log[hits] - log[span] - p) + miss * (log[miss] - log[span] - q)
    return np.where(hits * (days + 1) > (around + 0.5) * span, ratio, 0.0)


def multinomial_ratio(own: list[NDArray[np.int64]], other: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Return the sum over kinds of own log(share of own / share of other days), half a day added to each other kind."""
    total, others = sum(own), sum(2 * kind + 1 for kind in other)
    log = _logs(int(max(np.max(total, initial=1), np.max(others, initial=1))))
    ratio = np.zeros(len(own[0]))
    for here, there in zip(own, other, strict=True):
        ratio = ratio + here * (log[here] - log[total] - log[2 * there + 1] + log[others])
    return ratio


def _logs(n: int) -> NDArray[np.float64]:
    table = np.zeros(n + 1)
    table[1:] = np.log(np.arange(1, n + 1))
    return table


def count_between(
    flows: Flows, row: NDArray[np.int64], low: NDArray[Any], high: NDArray[Any] | None = None
) -> NDArray[np.int64]:
    """Return on how many days the flow of account ``row`` [m], in or out, is from ``low`` to ``high`` [m]."""
    above = flows.days_of_flow[row] if high is None else _count(flows, row, high.astype(np.float32), right=True)
    return above - _count(flows, row, low.astype(np.float32), right=False)


def _count(flows: Flows, row: NDArray[np.int64], value: _Sizes, *, right: bool) -> NDArray[np.int64]:
    """Return how many sizes of account ``row`` [m] lie below (``right``: or at) each ``value`` [m]."""
    keys, found = _keys(row, value), np.empty(len(row), dtype=np.int64)
    order = np.argsort(keys)  # what is looked up in order is found in half the time
    found[order] = np.searchsorted(flows.ordered, keys[order], side="right" if right else "left")
    return found - row * len(flows.by_day)


def _keys(row: NDArray[np.int64], size: _Sizes) -> NDArray[np.int64]:
    """Return numbers that order sizes by row, and within a row by size: as the bits of floats from 0 up are ordered."""
    return (row << 32) + np.ascontiguousarray(size).view(np.int32)
