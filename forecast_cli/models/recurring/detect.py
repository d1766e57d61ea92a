"""Detection: the strongest streams are found, taken out of the flow, and what is left is looked at again."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.block import Block, Cells, block_of, take_out
from forecast_cli.models.recurring.business_days import Rule
from forecast_cli.models.recurring.candidates import find_candidates
from forecast_cli.models.recurring.cycles import Cycle
from forecast_cli.models.recurring.lattices import MOST_DAYS, ROUNDS, lattices
from forecast_cli.models.recurring.pairs import pair_up
from forecast_cli.models.recurring.seeds import seeds_of
from forecast_cli.models.recurring.settle import Settled, settle
from forecast_cli.models.recurring.streams import Streams, streams_of

#: Accounts looked at together: enough that a call into numpy is worth it, few enough that they stay in the cache.
_CHUNK: Final = 512


def find_streams(panel: Panel) -> Streams:
    """Return the recurring payments of each account of ``panel``, found from its balances up to its origin.

    What is found in an account depends on it alone, to the last bit. Never raises for a single account.
    """
    t = min(panel.y.shape[1], MOST_DAYS)
    explained = np.zeros(panel.y.shape)
    parts: list[Settled] = []
    for start in range(0, len(panel) if t > 1 else 0, _CHUNK):  # a single day has no flow
        rows = slice(start, start + _CHUNK)
        found = _peel(block_of(panel, rows, t), explained[rows])
        parts += [replace(part, row=part.row + start) for part in found]
    return pair_up(streams_of(parts, explained))


def _peel(block: Block, explained: NDArray[np.float64]) -> list[Settled]:
    """Look at the block again and again, each time at the accounts in which streams were found the time before."""
    parts: list[Settled] = []
    left = np.arange(len(block.flow))
    for sought in ROUNDS:
        found = _look(block, left, sought)
        if not found:
            break
        cells = [part.cells for part in found]
        joined = (np.concatenate([getattr(one, name) for one in cells]) for name in ("row", "day", "value", "paid"))
        take_out(block, Cells(*joined), explained)
        left = np.unique(np.concatenate([part.row for part in found]))
        parts += found
    return parts


def _look(block: Block, left: NDArray[np.int64], sought: tuple[tuple[Cycle, Rule], ...]) -> list[Settled]:
    """Return the streams of some cycles that the rows ``left`` of a block show."""
    origins = block.origins[left]
    found = find_candidates(block.flow[left], block.lengths[left], lattices(sought, origins, block.t))
    return settle(block, seeds_of(found, left, origins))
