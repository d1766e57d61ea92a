"""Ranges: for each phase of a cycle the amounts that most of its days have, and how many of them do."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.cycles import Cycle
from forecast_cli.models.recurring.ordering import ordered_lines

#: How wide a range of amounts may be, as a share of its lower end, the share of due days that it has to hit, and the
#: hits it needs besides those of its cycle. The first takes equal amounts, as far as the search tells them apart.
WIDTHS: Final = ((2.0**-15, 0.08, 0), (0.083, 0.25, 1), (0.383, 0.33, 2), (0.93, 0.4, 4))
#: Hits that a cycle needs at least.
FEWEST: Final = {Cycle.WEEKLY: 5, Cycle.BIWEEKLY: 4, Cycle.MONTHLY: 3, Cycle.QUARTERLY: 3}
#: Hits that it needs of equal amounts: two are told from chance where no other due day speaks against them.
FEWEST_EQUAL: Final = {**FEWEST, Cycle.MONTHLY: 2}
#: Numbers of amounts, less one, for which the narrowest range that holds them is looked for.
_LADDER: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15, 17, 20, 23, 27, 32, 38, 45, 53, 62, 72, 84, 98)
#: Low bits of a ratio in single precision that make room for the place of its lower amount.
_PLACE_BITS: Final = np.uint32(127)
#: Payments of a stream that are looked at: their places fit into these bits.
MOST_PAYMENTS: Final = 126

#: Room for rounding at both ends of a range.
_MARGIN: Final = np.float32(2.0**-20)

#: Amounts worked on at a time: enough that a call into numpy is worth it.
_AT_ONCE: Final = 500_000
_NONE: Final = np.uint32(2**32 - 1)

_Sizes = NDArray[np.float32]


@dataclass(frozen=True)
class Ranges:
    """The m ranges of one cycle and one width: ``row`` of the account, ``place`` of the phase in its lattice.

    ``low`` and ``high`` bound the amounts, without sign; ``hits`` due days have one of them with the sign ``sign``, 1.0
    or -1.0, ``span`` due days lie between the first of these and the last, both counted. All [m].
    """

    cycle: Cycle
    width: int
    row: NDArray[np.int64]
    place: NDArray[np.int64]
    low: _Sizes
    high: _Sizes
    sign: NDArray[np.float64]
    hits: NDArray[np.int64]
    span: NDArray[np.int64]


def find_ranges(by_day: _Sizes, columns: NDArray[np.int64], cycle: Cycle) -> Iterator[Ranges]:
    """Return the ranges with the hits that candidates need; ``columns`` [k, p, c or 1] are a lattice's.

    ``by_day`` [t + 1, c] is the flow of c accounts, its last row 0.
    """
    t, c = len(by_day) - 1, by_day.shape[1]
    columns = columns[(columns < t).any(axis=(1, 2))]
    k, phases = columns.shape[:2]
    at_once = max(1, _AT_ONCE // max(k * c, 1))
    for first in range(0, phases if k else 0, at_once):
        some = columns[:, first : first + at_once]
        at = by_day[some[:, :, 0]] if some.shape[2] == 1 else by_day[some, np.arange(c)]
        at = at.reshape(k, -1)
        for one, (line, low, high) in zip(_sought(cycle), _fullest(ordered_lines(at), _sought(cycle)), strict=True):
            yield _hit_often(at, line, _opened(low, high, one), one, first=first, c=c)


@dataclass(frozen=True)
class _Sought:
    """A cycle and a width: the range's upper end is ``ratio`` times its lower one; how often it has to be hit."""

    cycle: Cycle
    number: int
    ratio: np.float32
    fewest: int
    share: float


@lru_cache
def _sought(cycle: Cycle) -> tuple[_Sought, ...]:
    return tuple(
        _Sought(cycle, number, np.float32(1.0 + width), (FEWEST if number else FEWEST_EQUAL)[cycle] + more, share)
        for number, (width, share, more) in enumerate(WIDTHS)
    )


def _fullest(ordered: _Sizes, sought: tuple[_Sought, ...]) -> list[tuple[NDArray[np.int64], _Sizes, _Sizes]]:
    """Return for each width the lines that have such a range, and the bounds of that which holds most of a line.

    ``ordered`` [k, m] are m lines of k sizes. Of ranges that hold as many the narrowest is taken, of those as narrow
    the one of the smallest amounts.
    """
    ladder = [more for more in _LADDER if min(one.fewest for one in sought) - 1 <= more < len(ordered)]
    narrowest = _narrowest(ordered, ladder, sought[-1].ratio)
    more = np.array(ladder[: len(narrowest)], dtype=np.int64)
    out = []
    for one in sought:
        from_here = int(np.searchsorted(more, one.fewest - 1))
        fits = narrowest[from_here:] <= (one.ratio.view(np.uint32) | _PLACE_BITS)
        many = np.add.reduce(fits.view(np.uint8), axis=0, dtype=np.uint8)  # as a step fits, so do those before it
        line = np.flatnonzero(many)
        step = from_here + many[line].astype(np.int64) - 1
        place = (narrowest[step, line] & _PLACE_BITS).astype(np.int64)
        out.append((line, ordered[place, line], ordered[place + more[step], line]))
    return out


def _narrowest(ordered: _Sizes, steps: list[int], widest: np.float32) -> NDArray[np.uint32]:
    """Return for each step of a ladder the narrowest ratio of each line, its place in the low bits: [steps, m].

    Steps from the first on that no line takes within ``widest`` are left out.
    """
    k, m = ordered.shape
    most = widest.view(np.uint32) | _PLACE_BITS
    out = np.empty((len(steps), m), dtype=np.uint32)
    room, places = np.empty(ordered.shape, dtype=np.float32), np.arange(k, dtype=np.uint32)[:, None]
    with np.errstate(invalid="ignore", over="ignore"):
        for number, more in enumerate(steps):
            coded = np.divide(ordered[more:], ordered[: k - more], out=room[: k - more]).view(np.uint32)
            coded &= ~_PLACE_BITS
            coded |= places[: k - more]
            np.minimum.reduce(coded, axis=0, out=out[number])
            if out[number].min(initial=_NONE) > most:
                return out[:number]
    return out


def _opened(low: _Sizes, high: _Sizes, sought: _Sought) -> tuple[_Sizes, _Sizes]:
    """Open a range to both sides, as far as the width allows from its other end."""
    return high / sought.ratio * (1 - _MARGIN), low * sought.ratio * (1 + _MARGIN)


def _hit_often(
    at: _Sizes, line: NDArray[np.int64], bounds: tuple[_Sizes, _Sizes], sought: _Sought, *, first: int, c: int
) -> Ranges:
    """Return the ranges of some lines of ``at`` that are hit as often as is sought."""
    sign, hits, span = _hits(at.take(line, axis=1), *bounds)
    some = np.flatnonzero((sign != 0.0) & (hits >= sought.fewest) & (hits >= sought.share * span))
    phase, row = np.divmod(line[some], c)
    low, high = bounds
    return Ranges(
        sought.cycle, sought.number, row, first + phase, low[some], high[some], sign[some], hits[some], span[some]
    )


def _hits(at: _Sizes, low: _Sizes, high: _Sizes) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the sign that most flows ``at`` [k, m] in a range have, how many do, and from which day to which."""
    size, place = np.abs(at), np.arange(1, len(at) + 1, dtype=np.uint8)[:, None]
    within = (size >= low) & (size <= high)
    rising = at > 0.0
    risen = within & rising
    n_in, n_all = (np.add.reduce(kind, axis=0, dtype=np.uint8).astype(np.int64) for kind in (risen, within))
    net = 2 * n_in - n_all
    hit = within & (rising == (net > 0))
    oldest = np.maximum.reduce(hit * place, axis=0, initial=0)
    newest = np.maximum.reduce(hit * place[::-1], axis=0, initial=0)
    span = oldest.astype(np.int64) + newest - len(at)
    return np.sign(net).astype(np.float64), np.where(net > 0, n_in, n_all - n_in), np.maximum(span, 1)
