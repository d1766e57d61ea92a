"""Candidates: phases of a cycle on whose days an amount recurs more often than on other days.

Of a phase the range of amounts is taken that most of its days have, for each of some widths. The score of a phase and a
range is a log-likelihood ratio. Of the s due days between the first and the last hit h have a flow in the range, those
that other flow may hide it on left out; of the account's other days, such days left out too, a share p has one. Then

score = h log(h / (s p)) + (s - h) log((s - h) / (s (1 - p))),

the likelihood of h hits at the rate that was seen against that at the rate of any day (the scan statistic of Kulldorff,
Communications in Statistics 26(6), 1997, with the range of amounts scanned besides the days).
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, part
from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.cycles import Cycle
from forecast_cli.models.recurring.lattices import Lattices
from forecast_cli.models.recurring.logs import log_table
from forecast_cli.models.recurring.records import CANDIDATE, PHASE
from forecast_cli.models.recurring.terms import FEWEST

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
#: Ratios that are formed at a time, and room behind each phase's amounts, which holds infinity.
_LANES: Final = 8
_WIDEST: Final = _RATIOS.view(np.uint32) | _PLACE_BITS
#: Room for rounding at both ends of a range.
_WIDER, _NARROWER = np.float32(1 + 2.0**-20), np.float32(1 - 2.0**-20)
#: Bits of the key of a flow (``Block``): that of a negative one, and those of its day; from one size to the next.
_NEGATIVE: Final = 2**31
_DAY_BITS: Final = _NEGATIVE - 1
_NEXT_SIZE: Final = 2**32
#: Behind the oldest due day.
_NEVER: Final = 255
#: Score a candidate needs: what the best of a few hundred phases and ranges reaches by chance, and a margin.
_LEAST_SCORE: Final = 9.0
#: Stands for the score of a range that too few due days have.
_TOO_FEW: Final = -1.0
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

#: Hits that each cycle needs of each width, [cycles, widths].
_FEWEST: Final = np.array([[FEWEST.get(cycle, (0, 0))[more > 0] + more for more in _MORE] for cycle in Cycle])

_Amounts = NDArray[np.float32]
_Flags = NDArray[np.bool_]
_Whole = NDArray[np.int64]
_Small = NDArray[np.uint8]
_Unsigned = NDArray[np.uint32]  # places that cannot count from the end, which is asked of signed ones each time
_Records = NDArray[Any]


def find_candidates(block: Block, rows: _Whole, axis: Lattices, quiet: _Flags) -> _Records:
    """Return the candidates of c ``rows`` of a block that are to be settled, [c, AT_ONCE], the strongest of each first.

    ``axis`` has the lattices of these rows. Phases that are ``quiet`` [c, p] are passed over; those that no range shows
    enough hits in become so, until the flow of one of their days changes. Behind the last of an account stand some of
    score 0.
    """
    picks = np.zeros((len(rows), AT_ONCE), dtype=CANDIDATE)
    _look(
        block.by_size, block.n_flows, block.lengths, rows, axis.phases, axis.starts, axis.stops, axis.owner, axis.due,
        axis.place, quiet, _FEWEST, log_table(), picks,
    )  # fmt: skip
    return picks


@part
def _line_up(
    keys: _Whole,
    starts: _Unsigned,
    stops: _Unsigned,
    owner: _Small,
    due: _Small,
    line: _Unsigned,
    places: _Small,
    ends: _Unsigned,
) -> None:
    """Put each flow into the lines of the phases that its day is due in: as they come in order, sizes ascend in each.

    ``line`` are the bits of amounts, ``places`` those of the due days; ``ends`` [p] lie behind each phase's line.
    """
    for key in keys:
        day, bits = key & _DAY_BITS, np.uint32(key >> 32 | key & _NEGATIVE)
        for at in range(starts[day], stops[day]):
            end = ends[owner[at]]
            line[end], places[end] = bits, due[at]
            ends[owner[at]] += 1


@part
def _narrowest(line: _Amounts, n: int, more: int) -> np.uint32:
    """Return the bits of the narrowest ratio of an amount and that ``more`` behind it, its place in the low bits.

    Of those that differ in the low bits alone it is that of the smallest amounts. Positive numbers are ordered as their
    bits are; behind the ``n`` amounts stands infinity, so that what is formed there is none.
    """
    best = _NONE
    behind = line[more:]
    for place in range((n - more + _LANES - 1) // _LANES * _LANES):
        bits = np.float32(abs(behind[place] / line[place])).view(np.uint32)
        best = min(best, np.uint32((bits & ~_PLACE_BITS) | np.uint32(place)))
    return best


@part
def fullest(line: _Amounts, n: int, fewest: _Whole, first: _Whole, more: _Whole) -> None:
    """Write for each width where the range that holds most amounts begins, and how many follow: 0 if it has too few.

    Of ranges that hold as many the narrowest is taken. The ``n`` amounts of ``line`` ascend, whatever their signs;
    behind them stands infinity, ``_LANES`` times.
    """
    more[:] = 0
    for step in _LADDER:
        if step >= n:
            return
        if step >= fewest[0] - 1:
            narrowest = _narrowest(line, n, step)
            if narrowest > _WIDEST[-1]:
                return
            for width in range(len(_WIDEST)):
                if narrowest <= _WIDEST[width] and step >= fewest[width] - 1:
                    first[width], more[width] = narrowest & _PLACE_BITS, step


@part
def _limits(line: _Amounts, places: _Small, low: float, high: float, first: int) -> tuple[int, int, int, int, int]:
    """Return from where to where amounts from ``low`` to ``high`` in size stand in ``line``, about ``first``.

    And how many more of them come in than go out, and their newest and oldest place.
    """
    while first > 0 and abs(line[first - 1]) >= low:
        first -= 1
    while first < len(line) and abs(line[first]) < low:
        first += 1
    end, net, newest, oldest = first, 0, _NEVER, -1
    while end < len(line) and abs(line[end]) <= high:
        place: Any = np.int64(places[end])
        net += 1 if line[end] > 0.0 else -1
        newest, oldest = min(newest, place), max(oldest, place)
        end += 1
    return first, end, net, newest, oldest


@part
def _of_sign(line: _Amounts, places: _Small, first: int, end: int, net: int) -> tuple[int, int]:
    """Return the newest and the oldest place of the amounts from ``first`` to ``end`` that have the sign of ``net``."""
    newest, oldest = _NEVER, -1
    for number in range(first, end):
        if (line[number] > 0.0) == (net > 0):
            place: Any = np.int64(places[number])
            newest, oldest = min(newest, place), max(oldest, place)
    return newest, oldest


@part
def _hidden(line: _Amounts, places: _Small, least: float, first: int, end: int, newest: int, oldest: int) -> int:
    """Return how many due days between two other flow may hide, of ``least`` size, not that from a place to another."""
    hidden = 0
    while first > 0 and abs(line[first - 1]) >= least:
        first -= 1
        hidden += newest < places[first] < oldest
    for number in range(end, len(line)):
        hidden += newest < places[number] < oldest
    return hidden


@part
def _key(size: float) -> Any:
    """Return the lowest key that a flow of a size may have."""
    return np.int64(np.float32(size).view(np.uint32)) << 32


@part
def count_below(keys: _Whole, a: int, b: int, c: int) -> tuple[int, int, int]:
    """Return how many of ``keys``, at least one, which ascend, are smaller than ``a``, ``b`` and ``c``.

    All three are searched for at once, in steps of powers of two that are taken by the sign of a difference: no branch
    is to be guessed.
    """
    power = 0
    while 2 << power <= len(keys):
        power += 1
    last, rest = (1 << power) - 1, len(keys) - (1 << power)
    x, y, z = rest * (keys[last] < a), rest * (keys[last] < b), rest * (keys[last] < c)
    while power > 0:
        power -= 1
        last = (1 << power) - 1
        x -= (keys[x + last] - a) >> 63 << power
        y -= (keys[y + last] - b) >> 63 << power
        z -= (keys[z + last] - c) >> 63 << power
    return x + (keys[x] < a), y + (keys[y] < b), z + (keys[z] < c)


@part
def log_ratio(hits: int, span: int, around: int, days: int, logs: NDArray[np.float64]) -> Any:
    """Return the score of ``hits`` in ``span`` due days, where ``around`` of ``days`` other days have such a flow.

    The log-likelihood ratio of Bernoulli trials, hits log(r / p) + misses log((1 - r) / (1 - p)), of the share hit
    r = hits / span against p = (around + 1/2) / (days + 1); 0 where no more are hit than of other days. ``logs`` is
    ``log_table``.
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
            if alike == _ALIKE or in_cycle == _ALIKE_IN_CYCLE:
                return False
    return True


@part
def strongest(found: _Records, order: _Whole) -> int:
    """Write the places of the strongest candidates, and return of how many; the strongest come first.

    Of those as strong that of the first phase does. ``order`` has room for one more than are looked at.
    """
    n = 0
    for place in range(len(found)):
        one, at = found[place], n
        while at > 0:
            other = found[order[at - 1]]
            ahead = other["score"] == one["score"] and other["place"] <= one["place"]
            if ahead or other["score"] > one["score"]:
                break
            order[at] = order[at - 1]
            at -= 1
        order[at] = place
        n = min(n + 1, _LOOKED_AT)
    return n


@part
def _pick(found: _Records, order: _Whole, picks: _Records) -> None:
    """Write those of an account's candidates that are to be settled into ``picks``, the strongest first."""
    n = 0
    for place in order:
        if n == len(picks):
            return
        if _joins(found[place], picks[:n]):
            picks[n] = found[place]
            n += 1


@part
def _weigh(
    line: _Amounts,
    places: _Small,
    keys: _Whole,
    days: int,
    logs: NDArray[np.float64],
    width: int,
    needed: int,
    first: int,
    last: int,
    one: Any,
) -> Any:
    """Return the score of a range about the amounts of ``line`` from ``first`` to ``last``, and write it into ``one``.

    It is ``_TOO_FEW`` where not as many due days as are ``needed``, or not their share, have such a flow.
    """
    low = abs(line[last]) / _RATIOS[width] * _NARROWER
    high = abs(line[first]) * _RATIOS[width] * _WIDER
    start, end, net, newest, oldest = _limits(line, places, low, high, first)
    hits = (end - start + abs(net)) // 2
    if hits < end - start:
        newest, oldest = _of_sign(line, places, start, end, net)
    span = oldest - newest + 1
    if net == 0 or hits < max(needed, _SHARES[width] * span):
        return _TOO_FEW
    least = _HIDING * low
    hidden = _hidden(line, places, least, start, end, newest, oldest)
    below, lower, upper = count_below(keys, _key(least), _key(low), _key(high) + _NEXT_SIZE)
    fits, hides = upper - lower, len(keys) - below - upper + lower
    around, shown = max(fits - hits, 0), days - span - (hides - hidden)
    one["width"], one["low"], one["high"], one["least"], one["sign"] = width, low, high, least, 1 if net > 0 else -1
    one["fits"], one["hides"] = fits, hides
    one["score"] = log_ratio(hits, span - hidden, around, max(shown, around + 1), logs)
    return one["score"]


@part
def _scan(
    line: _Amounts,
    places: _Small,
    ends: _Unsigned,
    phases: _Records,
    fewest: _Whole,
    keys: _Whole,
    days: int,
    logs: NDArray[np.float64],
    quiet: _Flags,
    first: _Whole,
    more: _Whole,
    found: _Records,
) -> int:
    """Write the candidates of an account into ``found``, and return how many there are."""
    many = 0
    for place in range(len(phases)):
        phase = phases[place]
        number, needed = phase["number"], fewest[phase["cycle"]]
        begin, end = phase["start"] + _LANES * number, ends[number]
        if quiet[number] or end - begin < needed[0]:
            continue
        line[end : end + _LANES] = np.inf
        fullest(line[begin:], end - begin, needed, first, more)
        own, at = line[begin:end], places[begin:end]
        quiet[number] = True
        for width in range(len(more)):
            if more[width] > 0:
                last, one = first[width] + more[width], found[many]
                score = _weigh(own, at, keys, days, logs, width, needed[width], first[width], last, one)
                one["cycle"], one["place"] = phase["cycle"], phase["place"]
                quiet[number] &= score == _TOO_FEW
                many += score >= _LEAST_SCORE
    return many


@kernel(
    (np.int64, 2), (np.int64, 1), (np.int64, 1), (np.int64, 1), (PHASE, 1), (np.uint32, 2), (np.uint32, 2),
    (np.uint8, 2), (np.uint8, 2), (np.int64, 1), (np.bool_, 2), (np.int64, 2), (np.float64, 1), (CANDIDATE, 2),
)  # fmt: skip
def _look(
    by_size: _Whole,
    n_flows: _Whole,
    days: _Whole,
    rows: _Whole,
    phases: _Records,
    starts: _Unsigned,
    stops: _Unsigned,
    owner: _Small,
    due: _Small,
    origin: _Whole,
    quiet: _Flags,
    fewest: _Whole,
    logs: NDArray[np.float64],
    picks: _Records,
) -> None:
    """Write the picks of each of ``rows`` [c].

    ``origin`` [c] is the place of each row's in ``starts`` to ``due``, ``fewest`` are the hits that each
    cycle and width needs.
    """
    most, n = len(phases) * len(_RATIOS), phases[-1]["number"] + 1
    found, order = np.empty(most, picks.dtype), np.empty(_LOOKED_AT + 1, np.int64)
    room = phases[-1]["end"] + _LANES * n
    bits, places, ends = np.empty(room, np.uint32), np.empty(room, np.uint8), np.empty(n, np.uint32)
    line = bits.view(np.float32)
    first, more = np.zeros(len(_RATIOS), np.int64), np.zeros(len(_RATIOS), np.int64)
    for account in range(len(rows)):
        row, at = rows[account], origin[account]
        keys = by_size[row][: n_flows[row]]
        for phase in phases:
            ends[phase["number"]] = phase["start"] + _LANES * phase["number"]
        _line_up(keys, starts[at], stops[at], owner[at], due[at], bits, places, ends)
        many = _scan(line, places, ends, phases, fewest, keys, days[row], logs, quiet[row], first, more, found)
        _pick(found, order[: strongest(found[:many], order)], picks[account])
