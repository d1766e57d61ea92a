"""Detection of streams: the strongest are found and taken out of the flow, and the search is repeated on the rest."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.block import Block, block_of
from forecast_cli.models.recurring.candidates import find_candidates
from forecast_cli.models.recurring.history import tell_history
from forecast_cli.models.recurring.lattices import MOST_DAYS, Lattices, lattices
from forecast_cli.models.recurring.order import bring_up
from forecast_cli.models.recurring.pairs import pair_up
from forecast_cli.models.recurring.payments import find_payments
from forecast_cli.models.recurring.records import STREAM
from forecast_cli.models.recurring.seeds import seeds_of
from forecast_cli.models.recurring.settle import settle
from forecast_cli.models.recurring.streams import Streams, streams_of
from forecast_cli.models.recurring.taking import take_out

#: Accounts in a block: 512 were 4 % faster than 256, and take some 8 MB.
_CHUNK: Final = 512

_Records = NDArray[Any]


def find_streams(panel: Panel) -> Streams:
    """Return the recurring payments of each account of ``panel``, found in its balances up to its origin.

    The streams of an account depend on that account alone, to the last bit. Never raises for a single account.
    """
    t = min(panel.y.shape[1], MOST_DAYS)
    explained = np.zeros(panel.y.shape)
    parts = [np.zeros(0, dtype=STREAM)]
    for start in range(0, len(panel) if t > 1 else 0, _CHUNK):  # a single day has no flow
        rows = slice(start, start + _CHUNK)
        found = _peel(block_of(panel, rows, t), explained[rows])
        found["row"] += start
        parts.append(found)
    found = np.concatenate(parts)
    in_order = pair_up(found.take(np.argsort(found["row"], kind="stable")))
    return streams_of(in_order, explained, panel.holidays)


def _peel(block: Block, explained: NDArray[np.float64]) -> _Records:
    """Search the block in rounds, each time only the accounts in which the round before found streams."""
    parts: list[_Records] = []
    left, rounds = np.arange(len(block.flow)), lattices(block.origins, block.t, block.holidays)
    quiet = np.zeros((len(left), len(rounds[0].phases)), dtype=np.bool_)
    for axis in rounds:
        found = _look(block, left, axis.of(left), quiet, explained)
        parts.append(found)
        left = np.unique(found["row"])
        if not len(left):
            break
    return np.concatenate(parts)


def _look(
    block: Block, left: NDArray[np.int64], axis: Lattices, quiet: NDArray[np.bool_], explained: NDArray[np.float64]
) -> _Records:
    """Return the streams found in the rows ``left`` of a block, and take them out of its flow."""
    bring_up(block, left, axis, quiet)
    picks = find_candidates(block, left, axis, quiet)
    streams, due = find_payments(block, *seeds_of(block, picks, left))
    found, parts = tell_history(block, settle(block, streams, due), due)
    take_out(block, found, due, parts, explained)
    return found
