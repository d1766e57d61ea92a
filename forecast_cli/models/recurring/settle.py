"""Settling: of streams of like amounts the strongest are kept, and of these what may be taken out by now."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, part
from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.records import PAYMENT, STREAM

#: What equal amounts are worth where streams of like amounts are held against each other.
_EQUAL: Final = 30.0
#: Amounts closer than this, as a ratio, may be one stream seen in two phases.
_APART: Final = 1.45
#: Share of the days of a stream on which one of equal amounts may be paid.
_SHARED: Final = 0.1

_Flags = NDArray[np.bool_]
_Whole = NDArray[np.int64]
_Records = NDArray[Any]


def settle(block: Block, streams: _Records, due: _Records) -> _Records:
    """Return those of the streams, of ``STREAM`` [m], that are the strongest of like amounts; ``due`` are their days.

    What comes on the days of stronger ones of equal amounts waits: once these are taken out, what is left of a day is
    what the other brings.
    """
    kept, order = np.zeros(len(streams), dtype=np.bool_), np.empty(len(streams), np.int64)
    _settle(streams, due, block.origins, kept, order, *np.empty((2, block.t), dtype=np.bool_))
    return streams.compress(kept)


@part
def _rank(streams: _Records, order: _Whole) -> None:
    """Write the places of streams by what they are worth, the most first."""
    for place in range(len(streams)):
        worth, at = streams[place]["strength"] + _EQUAL * streams[place]["fixed"], place
        while at > 0:
            other = streams[order[at - 1]]
            if other["strength"] + _EQUAL * other["fixed"] >= worth:
                break
            order[at] = order[at - 1]
            at -= 1
        order[at] = place


@part
def _alike(one: float, other: float) -> bool:
    """Say whether streams of two median amounts may be one seen twice."""
    near = abs(one) <= _APART * abs(other) and abs(other) <= _APART * abs(one)
    return near and (one > 0.0) == (other > 0.0)


@part
def _keep_strongest(streams: _Records, order: _Whole, kept: _Flags) -> None:
    """Keep each stream of any strength that none kept before it in ``order`` is like."""
    for place in range(len(streams)):
        one, alone = order[place], streams[order[place]]["strength"] > 0.0
        for before in range(place):
            other = order[before]
            alone &= not (kept[other] and _alike(streams[one]["median"], streams[other]["median"]))
        kept[one] = alone


@part
def _mark(due: _Records, start: int, paid: _Flags, busy: _Flags) -> None:
    """Mark the days, from ``start`` on, that a stream is ``paid`` on, and those on which it may be part of what is."""
    newest, oldest = len(due), -1
    for back in range(len(due)):
        if due[back]["paid"]:
            newest, oldest = min(newest, back), back
    for back in range(newest, oldest + 1):
        column = due[back]["due"] + due[back]["offset"] - start
        if due[back]["paid"]:
            paid[column], busy[column] = True, True
        elif due[back]["within"]:
            busy[column] = True


@part
def _count_shared(due: _Records, start: int, busy: _Flags) -> int:
    shared = 0
    for back in range(len(due)):
        shared += due[back]["paid"] and busy[due[back]["due"] + due[back]["offset"] - start]
    return shared


@kernel((STREAM, 1), (PAYMENT, 1), (np.int64, 1), (np.bool_, 1), (np.int64, 1), (np.bool_, 1), (np.bool_, 1))
def _settle(
    streams: _Records, due: _Records, origins: _Whole, kept: _Flags, order: _Whole, paid: _Flags, busy: _Flags
) -> None:
    """Say which streams are kept; ``order`` [m], ``paid`` and ``busy`` [t] are written over."""
    first = 0
    while first < len(streams):
        row, behind = streams[first]["row"], first
        while behind < len(streams) and streams[behind]["row"] == row:
            behind += 1
        start = origins[row] - len(busy) + 1
        _rank(streams[first:behind], order)
        _keep_strongest(streams[first:behind], order, kept[first:behind])
        paid[:], busy[:] = False, False
        for place in range(behind - first):
            number = first + order[place]
            one = streams[number]
            if kept[number] and one["fixed"]:
                kept[number] = _count_shared(due[one["start"] : one["end"]], start, paid) <= _SHARED * one["n_seen"]
                if kept[number]:
                    _mark(due[one["start"] : one["end"]], start, paid, busy)
        for number in range(first, behind):
            one = streams[number]
            if kept[number] and not one["fixed"]:
                shared = _count_shared(due[one["start"] : one["end"]], start, busy)
                kept[number] = shared <= _SHARED * one["n_seen"]
        first = behind
