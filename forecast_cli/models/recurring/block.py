"""Blocks: some accounts of a panel as the search for streams takes them, with the flow that is still unexplained."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.compiled import kernel
from forecast_cli.models.recurring.cycles import LATEST
from forecast_cli.models.rows import in_c_order

#: Rounding of a difference of two balances, as a share of the largest.
_ROUNDING: Final = 2.0**-46
#: Stands behind the keys of a row: larger than any.
_NO_KEY: Final = 2**63 - 1
#: Days before the first from which a rule and being late can move a payment to it, and more.
_BEFORE: Final = 14


@dataclass(frozen=True)
class Block:
    """c accounts over the last t days.

    ``flow`` [c, t + 1] is the flow of each day that no stream explains yet, 0 where there is none, its last column 0;
    ``taken`` [c, t + 1] the days that a payment was taken out of; the first ``n_flows`` [c] keys ``by_size`` [c, t + 1]
    are its days in order of size: the bits of the size, in single precision, before one that is set where money goes
    out and 31 of the day. All these change as streams are found. ``eps`` [c] is what equal amounts may differ by,
    ``origins`` [c] in days since 1970-01-01, ``lengths`` [c] days of history, at most t. ``holidays`` is
    the panel's calendar.
    """

    flow: NDArray[np.float64]
    taken: NDArray[np.bool_]
    by_size: NDArray[np.int64]
    n_flows: NDArray[np.int64]
    eps: NDArray[np.float64]
    origins: NDArray[np.int64]
    lengths: NDArray[np.int64]
    holidays: str

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
    _fill(in_c_order(y), flow, eps)
    by_size, n_flows = ascending(flow)
    origins = panel.origins[rows].astype("datetime64[D]").astype(np.int64)
    taken = np.zeros(flow.shape, dtype=np.bool_)
    return Block(flow, taken, by_size, n_flows, eps, origins, np.minimum(panel.lengths[rows], t), panel.holidays)


def ascending(flow: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the keys (``Block``) of each row's flows by their size, [c, t + 1], and how many there are, [c].

    Positive numbers are ordered as their bits are.
    """
    keys, n_flows = np.empty(flow.shape, dtype=np.int64), np.empty(len(flow), dtype=np.int64)
    _set_keys(flow, keys, n_flows)
    keys.sort(axis=1)
    return keys, n_flows


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


@kernel((np.float64, 2), (np.int64, 2), (np.int64, 1))
def _set_keys(flow: NDArray[np.float64], keys: NDArray[np.int64], n_flows: NDArray[np.int64]) -> None:
    """Write the keys of each row's flows to its front; what is too large for single precision is none.

    A day without flow is written, too, and written over.
    """
    for row in range(len(flow)):
        n = 0
        for day in range(flow.shape[1]):
            size, out = np.float32(abs(flow[row, day])), flow[row, day] < 0.0
            keys[row, n] = np.int64(size.view(np.uint32)) << 32 | np.int64(out) << 31 | day
            n += int(0.0 < size < np.inf)
        keys[row, n:] = _NO_KEY
        n_flows[row] = n
