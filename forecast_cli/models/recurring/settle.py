"""Settling: a candidate's payments are looked at one by one, and it is kept as a stream if they bear it out."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.block import Block, Cells
from forecast_cli.models.recurring.cycles import LATEST, Phases
from forecast_cli.models.recurring.history import History, tell_history
from forecast_cli.models.recurring.payments import find_payments
from forecast_cli.models.recurring.picks import strongest
from forecast_cli.models.recurring.seeds import finer_of, phases_in

#: What equal amounts are worth where streams of like amounts are held against each other.
_EQUAL: Final = 30.0
#: Share of the days of a stream that varies on which one of equal amounts may be paid.
_SHARED: Final = 0.1

_Records = NDArray[Any]


@dataclass(frozen=True)
class Settled:
    """The m streams of a block: ``row``, ``phases``, ``rule``, ``strength`` [m], ``history`` and cells."""

    row: NDArray[np.int64]
    phases: Phases
    rule: NDArray[np.int64]
    strength: NDArray[np.float64]
    history: History
    cells: Cells


def settle(block: Block, seeds: _Records) -> list[Settled]:
    """Return the seeds that hold up, of those of like amounts the strongest."""
    by_week, parts = phases_in(seeds).by_week, []
    for own, step in ((by_week, 7), (~by_week, 28)):
        if own.any():
            parts.append(_hold_up(block, seeds[own], count=(block.t + LATEST) // step + 2))
    parts = _strongest(parts) if parts else []
    taken = _days_of_equal_amounts(block, parts)
    clear = [_clear(block, part, taken) for part in parts]
    return [_finished(block, part) for part in clear if len(part.seeds)]


@dataclass(frozen=True)
class _Part:
    """Streams [m] of ``STREAM`` with the ``seeds`` [m] they are of; of ``due`` [n, k] those at their places."""

    seeds: _Records
    streams: _Records
    due: _Records

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "_Part":
        return _Part(self.seeds[rows], self.streams[rows], self.due)

    @property
    def own_due(self) -> _Records:
        return np.asarray(self.due[self.streams["place"]])


def _hold_up(block: Block, seeds: _Records, count: int) -> _Part:
    """Return the seeds that hold up; of a cycle and the shorter one that holds it, the one that does so better."""
    coarse, m = np.flatnonzero(phases_in(seeds).coarse), len(seeds)
    every = np.concatenate([seeds, finer_of(seeds[coarse])])
    streams, due = find_payments(block, every, count)
    held = np.zeros(len(every))
    held[streams["seed"]] = streams["strength"]
    finer = held[m:] > held[coarse]
    held[np.concatenate([coarse[finer], m + np.flatnonzero(~finer)])] = 0.0
    return _Part(every[streams["seed"]], streams, due).take(held[streams["seed"]] > 0.0)


def _strongest(parts: list[_Part]) -> list[_Part]:
    """Return the streams of each part that are the strongest of like amounts, those of equal amounts before others."""
    row, streams = (
        np.concatenate(each) for each in zip(*((one.seeds["row"], one.streams) for one in parts), strict=True)
    )
    kept = strongest(row, streams["strength"] + _EQUAL * streams["fixed"], streams["median"])
    ends = np.cumsum([len(part.seeds) for part in parts])
    return [part.take(own) for part, own in zip(parts, np.split(kept, ends[:-1]), strict=True)]


def _days_of_equal_amounts(block: Block, parts: list[_Part]) -> NDArray[np.bool_]:
    """Say on which days [c, t + 1] of a block a stream of equal amounts is paid, or may be a part of what is."""
    taken = np.zeros(block.flow.shape, dtype=np.bool_)
    for part in parts:
        fixed = part.take(part.streams["fixed"])
        row, due = fixed.seeds["row"], fixed.own_due
        stream, place = np.nonzero(due["paid"] | (due["within"] & _inside(due["paid"])))
        taken[row[stream], _columns(block, row, due)[stream, place]] = True
    return taken


def _clear(block: Block, part: _Part, taken: NDArray[np.bool_]) -> _Part:
    """Return the streams that may be taken out: what varies on the days of equal amounts is looked at again.

    Once these are taken out, what is left of a day is what the stream that varies brings.
    """
    clear = part.streams["fixed"].copy()
    varies = part.take(~clear)
    row, due = varies.seeds["row"], varies.own_due
    shared = np.count_nonzero(due["paid"] & taken[row[:, None], _columns(block, row, due)], axis=1)
    clear[~clear] = shared <= _SHARED * varies.streams["n_seen"]
    return part.take(clear)


def _inside(paid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say which due days lie between the first payment and the last, both counted, [m, k]."""
    back = np.arange(paid.shape[1])
    newest, oldest = np.argmax(paid, axis=1), len(back) - 1 - np.argmax(paid[:, ::-1], axis=1)
    return np.asarray((back >= newest[:, None]) & (back <= oldest[:, None]))


def _columns(block: Block, row: NDArray[np.int64], due: _Records) -> NDArray[np.int64]:
    """Return the places of payments [m, k] on the block's axis; t where a day is not on it."""
    column = due["due"] + due["offset"] - block.origins[row][:, None] + block.t - 1
    return np.where((column >= 0) & (column < block.t), column, block.t)


def _finished(block: Block, part: _Part) -> Settled:
    row, due, streams = part.seeds["row"], part.own_due, part.streams
    history = tell_history(streams, due, eps=block.eps[row], origin=block.origins[row])
    stream, place = np.nonzero(history.explained)
    cells = Cells(row[stream], history.day[stream, place], history.explained[stream, place], due["paid"][stream, place])
    return Settled(row, phases_in(part.seeds), streams["rule"], streams["strength"], history, cells)
