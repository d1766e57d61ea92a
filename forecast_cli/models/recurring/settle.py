"""Settling: selection of the strongest of streams with similar amounts, and of those to be taken out in this round."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.records import PAYMENT, STREAM

#: Bonus on the strength of streams whose amounts repeat when streams with similar amounts are compared.
_FIXED_BONUS: Final = 30.0
#: Streams whose amounts differ by less than this ratio may be one stream seen in two phases.
_SIMILAR_RATIO: Final = 1.45
#: Largest share of a stream's payments that may lie on days of streams with repeating amounts.
_MAX_SHARED: Final = 0.1

_Flags = NDArray[np.bool_]
_Ints = NDArray[np.int64]
_Records = NDArray[Any]


def select_streams(block: Block, streams: _Records, due: _Records) -> _Records:
    """Return the strongest of ``streams`` (``STREAM`` [m]) with similar amounts; ``due`` are their due days.

    A stream on the days of stronger ones with repeating amounts is left for a later round: once these are taken out,
    the flow left on a day is its own payment.
    """
    kept, order = np.zeros(len(streams), dtype=np.bool_), np.empty(len(streams), np.int64)
    _select_streams(streams, due, block.origins, kept, order, *np.empty((2, block.t), dtype=np.bool_))
    return streams.compress(kept)


@subroutine
def _rank_streams(streams: _Records, order: _Ints) -> None:
    """Fill ``order`` with the indices of streams by descending strength, with the bonus for repeating amounts."""
    for place in range(len(streams)):
        worth, at = streams[place]["strength"] + _FIXED_BONUS * streams[place]["fixed"], place
        while at > 0:
            other = streams[order[at - 1]]
            if other["strength"] + _FIXED_BONUS * other["fixed"] >= worth:
                break
            order[at] = order[at - 1]
            at -= 1
        order[at] = place


@subroutine
def _is_similar(one: float, other: float) -> bool:
    """Return whether streams with two median amounts may be one stream seen twice."""
    near = abs(one) <= _SIMILAR_RATIO * abs(other) and abs(other) <= _SIMILAR_RATIO * abs(one)
    return near and (one > 0.0) == (other > 0.0)


@subroutine
def _paid_span(due: _Records) -> tuple[int, int]:
    """Return the first and the last day on which a stream is paid."""
    first, last, some = 0, 0, False
    for back in range(len(due)):
        if due[back]["paid"]:
            first = due[back]["due"] + due[back]["offset"]
            last = last if some else first
            some = True
    return first, last


@subroutine
def _overlap(due: _Records, one: Any, other: Any) -> bool:
    """Return whether one stream is paid while the other is; a new job follows the old one with similar pay."""
    first, last = _paid_span(due[one["start"] : one["end"]])
    other_first, other_last = _paid_span(due[other["start"] : other["end"]])
    return first <= other_last and other_first <= last


@subroutine
def _keep_strongest(streams: _Records, due: _Records, order: _Ints, kept: _Flags) -> None:
    """Mark as kept each stream with strength above 0 that is not one kept before it in ``order``, seen again.

    It may be that where amounts are similar and payments overlap in time.
    """
    for place in range(len(streams)):
        one, distinct = order[place], streams[order[place]]["strength"] > 0.0
        for before in range(place):
            other = order[before]
            if distinct and kept[other] and _is_similar(streams[one]["median"], streams[other]["median"]):
                distinct = not _overlap(due, streams[one], streams[other])
        kept[one] = distinct


@subroutine
def _mark_days(due: _Records, start: int, paid: _Flags, busy: _Flags) -> None:
    """Mark the days from ``start`` on which a stream is ``paid``, and as ``busy`` also those that may contain it."""
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


@subroutine
def _count_shared(due: _Records, start: int, busy: _Flags) -> int:
    shared = 0
    for back in range(len(due)):
        shared += due[back]["paid"] and busy[due[back]["due"] + due[back]["offset"] - start]
    return shared


@kernel((STREAM, 1), (PAYMENT, 1), (np.int64, 1), (np.bool_, 1), (np.int64, 1), (np.bool_, 1), (np.bool_, 1))
def _select_streams(
    streams: _Records, due: _Records, origins: _Ints, kept: _Flags, order: _Ints, paid: _Flags, busy: _Flags
) -> None:
    """Fill ``kept`` with the streams to be kept; ``order`` [m], ``paid`` and ``busy`` [t] are overwritten."""
    first = 0
    while first < len(streams):
        row, behind = streams[first]["row"], first
        while behind < len(streams) and streams[behind]["row"] == row:
            behind += 1
        start = origins[row] - len(busy) + 1
        _rank_streams(streams[first:behind], order)
        _keep_strongest(streams[first:behind], due, order, kept[first:behind])
        paid[:], busy[:] = False, False
        for place in range(behind - first):
            number = first + order[place]
            one = streams[number]
            if kept[number] and one["fixed"]:
                kept[number] = _count_shared(due[one["start"] : one["end"]], start, paid) <= _MAX_SHARED * one["n_seen"]
                if kept[number]:
                    _mark_days(due[one["start"] : one["end"]], start, paid, busy)
        for number in range(first, behind):
            one = streams[number]
            if kept[number] and not one["fixed"]:
                shared = _count_shared(due[one["start"] : one["end"]], start, busy)
                kept[number] = shared <= _MAX_SHARED * one["n_seen"]
        first = behind
