"""Settling: a candidate's payments are looked at one by one, and it is kept as a stream if they bear it out."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.block import Block, Cells
from forecast_cli.models.recurring.cycles import LATEST, Phases
from forecast_cli.models.recurring.history import History, tell_history
from forecast_cli.models.recurring.payments import Payments, find_payments
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
    clear = [part.take(_is_clear(block, part, taken)) for part in parts]
    return [_finished(block, part) for part in clear if len(part.seeds)]


@dataclass(frozen=True)
class _Part:
    seeds: _Records
    payments: Payments

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "_Part":
        return _Part(self.seeds[rows], self.payments.take(rows))


def _hold_up(block: Block, seeds: _Records, count: int) -> _Part:
    """Return the seeds that hold up; of a cycle and the shorter one that holds it, the one that does so better."""
    coarse, m = np.flatnonzero(phases_in(seeds).coarse), len(seeds)
    every = np.concatenate([seeds, finer_of(seeds[coarse])])
    payments = find_payments(block, every, count)
    held = np.zeros(len(every))
    held[payments.streams["seed"]] = payments.streams["strength"]
    finer = held[m:] > held[coarse]
    held[np.concatenate([coarse[finer], m + np.flatnonzero(~finer)])] = 0.0
    kept = np.flatnonzero(held[payments.streams["seed"]])
    return _Part(every[payments.streams["seed"][kept]], payments.take(kept))


def _strongest(parts: list[_Part]) -> list[_Part]:
    """Return the streams of each part that are the strongest of like amounts, those of equal amounts before others."""
    row, streams = (
        np.concatenate(each)
        for each in zip(*((part.seeds["row"], part.payments.streams) for part in parts), strict=True)
    )
    kept = strongest(row, streams["strength"] + _EQUAL * streams["fixed"], streams["median"])
    ends = np.cumsum([len(part.seeds) for part in parts])
    return [part.take(own) for part, own in zip(parts, np.split(kept, ends[:-1]), strict=True)]


def _days_of_equal_amounts(block: Block, parts: list[_Part]) -> NDArray[np.bool_]:
    """Say on which days [c, t + 1] of a block a stream of equal amounts is paid, or may be a part of what is."""
    taken = np.zeros(block.flow.shape, dtype=np.bool_)
    for part in parts:
        fixed = part.take(part.payments.streams["fixed"])
        due = fixed.payments.due
        stream, place = np.nonzero(due["paid"] | (due["within"] & fixed.payments.inside()))
        taken[fixed.seeds["row"][stream], _columns(block, fixed)[stream, place]] = True
    return taken


def _is_clear(block: Block, part: _Part, taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say which streams may be taken out with the others: what varies on the days of equal amounts is looked at again.

    Once these are taken out, what is left of a day is what the stream that varies brings.
    """
    streams, paid = part.payments.streams, part.payments.due["paid"]
    shared = np.count_nonzero(paid & taken[part.seeds["row"][:, None], _columns(block, part)], axis=1)
    return np.asarray(streams["fixed"] | (shared <= _SHARED * streams["n_seen"]))


def _columns(block: Block, part: _Part) -> NDArray[np.int64]:
    """Return the places of payments [m, k] on the block's axis; t where a day is not on it."""
    due = part.payments.due
    column = due["due"] + due["offset"] - block.origins[part.seeds["row"]][:, None] + block.t - 1
    return np.where((column >= 0) & (column < block.t), column, block.t)


def _finished(block: Block, part: _Part) -> Settled:
    row = part.seeds["row"]
    history = tell_history(part.payments, eps=block.eps[row], origin=block.origins[row])
    stream, place = np.nonzero(history.explained)
    cells = Cells(
        row[stream], history.day[stream, place], history.explained[stream, place],
        part.payments.due["paid"][stream, place],
    )  # fmt: skip
    streams = part.payments.streams
    return Settled(row, phases_in(part.seeds), streams["rule"], streams["strength"], history, cells)
