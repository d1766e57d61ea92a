"""Blocks: some accounts of a panel as the search for streams takes them, with the flow that is still unexplained."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel

#: Rounding of a difference of two balances, as a share of the largest.
_ROUNDING: Final = 2.0**-46
#: Share of a payment that a day's flow has to be to be taken for it.
_HELD: Final = 0.6


@dataclass(frozen=True)
class Block:
    """c accounts over the last t days.

    ``flow`` [c, t + 1] is the flow of each day that no stream explains yet, 0 where there is none, its last column 0;
    ``taken`` [c, t + 1] the days that a payment was taken out of. Both change as streams are found. ``eps`` [c] is what
    equal amounts may differ by, ``origins`` [c] in days since 1970-01-01, ``lengths`` [c] days of history, at most t.
    """

    flow: NDArray[np.float64]
    taken: NDArray[np.bool_]
    eps: NDArray[np.float64]
    origins: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @property
    def t(self) -> int:
        """Return the number of days."""
        return int(self.flow.shape[1]) - 1


@dataclass(frozen=True)
class Cells:
    """Parts of the flow that are payments: ``row`` of the block, ``day``, signed ``value``, ``paid`` or hidden."""

    row: NDArray[np.int64]
    day: NDArray[np.int64]
    value: NDArray[np.float64]
    paid: NDArray[np.bool_]


def block_of(panel: Panel, rows: slice, t: int) -> Block:
    """Return the block of some rows; flow that is not finite, or no more than rounding, is none."""
    y = panel.y[rows]
    size = np.abs(y)
    eps = _ROUNDING * np.max(size, axis=1, initial=0.0, where=~np.isnan(size))
    flow = np.zeros((len(y), t + 1))
    with np.errstate(over="ignore", invalid="ignore"):
        change = np.diff(y[:, -(t + 1) :], axis=1)[:, -t:]
        flow[:, t - change.shape[1] : t] = change
        np.copyto(flow, 0.0, where=~(np.isfinite(flow) & (np.abs(flow) > eps[:, None])))
    origins = panel.origins[rows].astype("datetime64[D]").astype(np.int64)
    return Block(flow, np.zeros(flow.shape, dtype=np.bool_), eps, origins, np.minimum(panel.lengths[rows], t))


def take_out(block: Block, cells: Cells) -> Cells:
    """Take payments out of the block's flow, one of a day, and hidden ones where enough is left; return those taken."""
    column = cells.day - block.origins[cells.row] + block.t - 1
    on_axis = (column >= 0) & (column < block.t) & (cells.value != 0.0)
    done = []
    for kind in (cells.paid, ~cells.paid):
        held = block.flow[cells.row, np.clip(column, 0, block.t)] * np.sign(cells.value) >= _HELD * np.abs(cells.value)
        at = np.flatnonzero(on_axis & kind & held)
        at = at[np.unique(cells.row[at] * (block.t + 1) + column[at], return_index=True)[1]]
        row, place, value = cells.row[at], column[at], cells.value[at]
        left = block.flow[row, place] - value
        block.flow[row, place] = np.where(np.abs(left) <= 4 * block.eps[row], 0.0, left)
        block.taken[row, place] = True
        done.append(at)
    every = np.concatenate(done)
    return Cells(cells.row[every], cells.day[every], cells.value[every], cells.paid[every])
