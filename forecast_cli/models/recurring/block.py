"""Blocks: some accounts of a panel as the search for streams takes them, with the flow that is still unexplained."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.compiled import kernel
from forecast_cli.models.recurring.cycles import LATEST

#: Rounding of a difference of two balances, as a share of the largest.
_ROUNDING: Final = 2.0**-46
#: Days before the first from which a rule and being late can move a payment to it, and more.
_BEFORE: Final = 14


@dataclass(frozen=True)
class Block:
    """c accounts over the last t days.

    ``flow`` [c, t + 1] is the flow of each day that no stream explains yet, 0 where there is none, its last column 0;
    ``taken`` [c, t + 1] the days that a payment was taken out of; the first ``n_flows`` [c] keys ``by_size`` [c, t + 1]
    are its days in order of size: the bits of the size, in single precision, before 32 of the day. All these change as
    streams are found. ``eps`` [c] is what equal amounts may differ by, ``origins`` [c] in days since 1970-01-01,
    ``lengths`` [c] days of history, at most t.
    """

    flow: NDArray[np.float64]
    taken: NDArray[np.bool_]
    by_size: NDArray[np.int64]
    n_flows: NDArray[np.int64]
    eps: NDArray[np.float64]
    origins: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @property
    def t(self) -> int:
        """Return the number of days."""
        return int(self.flow.shape[1]) - 1

    @property
    def since(self) -> NDArray[np.int64]:
        """Return the first days due, [c], that are looked at."""
        return self.origins - self.t - _BEFORE

    @property
    def until(self) -> NDArray[np.int64]:
        """Return the last days due, [c], that are looked at."""
        return self.origins + LATEST


def block_of(panel: Panel, rows: slice, t: int) -> Block:
    """Return the block of some rows; flow that is not finite, or no more than rounding, is none."""
    y = panel.y[rows]
    eps, flow = np.zeros(len(y)), np.zeros((len(y), t + 1))
    _fill(np.ascontiguousarray(y), flow, eps)
    origins = panel.origins[rows].astype("datetime64[D]").astype(np.int64)
    taken, n_flows = np.zeros(flow.shape, dtype=np.bool_), np.full(len(flow), t + 1)
    return Block(flow, taken, ascending(flow), n_flows, eps, origins, np.minimum(panel.lengths[rows], t))


def ascending(flow: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return keys of each row's flows by their size: positive numbers are ordered as their bits are."""
    with np.errstate(over="ignore"):
        keys = np.abs(flow).astype(np.float32).view(np.int32).astype(np.int64) << 32
    keys |= np.arange(flow.shape[1])
    keys.sort(axis=1)
    return keys


@kernel((np.float64, 2), (np.float64, 2), (np.float64, 1))
def _fill(y: NDArray[np.float64], flow: NDArray[np.float64], eps: NDArray[np.float64]) -> None:
    """Write the ``flow`` [c, t + 1] of the last days of ``y`` [c, n], and the ``eps`` [c] of all of them."""
    for row in range(len(y)):
        largest = 0.0
        for value in y[row]:
            largest = abs(value) if abs(value) > largest else largest
        eps[row] = _ROUNDING * largest
        ago = y.shape[1] - flow.shape[1] + 1
        for day in range(max(1 - ago, 0), flow.shape[1] - 1):
            change = y[row, ago + day] - y[row, ago + day - 1]
            flow[row, day] = change if eps[row] < abs(change) < np.inf else 0.0
