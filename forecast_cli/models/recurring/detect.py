"""Detection of streams: the strongest are found and taken out of the flow, and the search is repeated on the rest."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.block import Block, build_block
from forecast_cli.models.recurring.candidates import find_candidates
from forecast_cli.models.recurring.history import estimate_history
from forecast_cli.models.recurring.lattices import MAX_DAYS, Lattices, build_lattices
from forecast_cli.models.recurring.order import update_keys
from forecast_cli.models.recurring.pairs import pair_streams
from forecast_cli.models.recurring.payments import find_payments
from forecast_cli.models.recurring.picks import pick_candidates
from forecast_cli.models.recurring.records import STREAM
from forecast_cli.models.recurring.seeds import build_seeds
from forecast_cli.models.recurring.settle import select_streams
from forecast_cli.models.recurring.streams import Streams, build_streams
from forecast_cli.models.recurring.taking import subtract_payments

#: Accounts in a block: 512 were 4 % faster than 256, and take some 8 MB.
_CHUNK: Final = 512

_Records = NDArray[Any]


def find_streams(panel: Panel) -> Streams:
    """Return the recurring payments of each account of ``panel``, found in its balances up to its origin.

    The streams of an account depend on that account alone, to the last bit. Never raises for a single account.
    """
    t = min(panel.y.shape[1], MAX_DAYS)
    explained = np.zeros(panel.y.shape)
    parts = [np.zeros(0, dtype=STREAM)]
    for start in range(0, len(panel) if t > 1 else 0, _CHUNK):  # a single day has no flow
        rows = slice(start, start + _CHUNK)
        found = _search_in_rounds(build_block(panel, rows, t), explained[rows])
        found["row"] += start
        parts.append(found)
    found = np.concatenate(parts)
    in_order = pair_streams(found.take(np.argsort(found["row"], kind="stable")))
    return build_streams(in_order, explained, panel.holidays)


def _search_in_rounds(block: Block, explained: NDArray[np.float64]) -> _Records:
    """Search the block in rounds, each time only the accounts in which the round before found streams."""
    parts: list[_Records] = []
    rows, rounds = np.arange(len(block.flow)), build_lattices(block.origins, block.t, block.holidays)
    quiet = np.zeros((len(rows), len(rounds[0].phases)), dtype=np.bool_)
    for round_lattices in rounds:
        found = _search_round(block, rows, round_lattices.of(rows), quiet, explained)
        parts.append(found)
        rows = np.unique(found["row"])
        if not len(rows):
            break
    return np.concatenate(parts)


def _search_round(
    block: Block, rows: NDArray[np.int64], lattices: Lattices, quiet: NDArray[np.bool_], explained: NDArray[np.float64]
) -> _Records:
    """Return the streams found in ``rows`` of a block, and take them out of its flow."""
    update_keys(block, rows, lattices, quiet)
    picks = pick_candidates(find_candidates(block, rows, lattices, quiet))
    streams, due = find_payments(block, *build_seeds(block, picks, rows))
    found, parts = estimate_history(block, select_streams(block, streams, due), due)
    subtract_payments(block, found, due, parts, explained)
    return found
