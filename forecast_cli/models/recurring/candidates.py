"""Candidates: phases of a cycle on whose due days an amount recurs more often than on other days.

A *hit* is a due day with a flow in a range of amounts. For each phase and each of some widths, the range with the most
hits is taken. The score of a phase and a range is a log-likelihood ratio. Of the s due days from the first hit to the
last, h are hits; of the account's other days, a share p has such a flow. Days on which other flow may hide it are left
out of both. Then

score = h log(h / (s p)) + (s - h) log((s - h) / (s (1 - p))),

the likelihood of h hits at the observed rate against that at the rate of other days (the scan statistic of Kulldorff,
Communications in Statistics 26(6), 1997, with the range of amounts scanned besides the days).
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.lattices import Lattices
from forecast_cli.models.recurring.logs import log_table
from forecast_cli.models.recurring.records import CANDIDATE, PHASE
from forecast_cli.models.recurring.terms import MIN_HITS

#: Largest width of a range of amounts as a ratio of its ends, and the share of due days that must be hits. The first
#: width is that of equal amounts, up to the search's precision; the last is for amounts that follow the balance.
_RATIOS: Final = np.array([1 + 2.0**-15, 1.083, 1.383, 1.93, 20.0], dtype=np.float32)
_SHARES: Final = np.array([0.08, 0.25, 0.33, 0.4, 0.6])
#: Numbers of amounts, less one, for which the narrowest range that holds so many is computed, besides 1 to 8.
_LONG_STEPS: Final = np.array([9, 11, 13, 15, 17, 20, 23, 27, 32, 38, 45, 53, 62, 72, 84, 98])
#: Low bits of a ratio in single precision that are replaced by the index of its lower amount.
_PLACE_BITS: Final = np.uint32(127)
_NONE: Final = np.uint32(2**32 - 1)
#: Number of amounts compared at a time.
_LANES: Final = 8
#: Number of amounts after those of each phase, which are filled with infinity and place 0: no range contains infinity,
#: and place 0 lies between no others.
_BEHIND: Final = 16
#: Number of entries of a day, and of amounts, that are taken at a time where more than there are do no harm.
_FOUR: Final = np.uint32(4)
_WIDEST: Final = _RATIOS.view(np.uint32) | _PLACE_BITS
#: Tolerance for rounding at both ends of a range.
_WIDER, _NARROWER = np.float32(1 + 2.0**-20), np.float32(1 - 2.0**-20)
#: Bits of the key of a flow (see ``Block``): that of an outflow, those of the day, and the step to the next size.
_NEGATIVE: Final = 2**31
_DAY_BITS: Final = _NEGATIVE - 1
_NEXT_SIZE: Final = 2**32
#: Number of values of a byte, the most phases.
_PHASES: Final = 256
#: Larger than the index of any due day.
_NEVER: Final = np.uint32(255)
#: Score that a candidate needs: what the best of a few hundred phases and ranges reaches by chance, plus a margin.
_MIN_SCORE: Final = 9.0
#: Score of a range with too few hits.
_TOO_FEW: Final = -1.0
#: Most candidates of an account that are returned.
_MAX_RANKED: Final = 32
#: The flow of a day may hide a payment if it is at least this share of the payment's lowest amount.
_HIDING_SHARE: Final = 0.9

_Amounts = NDArray[np.float32]
_Flags = NDArray[np.bool_]
_Ints = NDArray[np.int64]
_Bytes = NDArray[np.uint8]
_Unsigned = NDArray[np.uint32]  # unsigned indices need no check for counting from the end
_Records = NDArray[Any]


def find_candidates(block: Block, rows: _Ints, lattices: Lattices, quiet: _Flags) -> _Records:
    """Return the strongest candidates of c ``rows`` of a block, [c, 32], strongest first, then of score 0.

    ``lattices`` holds the lattices of these rows. Phases that are ``quiet`` [block, p] are skipped. A phase becomes
    quiet if no range has enough hits, until the flow of one of its days changes.
    """
    ranked = np.zeros((len(rows), _MAX_RANKED), dtype=CANDIDATE)
    _search_accounts(
        block.by_size, block.n_flows, block.lengths, rows, lattices.phases, lattices.starts, lattices.stops,
        lattices.owner, lattices.due, lattices.place, quiet, MIN_HITS, log_table(), ranked,
    )  # fmt: skip
    return ranked


@subroutine
def _sort_into_phases(
    keys: _Ints,
    starts: _Unsigned,
    stops: _Unsigned,
    owner: _Bytes,
    due: _Bytes,
    line: _Unsigned,
    places: _Bytes,
    ends: _Unsigned,
) -> None:
    """Append each flow to the lines of the phases in which its day is due; in each, sizes ascend as those of ``keys``.

    ``line`` takes the bits of amounts, ``places`` the indices of the due days; ``ends`` [p] are the ends of the lines.
    A multiple of four entries is taken of each day, because the processor then rarely mispredicts their end.
    """
    for key in keys:
        day, bits = key & _DAY_BITS, np.uint32(key >> 32 | key & _NEGATIVE)
        start = starts[day]
        for at in range(start, start + (stops[day] - start + _FOUR - np.uint32(1)) // _FOUR * _FOUR):
            phase = owner[at]
            end = ends[phase]
            line[end], places[end] = bits, due[at]
            ends[phase] = end + np.uint32(1)


@subroutine
def _ratio(line: _Amounts, place: int, more: int) -> np.uint32:
    """Return the bits of the ratio of two amounts ``more`` places apart; its low bits are the index of the first.

    Bits of positive floats sort as the numbers do. Of ratios equal but for the low bits, that of the smallest amounts
    is the smallest.
    """
    bits = np.float32(abs(line[place + more] / line[place])).view(np.uint32)
    return np.uint32((bits & ~_PLACE_BITS) | np.uint32(place))


@subroutine
def _narrowest_ratio(line: _Amounts, n: int, more: int) -> np.uint32:
    """Return the smallest ratio of two of ``n`` amounts ``more`` places apart; those to infinity are larger."""
    best = _NONE
    for place in range((n - more + _LANES - 1) // _LANES * _LANES):
        best = min(best, _ratio(line, place, more))
    return best


@subroutine
def _narrowest_ratios(line: _Amounts, n: Any, best: _Unsigned) -> None:
    """Fill ``best`` [_LANES] with the smallest ratios of one of the first ``n`` amounts and one 1, 2, ... places on."""
    a = b = c = d = e = f = g = h = _NONE
    for place in range((n + _FOUR - np.uint32(1)) // _FOUR * _FOUR):
        a, b = min(a, _ratio(line, place, 1)), min(b, _ratio(line, place, 2))
        c, d = min(c, _ratio(line, place, 3)), min(d, _ratio(line, place, 4))
        e, f = min(e, _ratio(line, place, 5)), min(f, _ratio(line, place, 6))
        g, h = min(g, _ratio(line, place, 7)), min(h, _ratio(line, place, 8))
    best[0], best[1], best[2], best[3], best[4], best[5], best[6], best[7] = a, b, c, d, e, f, g, h


@subroutine
def _count_within(best: _Unsigned, widest: np.uint32) -> Any:
    """Return how many of ``best`` [_LANES], which ascend, are not above ``widest``."""
    n = np.uint32(0)
    for place in range(_LANES):
        n = np.uint32(n + np.uint32(best[place] <= widest))
    return n


@subroutine
def find_fullest_ranges(line: _Amounts, n: int, fewest: _Ints, first: _Ints, more: _Ints, best: _Unsigned) -> None:
    """Fill, for each width, the start of the range with most amounts, and how many ``more`` follow: 0 if too few.

    There are as many widths as ``fewest`` has entries. Of ranges with equally many, the narrowest is taken. The ``n``
    amounts of ``line`` ascend in absolute size, and are followed by infinity, ``_BEHIND`` times. ``best`` [_LANES] is
    overwritten.
    """
    more[-1] = 0
    _narrowest_ratios(line, np.uint32(n - fewest[0] + 1), best)
    for width in range(len(fewest)):
        step = _count_within(best, _WIDEST[width])
        first[width] = best[max(step, 1) - 1] & _PLACE_BITS
        more[width] = step if step >= max(fewest[0], fewest[width]) - 1 else 0
    if best[-1] > _WIDEST[len(fewest) - 1]:
        return
    for step in _LONG_STEPS:
        if step >= n:
            return
        if step >= fewest[0] - 1:
            narrowest = _narrowest_ratio(line, n, step)
            if narrowest > _WIDEST[len(fewest) - 1]:
                return
            for width in range(len(fewest)):
                if narrowest <= _WIDEST[width] and step >= fewest[width] - 1:
                    first[width], more[width] = narrowest & _PLACE_BITS, step


@subroutine
def _count_signs(line: _Amounts, low: float, high: float) -> tuple[Any, Any]:
    """Return the numbers of inflows and of outflows in ``line`` with sizes from ``low`` to ``high``.

    Like the next two functions, it passes over all amounts without branches: the processor would mispredict where a
    range begins and ends.
    """
    inflows, outflows = np.uint32(0), np.uint32(0)
    for place in range(len(line)):
        inside = (abs(line[place]) >= low) & (abs(line[place]) <= high)
        inflows = np.uint32(inflows + (inside & (line[place] > 0.0)))
        outflows = np.uint32(outflows + (inside & (line[place] < 0.0)))
    return np.int64(inflows), np.int64(outflows)


@subroutine
def _find_span(line: _Amounts, places: _Bytes, low: float, high: float) -> tuple[Any, Any]:
    """Return the newest and the oldest place of the signed amounts from ``low`` to ``high``, at least one."""
    newest, oldest = _NEVER, np.uint32(0)
    for number in range(len(line)):
        inside, place = (line[number] >= low) & (line[number] <= high), np.uint32(places[number])
        newest = min(newest, place if inside else _NEVER)
        oldest = max(oldest, place if inside else np.uint32(0))
    return np.int64(newest), np.int64(oldest)


@subroutine
def _count_hidden(
    line: _Amounts, places: _Bytes, least: float, low: float, high: float, between: tuple[int, int]
) -> Any:
    """Count places ``between`` two others with a flow of ``least`` or more, but none from ``low`` to ``high``."""
    hidden, newest, oldest = np.uint32(0), np.uint32(between[0]), np.uint32(between[1])
    for number in range(len(line)):
        size, place = abs(line[number]), np.uint32(places[number])
        outside = (size >= least) & ((size < low) | (size > high))
        hidden = np.uint32(hidden + (outside & (newest < place) & (place < oldest)))
    return np.int64(hidden)


@subroutine
def _lowest_key(size: float) -> Any:
    """Return the lowest key of a flow of ``size``."""
    return np.int64(np.float32(size).view(np.uint32)) << 32


@subroutine
def count_below(keys: _Ints, a: int, b: int, c: int) -> tuple[int, int, int]:
    """Return how many of ``keys`` (ascending, at least one) are smaller than ``a``, ``b`` and ``c``.

    This is a binary search for all three at once, without branches that the processor could mispredict.
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


@subroutine
def log_ratio(hits: int, span: int, around: int, days: int, logs: NDArray[np.float64]) -> Any:
    """Return the score of ``hits`` in ``span`` due days, where ``around`` of ``days`` other days have such a flow.

    The log-likelihood ratio of Bernoulli trials, hits log(r / p) + misses log((1 - r) / (1 - p)), of the share of hits
    r = hits / span against p = (around + 1/2) / (days + 1); 0 if r <= p. ``logs`` is ``log_table``.
    """
    if hits * (days + 1) <= (around + 0.5) * span:
        return 0.0
    miss = span - hits
    p, q = logs[2 * around + 1] - logs[2 * days + 2], logs[2 * (days - around) + 1] - logs[2 * days + 2]
    return hits * (logs[hits] - logs[span] - p) + miss * (logs[miss] - logs[span] - q)


@subroutine
def rank_candidates(found: _Records, order: _Ints) -> int:
    """Fill ``order`` with the indices of the strongest candidates, strongest first, and return how many there are.

    Equal scores are in the order of phases. ``order`` has room for ``_MAX_RANKED`` + 1 candidates.
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
        n = min(n + 1, _MAX_RANKED)
    return n


@subroutine
def _score_range(
    line: _Amounts,
    places: _Bytes,
    keys: _Ints,
    days: int,
    logs: NDArray[np.float64],
    width: int,
    needed: int,
    first: int,
    last: int,
    one: Any,
) -> Any:
    """Return the score of a range around the amounts of ``line`` from ``first`` to ``last``, and write it into ``one``.

    It is ``_TOO_FEW`` with fewer hits than ``needed``, or too small a share of hits; ``one`` is then left unchanged.
    """
    low = abs(line[last]) / _RATIOS[width] * _NARROWER
    high = abs(line[first]) * _RATIOS[width] * _WIDER
    inflows, outflows = _count_signs(line, low, high)
    hits, incoming = max(inflows, outflows), inflows > outflows
    if hits < needed or inflows == outflows:
        return _TOO_FEW
    newest, oldest = _find_span(line, places, low if incoming else -high, high if incoming else -low)
    span = oldest - newest + 1
    if hits < _SHARES[width] * span:
        return _TOO_FEW
    least = _HIDING_SHARE * low
    hidden = _count_hidden(line, places, least, low, high, (newest, oldest))
    below, lower, upper = count_below(keys, _lowest_key(least), _lowest_key(low), _lowest_key(high) + _NEXT_SIZE)
    fits, hides = upper - lower, len(keys) - below - upper + lower
    around, shown = max(fits - hits, 0), days - span - (hides - hidden)
    one["width"], one["low"], one["high"], one["least"], one["sign"] = width, low, high, least, 1 if incoming else -1
    one["fits"], one["hides"] = fits, hides
    one["score"] = log_ratio(hits, span - hidden, around, max(shown, around + 1), logs)
    return one["score"]


@subroutine
def _scan(
    line: _Amounts,
    places: _Bytes,
    ends: _Unsigned,
    phases: _Records,
    fewest: _Ints,
    keys: _Ints,
    days: int,
    logs: NDArray[np.float64],
    quiet: _Flags,
    first: _Ints,
    more: _Ints,
    best: _Unsigned,
    found: _Records,
) -> int:
    """Fill ``found`` with the candidates of an account, and return how many there are."""
    n_found = 0
    for place in range(len(phases)):
        phase = phases[place]
        number, needed = phase["number"], fewest[phase["cycle"]]
        needed = needed[: len(needed) - (needed[-1] < 0)]
        begin, end = phase["start"] + _BEHIND * number, ends[number]
        if quiet[number] or end - begin < needed[0]:
            continue
        line[end : end + _BEHIND], places[end : end + _BEHIND] = np.inf, 0
        find_fullest_ranges(line[begin:], end - begin, needed, first, more, best)
        behind = begin + (end - begin + _LANES - 1) // _LANES * _LANES
        own, at = line[begin:behind], places[begin:behind]
        quiet[number] = True
        for width in range(len(more)):
            if more[width] > 0:
                last, one = first[width] + more[width], found[n_found]
                score = _score_range(own, at, keys, days, logs, width, needed[width], first[width], last, one)
                one["cycle"], one["place"] = phase["cycle"], phase["place"]
                quiet[number] &= score == _TOO_FEW
                n_found += score >= _MIN_SCORE
    return n_found


@kernel(
    (np.int64, 2), (np.int64, 1), (np.int64, 1), (np.int64, 1), (PHASE, 1), (np.uint32, 2), (np.uint32, 2),
    (np.uint8, 2), (np.uint8, 2), (np.int64, 1), (np.bool_, 2), (np.int64, 2), (np.float64, 1), (CANDIDATE, 2),
)  # fmt: skip
def _search_accounts(
    by_size: _Ints,
    n_flows: _Ints,
    days: _Ints,
    rows: _Ints,
    phases: _Records,
    starts: _Unsigned,
    stops: _Unsigned,
    owner: _Bytes,
    due: _Bytes,
    origin: _Ints,
    quiet: _Flags,
    fewest: _Ints,
    logs: NDArray[np.float64],
    ranked: _Records,
) -> None:
    """Fill the strongest candidates of each of ``rows`` [c].

    ``origin`` [c] is the index of each row's origin in ``starts`` to ``due``; ``fewest`` are the hits needed for each
    cycle and width.
    """
    max_found, n = len(phases) * len(_RATIOS), phases[-1]["number"] + 1
    found, order = np.empty(max_found, ranked.dtype), np.empty(_MAX_RANKED + 1, np.int64)
    unread = phases[-1]["end"] + _BEHIND * n
    line_size, ends = unread + int(_FOUR) * by_size.shape[1], np.empty(_PHASES, np.uint32)
    bits, places = np.empty(line_size, np.uint32), np.empty(line_size, np.uint8)
    line = bits.view(np.float32)
    first, more = np.zeros(len(_RATIOS), np.int64), np.zeros(len(_RATIOS), np.int64)
    best = np.empty(_LANES, np.uint32)
    for account in range(len(rows)):
        row, at = rows[account], origin[account]
        keys = by_size[row][: n_flows[row]]
        ends[:] = unread
        for phase in phases:
            ends[phase["number"]] = phase["start"] + _BEHIND * phase["number"]
        _sort_into_phases(keys, starts[at], stops[at], owner[at], due[at], bits, places, ends)
        n_found = _scan(line, places, ends, phases, fewest, keys, days[row], logs, quiet[row], first, more, best, found)
        for rank in range(rank_candidates(found[:n_found], order)):
            ranked[account, rank] = found[order[rank]]
