"""Blocks: some accounts of a panel as the search for streams takes them, with the flow that is still unexplained."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.compiled import kernel, part

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


def take_out(block: Block, cells: Cells, explained: NDArray[np.float64]) -> None:
    """Take payments out of the block's flow, one of a day, then hidden ones where enough is left.

    They are added to ``explained`` [c, days], whose last day is the origin.
    """
    _take_out(
        block.flow, block.taken, block.eps, block.origins, cells.row, cells.day, cells.value, cells.paid,
        np.zeros(block.flow.shape, dtype=np.bool_), explained,
    )  # fmt: skip


@part
def _take(
    flow: NDArray[np.float64],
    taken: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    explained: NDArray[np.float64],
    column: int,
    value: float,
    eps: float,
) -> None:
    """Take ``value`` out of a day's flow, unless another of its kind was ``seen`` there or the day does not hold it."""
    t = len(flow) - 1
    if value == 0.0 or not 0 <= column < t or seen[column]:
        return
    if (flow[column] if value > 0.0 else -flow[column]) >= _HELD * abs(value):
        left = flow[column] - value
        flow[column] = 0.0 if abs(left) <= 4 * eps else left
        taken[column], seen[column] = True, True
        explained[len(explained) - t + column] += value


@kernel(
    (np.float64, 2), (np.bool_, 2), (np.float64, 1), (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.float64, 1),
    (np.bool_, 1), (np.bool_, 2), (np.float64, 2),
)  # fmt: skip
def _take_out(
    flow: NDArray[np.float64],
    taken: NDArray[np.bool_],
    eps: NDArray[np.float64],
    origins: NDArray[np.int64],
    row: NDArray[np.int64],
    day: NDArray[np.int64],
    value: NDArray[np.float64],
    paid: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    explained: NDArray[np.float64],
) -> None:
    for kind in (True, False):
        seen[:] = False
        for cell in range(len(row)):
            if paid[cell] == kind:
                own, column = row[cell], day[cell] - origins[row[cell]] + flow.shape[1] - 2
                _take(flow[own], taken[own], seen[own], explained[own], column, value[cell], eps[own])
