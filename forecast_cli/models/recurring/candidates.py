"""Candidates: for each phase of a cycle the amount that recurs most tellingly on its days.

The score of a phase and a range of amounts is a log-likelihood ratio. Of the s due days between the first and the last
hit, h have a flow in the range; on other days of the account a share p has one. Then

score = h log(h / (s p)) + (s - h) log((s - h) / (s (1 - p))),

the likelihood of h hits at the rate that was seen against that at the rate of any day (the scan statistic of Kulldorff,
Communications in Statistics 26(6), 1997, with the range of amounts scanned besides the days).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.cycles import Cycle

#: How wide a range of amounts may be, as a share of its lower end, and the share of due days that it has to hit.
WIDTHS: Final = ((0.0, 0.2), (0.041, 0.3), (0.153, 0.35), (0.507, 0.45))
#: Hits that a cycle needs at least.
FEWEST: Final = {Cycle.WEEKLY: 5, Cycle.BIWEEKLY: 4, Cycle.MONTHLY: 3, Cycle.QUARTERLY: 3}
#: Numbers of amounts in a range that are told apart when the fullest range is looked for.
_LADDER: Final = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 48, 58, 70, 85, 102)


@dataclass(frozen=True)
class Candidates:
    """The best range of amounts of each of p phases of c accounts, [c, p] each.

    ``score`` as above, -inf where there is none; ``low`` and ``high`` bound the amount, without sign; ``sign`` is 1.0 or
    -1.0; ``width`` is the range's place in ``WIDTHS``.
    """

    score: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    sign: NDArray[np.float64]
    width: NDArray[np.int64]


def find_candidates(
    flow: NDArray[np.float64], columns: NDArray[np.int64], cycle: Cycle, *, eps: NDArray[np.float64],
    days: NDArray[np.int64]
) -> Candidates:
    """Return the candidates of one cycle.

    ``flow`` [c, t + 1] is the flow of each day, 0 where there is none, its last column 0; ``columns`` [c or 1, p, k] are
    the due days of each phase; ``eps`` [c] is what amounts may differ by from rounding; ``days`` [c] of history.
    """
    at = flow[np.arange(len(flow))[:, None, None], columns]
    size = np.abs(at)
    size[size == 0.0] = np.inf
    ordered = np.sort(size, axis=2)
    every = _ordered_days(flow)
    best: Candidates | None = None
    for place, (width, share) in enumerate(WIDTHS):
        low, high = _fullest(ordered, width, eps[:, None, None])
        found = _scored(at, size, every, low=low, high=high, days=days, fewest=FEWEST[cycle], share=share, place=place)
        best = found if best is None else _better(best, found)
    assert best is not None
    return best


def _ordered_days(flow: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.abs(flow)
    size[size == 0.0] = np.inf
    return np.sort(size, axis=1)


def _fullest(
    ordered: NDArray[np.float64], width: float, eps: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bounds [c, p] of the range that holds most amounts of ``ordered`` [c, p, k], the largest of equals."""
    k = ordered.shape[2]
    upper = ordered * (1.0 + width) + eps
    upper[np.isinf(ordered)] = -1.0
    count = np.zeros(ordered.shape, dtype=np.int8)
    for more in _LADDER:
        if more >= k:
            break
        within = ordered[:, :, more:] <= upper[:, :, : k - more]
        np.copyto(count[:, :, : k - more], more, where=within)
    place = k - 1 - np.argmax(count[:, :, ::-1], axis=2)[:, :, None]
    return (
        np.take_along_axis(ordered, place, axis=2)[:, :, 0],
        np.take_along_axis(upper, place, axis=2)[:, :, 0],
    )


def _scored(at, size, every, *, low, high, days, fewest, share, place) -> Candidates:  # noqa: PLR0913
    within = (size >= low[:, :, None]) & (size <= high[:, :, None])
    positive = within & (at > 0.0)
    negative = within & (at < 0.0)
    more = np.count_nonzero(positive, axis=2) > np.count_nonzero(negative, axis=2)
    hit = np.where(more[:, :, None], positive, negative)
    hits = np.count_nonzero(hit, axis=2)
    k = hit.shape[2]
    span = np.where(hits > 0, k - np.argmax(hit[:, :, ::-1], axis=2) - np.argmax(hit, axis=2), 1)
    around = np.maximum(_count(every, high, right=True) - _count(every, low, right=False) - hits, 0)
    score = log_ratio(hits, span, around, np.maximum(days[:, None] - span, around + 1))
    score = np.where((hits >= fewest) & (hits >= share * span), score, -np.inf)
    return Candidates(score, low, high, np.where(more, 1.0, -1.0), np.full(hits.shape, place))


def _better(one: Candidates, other: Candidates) -> Candidates:
    wins = other.score > one.score
    return Candidates(
        *(np.where(wins, getattr(other, name), getattr(one, name)) for name in ("score", "low", "high", "sign", "width"))
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


def _logs(n: int) -> NDArray[np.float64]:
    table = np.zeros(n + 1)
    table[1:] = np.log(np.arange(1, n + 1))
    return table


def _count(ordered: NDArray[np.float64], value: NDArray[np.float64], *, right: bool) -> NDArray[np.int64]:
    """Return how many of each row of ``ordered`` [c, t] lie below (``right``: or at) each ``value`` [c, q]."""
    rows = np.arange(len(ordered))[:, None]
    low, high = np.zeros(value.shape, dtype=np.int64), np.full(value.shape, ordered.shape[1])
    for _ in range(ordered.shape[1].bit_length()):
        middle = (low + high) // 2
        seen = ordered[rows, np.minimum(middle, ordered.shape[1] - 1)]
        below = (seen <= value if right else seen < value) & (middle < high)
        low = np.where(below, middle + 1, low)
        high = np.where(below, high, middle)
    return low
