"""Taking out: payments of streams are subtracted from the flow of their account, and added to its explained flow."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.records import PAYMENT, STREAM

#: A payment is taken out of a day's flow only if that is at least this share of it.
_MIN_SHARE: Final = 0.6

_Flags = NDArray[np.bool_]
_Flow = NDArray[np.float64]
_Records = NDArray[Any]


def subtract_payments(block: Block, streams: _Records, due: _Records, parts: _Flow, explained: _Flow) -> None:
    """Subtract the ``parts`` [d] of streams (``STREAM`` [m]) from the block's flow on their days ``due`` [d], in place.

    For each account and day, one payment is taken, then one hidden payment if enough flow is left. They are added to
    ``explained`` [c, days], whose last day is the origin.
    """
    seen = np.empty(block.flow.shape[1], dtype=np.bool_)
    _subtract_payments(block.flow, block.taken, block.eps, block.origins, streams, due, parts, seen, explained)


@subroutine
def _subtract_payment(
    flow: _Flow, taken: _Flags, seen: _Flags, explained: _Flow, column: int, value: float, eps: float
) -> None:
    """Take ``value`` out of a day's flow, unless another was ``seen`` there or the flow is too small to contain it."""
    t = len(flow) - 1
    if value == 0.0 or not 0 <= column < t or seen[column]:
        return
    if (flow[column] if value > 0.0 else -flow[column]) >= _MIN_SHARE * abs(value):
        left = flow[column] - value
        flow[column] = 0.0 if abs(left) <= 4 * eps else left
        taken[column], seen[column] = True, True
        explained[len(explained) - t + column] += value


@kernel(
    (np.float64, 2), (np.bool_, 2), (np.float64, 1), (np.int64, 1), (STREAM, 1), (PAYMENT, 1), (np.float64, 1),
    (np.bool_, 1), (np.float64, 2),
)  # fmt: skip
def _subtract_payments(
    flow: _Flow,
    taken: _Flags,
    eps: _Flow,
    origins: NDArray[np.int64],
    streams: _Records,
    due: _Records,
    parts: _Flow,
    seen: _Flags,
    explained: _Flow,
) -> None:
    """Take payments out account by account; ``seen`` [t + 1] is overwritten."""
    first = 0
    while first < len(streams):
        row, behind = streams[first]["row"], first
        while behind < len(streams) and streams[behind]["row"] == row:
            behind += 1
        start = origins[row] - flow.shape[1] + 2
        for kind in (True, False):
            seen[:] = False
            for number in range(first, behind):
                for place in range(streams[number]["start"], streams[number]["end"]):
                    one = due[place]
                    if one["paid"] == kind:
                        column = one["due"] + one["offset"] - start
                        _subtract_payment(flow[row], taken[row], seen, explained[row], column, parts[place], eps[row])
        first = behind
