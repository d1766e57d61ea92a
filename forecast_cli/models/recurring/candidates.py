"""Candidates: phases of a cycle on whose days an amount recurs more often than on other days.

The score of a phase and a range of amounts is a log-likelihood ratio. Of the s due days between the first and the last
hit, h have a flow in the range; on other days of the account a share p has one. Then

score = h log(h / (s p)) + (s - h) log((s - h) / (s (1 - p))),

the likelihood of h hits at the rate that was seen against that at the rate of any day (the scan statistic of Kulldorff,
Communications in Statistics 26(6), 1997, with the range of amounts scanned besides the days).
"""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.cycles import Cycle

#: How wide a range of amounts may be, as a share of its lower end, the share of due days that it has to hit, and the
#: hits it needs besides those of its cycle. The first takes equal amounts, as far as the search tells them apart.
WIDTHS: Final = ((2.0**-15, 0.1, 0), (0.083, 0.25, 1), (0.383, 0.33, 2), (0.93, 0.4, 4))
#: Hits that a cycle needs at least.
FEWEST: Final = {Cycle.WEEKLY: 5, Cycle.BIWEEKLY: 4, Cycle.MONTHLY: 3, Cycle.QUARTERLY: 3}
#: Score a candidate needs: what the best of a few hundred phases and ranges reaches by chance, and a margin.
LEAST_SCORE: Final = 9.0

#: Numbers of amounts, less one, for which the narrowest range that holds them is looked for.
_LADDER: Final = (2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15, 17, 20, 23, 27, 32, 38, 45, 53, 62, 72, 84, 98)
#: Low bits of a ratio in single precision that make room for the place of its lower amount.
_PLACE_BITS: Final = np.uint32(127)
#: Payments of a stream that are looked at: their places fit into these bits.
MOST_PAYMENTS: Final = 126

#: Room for rounding at both ends of a range.
_MARGIN: Final = np.float32(2.0**-20)

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

    ``ordered`` [c, t + 1] are its sizes, ascending, inf where there is none; ``days`` [c] of history, ``days_of_flow``
    [c] those with a flow.
    """

    by_day: _Sizes
    ordered: _Sizes
    days: NDArray[np.int64]
    days_of_flow: NDArray[np.int64]


def flows_of(flow: NDArray[np.float64], days: NDArray[np.int64]) -> Flows:
    """Return ``flow`` [c, t + 1] laid out for the search."""
    with np.errstate(over="ignore"):
        single = flow.astype(np.float32)
    single[np.isinf(single)] = 0.0
    size = np.abs(single)
    size[size == 0.0] = np.inf
    return Flows(
        np.ascontiguousarray(single.T), np.sort(size, axis=1), days, np.count_nonzero(np.isfinite(size), axis=1)
    )


def find_candidates(flows: Flows, columns: NDArray[np.int64], cycle: Cycle) -> Candidates:
    """Return the candidates of one cycle; ``columns`` [k, p, c or 1] are the due days of each phase, newest first."""
    c = flows.by_day.shape[1]
    at = flows.by_day[columns[:, :, 0]] if columns.shape[2] == 1 else flows.by_day[columns, np.arange(c)]
    size = np.abs(at)
    size[size == 0.0] = np.inf
    ordered = np.ascontiguousarray(np.sort(size.transpose(2, 1, 0), axis=2).transpose(2, 1, 0))
    sought = [
        _Sought(cycle, number, np.float32(1.0 + width), FEWEST[cycle] + more, share)
        for number, (width, share, more) in enumerate(WIDTHS)
    ]
    ways, sign = _fullest(ordered, sought), np.sign(at).astype(np.int8)
    return together(
        [_scored(flows, size, sign, bounds=bounds, sought=one) for bounds, one in zip(ways, sought, strict=True)]
    )


@dataclass(frozen=True)
class _Sought:
    """A cycle and a width: the range's upper end is ``ratio`` times its lower one; how often it has to be hit."""

    cycle: Cycle
    number: int
    ratio: np.float32
    fewest: int
    share: float


def together(parts: list[Candidates]) -> Candidates:
    """Return the candidates of all ``parts``."""
    return Candidates(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Candidates)))


def _fullest(ordered: _Sizes, sought: list[_Sought]) -> list[tuple[_Sizes, _Sizes]]:
    """Return for each width the bounds [p, c] of the range that holds most of ``ordered`` [k, p, c], or inf.

    Of ranges that hold as many the narrowest is taken, of those as narrow the one of the smallest amounts.
    """
    k = len(ordered)
    low = [np.full(ordered.shape[1:], np.inf, dtype=np.float32) for _ in sought]
    high = [one.copy() for one in low]
    for more in (number for number in _LADDER if number < k):
        with np.errstate(invalid="ignore", over="ignore"):
            coded = (ordered[more:] / ordered[: k - more]).view(np.uint32)
        coded &= ~_PLACE_BITS
        coded |= np.arange(k - more, dtype=np.uint32)[:, None, None]
        narrowest = np.minimum.reduce(coded, axis=0)
        ratio = (narrowest & ~_PLACE_BITS).view(np.float32)
        p, c = np.nonzero(ratio <= sought[-1].ratio)
        if not len(p):
            break
        place, ratio = (narrowest[p, c] & _PLACE_BITS).astype(np.int64), ratio[p, c]
        first, last = ordered[place, p, c], ordered[place + more, p, c]
        for number, one in enumerate(sought):
            if more >= one.fewest - 1:
                fits = ratio <= one.ratio
                low[number][p[fits], c[fits]] = first[fits]
                high[number][p[fits], c[fits]] = last[fits]
    return list(zip(low, high, strict=True))


def _opened(low: _Sizes, high: _Sizes, sought: _Sought) -> tuple[_Sizes, _Sizes]:
    """Open a range to both sides, as far as the width allows from its other end."""
    return high / sought.ratio * (1 - _MARGIN), low * sought.ratio * (1 + _MARGIN)


def _scored(
    flows: Flows, size: _Sizes, sign: NDArray[np.int8], *, bounds: tuple[_Sizes, _Sizes], sought: _Sought
) -> Candidates:
    """Return the ranges of one width with the hits, and the score, that candidates need."""
    low, high = _opened(*bounds, sought)
    place, row = np.nonzero(np.isfinite(low))
    low, high = low[place, row], high[place, row]
    signed = sign[:, place, row] * ((size[:, place, row] >= low) & (size[:, place, row] <= high))
    net = np.add.reduce(signed, axis=0, dtype=np.int64)
    hit = signed == np.sign(net)
    hits, k = np.asarray(np.count_nonzero(hit, axis=0), dtype=np.int64), len(size)
    span = np.maximum(k - np.argmax(hit[::-1], axis=0) - np.argmax(hit, axis=0), 1)
    some = np.flatnonzero((net != 0) & (hits >= sought.fewest) & (hits >= sought.share * span))
    row, place, hits, span = row[some], place[some], hits[some], span[some]
    low, high = low[some], high[some]
    days = flows.days[row]
    around = np.maximum(count_between(flows, row, low, high) - hits, 0)
    score = log_ratio(hits, span, around, np.maximum(days - span, around + 1))
    keep = score >= LEAST_SCORE
    return Candidates(
        row=row[keep],
        cycle=np.full(np.count_nonzero(keep), int(sought.cycle)),
        place=place[keep],
        width=np.full(np.count_nonzero(keep), sought.number),
        score=score[keep],
        low=low[keep].astype(np.float64),
        high=high[keep].astype(np.float64),
        sign=np.sign(net[some][keep]).astype(np.float64),
    )


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
    above = flows.days_of_flow[row] if high is None else _count(flows.ordered, row, high.astype(np.float32), right=True)
    return above - _count(flows.ordered, row, low.astype(np.float32), right=False)


def _count(ordered: _Sizes, row: NDArray[np.int64], value: _Sizes, *, right: bool) -> NDArray[np.int64]:
    """Return how many of ``ordered[row]`` lie below (``right``: or at) each ``value`` [m], by bisection."""
    low, high = np.zeros(len(row), dtype=np.int64), np.full(len(row), ordered.shape[1])
    for _ in range(ordered.shape[1].bit_length()):
        middle = (low + high) // 2
        seen = ordered[row, np.minimum(middle, ordered.shape[1] - 1)]
        below = (seen <= value if right else seen < value) & (middle < high)
        low = np.where(below, middle + 1, low)
        high = np.where(below, high, middle)
    return low
