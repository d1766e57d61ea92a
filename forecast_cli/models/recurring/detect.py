"""Detection: the strongest streams are found, taken out of the flow, and what is left is looked at again."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.block import Block, Cells, block_of, take_out
from forecast_cli.models.recurring.business_days import Rule
from forecast_cli.models.recurring.candidates import Candidates, find_candidates, flows_of
from forecast_cli.models.recurring.cycles import Cycle, Phases
from forecast_cli.models.recurring.lattices import ROUNDS, lattice, phases_of
from forecast_cli.models.recurring.pairs import pair_up
from forecast_cli.models.recurring.payments import Seeds
from forecast_cli.models.recurring.picks import pick
from forecast_cli.models.recurring.ranges import FEWEST, MOST_PAYMENTS
from forecast_cli.models.recurring.settle import Settled, settle
from forecast_cli.models.recurring.streams import Streams, streams_of

#: Days of history that are looked at, whole weeks: what came to an end before does not tell what is to come.
MOST_DAYS: Final = 7 * MOST_PAYMENTS
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
        taken = take_out(block, Cells(*joined))
        column = taken.day - block.origins[taken.row] + explained.shape[1] - 1
        np.add.at(explained, (taken.row, column), taken.value)
        left = np.unique(np.concatenate([part.row for part in found]))
        parts += found
    return parts


def _look(block: Block, left: NDArray[np.int64], sought: tuple[tuple[Cycle, Rule], ...]) -> list[Settled]:
    """Return the streams of some cycles that the rows ``left`` of a block show."""
    distinct, place = np.unique(block.origins[left], return_inverse=True)
    flows = flows_of(block.flow[left], block.lengths[left])
    lattices = []
    for cycle, rule in sought:
        columns = lattice(cycle, rule, distinct, block.t).columns
        lattices.append((cycle, columns[:, :, place] if columns.shape[2] > 1 else columns))
    every = find_candidates(flows, lattices)
    return settle(block, flows, _seeds(every, pick(every), block.origins, left=left), left=left)


def _seeds(
    found: Candidates, picks: NDArray[np.int64], origins: NDArray[np.int64], *, left: NDArray[np.int64]
) -> Seeds:
    row, cycle = left[found.row[picks]], found.cycle[picks]
    phases = Phases(cycle, np.zeros_like(cycle), np.zeros_like(cycle))
    for kind in FEWEST:
        own = cycle == kind
        part = phases_of(kind, origins[row[own]], found.place[picks][own])
        phases.residue[own], phases.anchor[own] = part.residue, part.anchor
    return Seeds(row, phases, found.low[picks], found.high[picks], found.sign[picks])
