"""Candidates: phases of a cycle on whose days an amount recurs more often than on other days.

Of a phase the range of amounts is taken that most of its days have, for each of some widths. The score of a phase and a
range is a log-likelihood ratio. Of the s due days between the first and the last hit h have a flow in the range, those
that other flow may hide it on left out; of the account's other days, such days left out too, a share p has one. Then

score = h log(h / (s p)) + (s - h) log((s - h) / (s (1 - p))),

the likelihood of h hits at the rate that was seen against that at the rate of any day (the scan statistic of Kulldorff,
Communications in Statistics 26(6), 1997, with the range of amounts scanned besides the days).
"""

from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, part
from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.cycles import Cycle
from forecast_cli.models.recurring.lattices import MOST_DAYS, PHASE, Lattices

#: How wide a range of amounts may be, as its upper end over its lower, the share of due days that it has to hit, and
#: the hits it needs besides those of its cycle. The first takes equal amounts, as far as the search tells them apart.
_RATIOS: Final = np.array([1 + 2.0**-15, 1.083, 1.383, 1.93], dtype=np.float32)
_SHARES: Final = np.array([0.08, 0.25, 0.33, 0.4])
_MORE: Final = (0, 1, 2, 4)
#: Numbers of amounts, less one, for which the narrowest range that holds them is looked for.
_LADDER: Final = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15, 17, 20, 23, 27, 32, 38, 45, 53, 62, 72, 84, 98])
#: Low bits of a ratio in single precision that make room for the place of its lower amount.
_PLACE_BITS: Final = np.uint32(127)
_NONE: Final = np.uint32(2**32 - 1)
_WIDEST: Final = _RATIOS.view(np.uint32) | _PLACE_BITS
#: Room for rounding at both ends of a range.
_WIDER, _NARROWER = np.float32(1 + 2.0**-20), np.float32(1 - 2.0**-20)
#: Bits of a key that are those of its day.
_DAY_BITS: Final = 2**32 - 1
_NEVER: Final = np.int32(2**31 - 1)
#: Score a candidate needs: what the best of a few hundred phases and ranges reaches by chance, and a margin.
_LEAST_SCORE: Final = 9.0
#: Candidates of an account that are looked at, and that are settled at a time.
_LOOKED_AT: Final = 32
AT_ONCE: Final = 14
#: Share of an amount that the flow of a day has at least if the payment is a part of it.
_HIDING: Final = 0.9
#: Amounts closer than this, as a ratio, may be one stream seen in two phases: so many of them are settled, and no more
#: than two of one cycle.
_APART: Final = 1.45
_ALIKE: Final = 4
_ALIKE_IN_CYCLE: Final = 2

#: Hits that a cycle needs of equal amounts, and of others: two are told from chance where no other due day speaks
#: against them.
FEWEST: Final = {Cycle.WEEKLY: (5, 5), Cycle.BIWEEKLY: (4, 4), Cycle.MONTHLY: (2, 3), Cycle.QUARTERLY: (4, 3)}
_FEWEST: Final = np.array([[FEWEST.get(cycle, (0, 0))[more > 0] + more for more in _MORE] for cycle in Cycle])

#: A candidate: its ``cycle``, the ``place`` of its phase in the lattice of that cycle, its amounts without sign from
#: ``low`` to ``high``, ``sign`` 1 or -1. ``fits`` days of the account have such a flow, in or out; other flow may hide
#: it, of ``least`` size, on as many as it ``hides`` on. ``score`` 0 is that of none.
CANDIDATE: Final = np.dtype(
    [(name, np.int64) for name in ("cycle", "place", "width", "fits", "hides")]
    + [(name, np.float64) for name in ("score", "low", "high", "least", "sign")],
    align=True,
)

_Amounts = NDArray[np.float32]
_Whole = NDArray[np.int64]
_Places = NDArray[np.int32]
_Unsigned = NDArray[np.uint32]  # places that cannot count from the end, which is asked of signed ones each time
_Records = NDArray[Any]


def find_candidates(block: Block, rows: _Whole, lattices: Lattices) -> _Records:
    """Return the candidates of c ``rows`` of a block that are to be settled, [c, AT_ONCE], the strongest of each first.

    ``lattices`` have the place of each row's origin. Behind the last of an account stand some of score 0.
    """
    picks = np.zeros((len(rows), AT_ONCE), dtype=CANDIDATE)
    _look(
        block.flow, block.by_size, block.n_flows, block.lengths, rows, lattices.place, lattices.columns,
        lattices.phases, _FEWEST, log_table(), picks,
    )  # fmt: skip
    return picks


@lru_cache(maxsize=1)
def log_table() -> NDArray[np.float64]:
    """Return the logarithms of whole numbers, and 0 for 0: from a table, the same bits wherever a number stands."""
    table = np.zeros(4 * MOST_DAYS)
    table[1:] = np.log(np.arange(1, len(table)))
    return table


@part
def _deal(columns: _Places, phases: _Records, starts: _Places, owner: _Unsigned, dealt: _Places) -> None:
    """Write which of ``columns`` [k] are each day, and of which phase: in ``dealt`` and ``owner`` [k].

    Those of a day stand from ``starts`` [t + 2] of it to the next's.
    """
    starts[:] = 0
    for column in columns[phases[0]["start"] : phases[-1]["end"]]:
        starts[column + 1] += 1
    for day in range(1, len(starts)):
        starts[day] += starts[day - 1]
    for number in range(len(phases)):
        for place in range(phases[number]["start"], phases[number]["end"]):
            at = starts[columns[place]]
            owner[at], dealt[at] = number, place
            starts[columns[place]] += 1
    for day in range(len(starts) - 1, 0, -1):
        starts[day] = starts[day - 1]
    starts[0] = 0


@part
def _insert(keys: _Whole, n: int, key: int) -> None:
    """Put ``key`` among the first ``n`` of ``keys``, which ascend."""
    while n > 0 and keys[n - 1] > key:
        keys[n] = keys[n - 1]
        n -= 1
    keys[n] = key


@part
def bring_up(flow: NDArray[np.float64], keys: _Whole, n: int, others: _Whole) -> int:
    """Bring the first ``n`` of an account's ``keys`` up to what is left of its flow, and return how many there are now.

    What is too large for single precision is none. ``others`` is written over.
    """
    same, changed = 0, 0
    for place in range(n):
        day = keys[place] & _DAY_BITS
        size = np.float32(abs(flow[day]))
        key = np.int64(size.view(np.uint32)) << 32 | day
        if 0.0 < size < np.inf:
            if key == keys[place]:
                keys[same], same = key, same + 1
            else:
                _insert(others, changed, key)
                changed += 1
    total = same + changed
    while changed > 0:
        if same > 0 and keys[same - 1] > others[changed - 1]:
            keys[same + changed - 1] = keys[same - 1]
            same -= 1
        else:
            keys[same + changed - 1] = others[changed - 1]
            changed -= 1
    return total


@part
def _line_up(
    keys: _Whole,
    amounts: _Amounts,
    starts: _Places,
    owner: _Unsigned,
    dealt: _Places,
    line: _Amounts,
    places: _Places,
    ends: _Unsigned,
) -> None:
    """Put each flow into the lines of the phases that its day is due in: as they come in order, sizes ascend in each.

    ``places`` [k] are those of the due days, ``ends`` [p] behind the last of each phase's line.
    """
    for number in range(len(keys)):
        day = keys[number] & _DAY_BITS
        for at in range(starts[day], starts[day + 1]):
            end = ends[owner[at]]
            line[end], places[end] = amounts[number], dealt[at]
            ends[owner[at]] += 1


@part
def _narrowest(line: _Amounts, more: int) -> np.uint32:
    """Return the bits of the narrowest ratio of an amount and that ``more`` behind it, its place in the low bits.

    Of those that differ in the low bits alone it is that of the smallest amounts. Positive numbers are ordered as their
    bits are.
    """
    best = _NONE
    behind = line[more:]
    for place in range(len(behind)):
        bits = np.float32(abs(behind[place] / line[place])).view(np.uint32)
        best = min(best, np.uint32((bits & ~_PLACE_BITS) | np.uint32(place)))
    return best


@part
def fullest(line: _Amounts, fewest: _Whole, first: _Whole, more: _Whole) -> None:
    """Write for each width where the range that holds most amounts begins, and how many follow: 0 if it has too few.

    Of ranges that hold as many the narrowest is taken. The amounts of ``line`` ascend, whatever their signs.
    """
    more[:] = 0
    for step in _LADDER:
        if step >= len(line):
            return
        if step >= fewest[0] - 1:
            narrowest = _narrowest(line, step)
            if narrowest > _WIDEST[-1]:
                return
            for width in range(len(_WIDEST)):
                if narrowest <= _WIDEST[width] and step >= fewest[width] - 1:
                    first[width], more[width] = narrowest & _PLACE_BITS, step


@part
def _hits(
    line: _Amounts, places: _Places, low: float, high: float, least: float, first: int
) -> tuple[int, int, Any, Any]:
    """Return the sign of most flows from ``low`` to ``high`` in size, how many have it, and the due days they span.

    And how many of these other flow may hide it on, of ``least`` size. The sign is 0 where as many come in as go out.
    The range is about ``first`` in ``line`` [n], and ``places`` [n] are those of its flows among due days.
    """
    while first > 0 and abs(line[first - 1]) >= low:
        first -= 1
    while first < len(line) and abs(line[first]) < low:
        first += 1
    end, net = first, 0
    while end < len(line) and abs(line[end]) <= high:
        net += 1 if line[end] > 0.0 else -1
        end += 1
    if net == 0:
        return 0, 0, 1, 0
    hits, newest, oldest = 0, _NEVER, -1
    for place in range(first, end):
        if (line[place] > 0.0) == (net > 0):
            hits, newest, oldest = hits + 1, min(newest, places[place]), max(oldest, places[place])
    hidden, larger = 0, first
    while larger > 0 and abs(line[larger - 1]) >= least:
        larger -= 1
    for place in range(larger, len(line)):
        hidden += (place < first or place >= end) and newest < places[place] < oldest
    return 1 if net > 0 else -1, hits, oldest - newest + 1, hidden


@part
def _below(amounts: _Amounts, bound: Any) -> int:
    """Return how many ``amounts``, of ascending size, are smaller than ``bound``."""
    low, left = 0, len(amounts)
    while left > 1:
        half = left // 2
        low += half if abs(amounts[low + half - 1]) < bound else 0
        left -= half
    return low + 1 if left == 1 and abs(amounts[low]) < bound else low


@part
def count_between(amounts: _Amounts, low: Any, high: Any) -> int:
    """Return how many ``amounts``, of ascending size, are from ``low`` to ``high`` in size."""
    above = _below(amounts, high)
    while above < len(amounts) and abs(amounts[above]) == high:
        above += 1
    return above - _below(amounts, low)


@part
def log_ratio(hits: int, span: int, around: int, days: int, logs: NDArray[np.float64]) -> Any:
    """Return the score of ``hits`` in ``span`` due days, where ``around`` of ``days`` other days have such a flow.

    p = (around + 1/2) / (days + 1); 0 where no more are hit than of other days.
    """
    if hits * (days + 1) <= (around + 0.5) * span:
        return 0.0
    miss = span - hits
    p, q = logs[2 * around + 1] - logs[2 * days + 2], logs[2 * (days - around) + 1] - logs[2 * days + 2]
    return hits * (logs[hits] - logs[span] - p) + miss * (logs[miss] - logs[span] - q)


@part
def _alike(one: Any, other: Any) -> Any:
    """Say whether two candidates may be one stream seen twice: of one sign, their amounts near."""
    near = one["low"] <= _APART * other["low"] and other["low"] <= _APART * one["low"]
    return near and one["sign"] == other["sign"]


@part
def _joins(one: Any, picks: _Records) -> bool:
    """Say whether a candidate is settled besides the stronger ones already picked."""
    alike, in_cycle = 0, 0
    for number in range(len(picks)):
        other = picks[number]
        if _alike(one, other):
            alike += 1
            if one["cycle"] == other["cycle"]:
                in_cycle += 1
                if one["place"] == other["place"] and one["width"] == other["width"]:
                    return False  # the same days, but for weekends and holidays
    return alike < _ALIKE and in_cycle < _ALIKE_IN_CYCLE


@part
def _strongest(found: _Records, scores: NDArray[np.float64]) -> int:
    """Return the place of the highest of ``scores``; of those as high that of the first phase of a cycle."""
    best = 0
    for place in range(1, len(scores)):
        tied = scores[place] == scores[best] and found[place]["place"] < found[best]["place"]
        if tied or scores[place] > scores[best]:
            best = place
    return best


@part
def _pick(found: _Records, scores: NDArray[np.float64], picks: _Records) -> None:
    """Write those of an account's candidates that are to be settled into ``picks``, the strongest first."""
    n, left = 0, min(len(found), _LOOKED_AT)
    while left > 0 and n < len(picks):
        best = _strongest(found, scores)
        if _joins(found[best], picks[:n]):
            picks[n] = found[best]
            n += 1
        scores[best] = 0.0
        left -= 1


@part
def _scan(
    line: _Amounts,
    places: _Places,
    ends: _Unsigned,
    phases: _Records,
    fewest: _Whole,
    amounts: _Amounts,
    days: int,
    logs: NDArray[np.float64],
    first: _Whole,
    more: _Whole,
    found: _Records,
    scores: NDArray[np.float64],
) -> int:
    """Write the candidates of an account into ``found``, and their ``scores``; return how many there are."""
    many = 0
    for number in range(len(phases)):
        phase, needed = phases[number], fewest[phases[number]["cycle"]]
        own, at = line[phase["start"] : ends[number]], places[phase["start"] : ends[number]]
        fullest(own, needed, first, more)
        for width in range(len(more)):
            if more[width] == 0:
                continue
            low = abs(own[first[width] + more[width]]) / _RATIOS[width] * _NARROWER
            high = abs(own[first[width]]) * _RATIOS[width] * _WIDER
            least = _HIDING * low
            sign, hits, span, hidden = _hits(own, at, low, high, least, first[width])
            if hits < max(needed[width], _SHARES[width] * span):
                continue
            fits = count_between(amounts, low, high)
            hides = len(amounts) - _below(amounts, np.float32(least)) - fits
            around, shown = max(fits - hits, 0), days - span - (hides - hidden)
            scores[many] = log_ratio(hits, span - hidden, around, max(shown, around + 1), logs)
            if scores[many] >= _LEAST_SCORE:
                one = found[many]
                one["cycle"], one["place"], one["width"] = phase["cycle"], phase["place"], width
                one["low"], one["high"], one["least"], one["sign"] = low, high, least, sign
                one["fits"], one["hides"], one["score"] = fits, hides, scores[many]
                many += 1
    return many


@kernel(
    (np.float64, 2), (np.int64, 2), (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.int32, 2),
    (PHASE, 1), (np.int64, 2), (np.float64, 1), (CANDIDATE, 2),
)  # fmt: skip
def _look(
    flow: NDArray[np.float64],
    by_size: _Whole,
    n_flows: _Whole,
    days: _Whole,
    rows: _Whole,
    origin: _Whole,
    columns: _Places,
    phases: _Records,
    fewest: _Whole,
    logs: NDArray[np.float64],
    picks: _Records,
) -> None:
    """Write the picks of each of ``rows`` [c].

    ``columns`` [u, k] are the due days of all ``phases`` [p] for u origins, ``origin`` [c] is the place of each row's,
    ``fewest`` are the hits that each cycle and width needs.
    """
    found, scores = np.empty(len(phases) * len(_RATIOS), CANDIDATE), np.empty(len(phases) * len(_RATIOS))
    line, places = np.empty(columns.shape[1], np.float32), np.empty(columns.shape[1], np.int32)
    dealt, owner = np.empty_like(places), np.empty(len(places), np.uint32)
    starts, ends = np.empty(flow.shape[1] + 1, np.int32), np.empty(len(phases), np.uint32)
    amounts, others = np.empty(flow.shape[1], np.float32), np.empty(flow.shape[1], np.int64)
    first, more = np.zeros(len(_RATIOS), np.int64), np.zeros(len(_RATIOS), np.int64)
    for account in range(len(rows)):
        row = rows[account]
        if account == 0 or origin[account] != origin[account - 1]:
            _deal(columns[origin[account]], phases, starts, owner, dealt)
        n_flows[row] = bring_up(flow[row], by_size[row], n_flows[row], others)
        keys, own = by_size[row][: n_flows[row]], amounts[: n_flows[row]]
        for place in range(len(keys)):
            own[place] = flow[row, keys[place] & _DAY_BITS]
        for number in range(len(phases)):
            ends[number] = phases[number]["start"]
        _line_up(keys, own, starts, owner, dealt, line, places, ends)
        many = _scan(line, places, ends, phases, fewest, own, days[row], logs, first, more, found, scores)
        _pick(found[:many], scores[:many], picks[account])
