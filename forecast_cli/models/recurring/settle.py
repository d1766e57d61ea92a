"""Settling: a candidate's payments are looked at one by one, and it is kept as a stream if they bear it out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.block import Block, Cells
from forecast_cli.models.recurring.candidates import Flows
from forecast_cli.models.recurring.cycles import Phases
from forecast_cli.models.recurring.evidence import (
    LEAST_STRENGTH,
    borne_out,
    columns_of,
    least_strength,
    often_paid,
    strength_of,
)
from forecast_cli.models.recurring.history import Amounts, History, amounts_of, tell_history
from forecast_cli.models.recurring.payments import LATEST, Payments, Seeds, find_payments
from forecast_cli.models.recurring.picks import strongest

#: What equal amounts are worth where streams of like amounts are held against each other.
_EQUAL: Final = 30.0
#: Share of the days of a stream that varies on which one of equal amounts may be paid.
_SHARED: Final = 0.1


@dataclass(frozen=True)
class Settled:
    """The m streams of a block: ``row``, ``phases``, ``rule``, ``strength`` [m], ``history`` and cells."""

    row: NDArray[np.int64]
    phases: Phases
    rule: NDArray[np.int64]
    strength: NDArray[np.float64]
    history: History
    cells: Cells


def settle(block: Block, flows: Flows, seeds: Seeds, *, left: NDArray[np.int64]) -> list[Settled]:
    """Return the seeds that hold up, of those of like amounts the strongest; ``flows`` are of the rows ``left`` [l]."""
    parts = []
    for own, step in ((seeds.phases.by_week, 7), (~seeds.phases.by_week, 28)):
        if own.any():
            parts.append(_hold_up(block, flows, seeds.take(own), left=left, count=(block.t + LATEST) // step + 2))
    parts = _strongest(parts) if parts else []
    taken = _days_of_equal_amounts(block, parts)
    clear = [_take(part, np.flatnonzero(_is_clear(block, part, taken))) for part in parts]
    return [_finished(block, part) for part in clear if len(part.row)]


@dataclass(frozen=True)
class _Part:
    row: NDArray[np.int64]
    phases: Phases
    strength: NDArray[np.float64]
    payments: Payments
    amounts: Amounts


def _hold_up(block: Block, flows: Flows, seeds: Seeds, *, left: NDArray[np.int64], count: int) -> _Part:
    seeds, m = seeds.with_finer(), len(seeds.row)
    payments = find_payments(
        block.flow, seeds, taken=block.taken, origins=block.origins, lengths=block.lengths, count=count
    )
    inside = payments.inside() & payments.known
    strength = strength_of(flows, np.searchsorted(left, seeds.row), seeds, payments, inside)
    n_due, often = often_paid(seeds, payments, inside)
    some = np.flatnonzero(often & (strength >= LEAST_STRENGTH))
    own, payments = seeds.take(some), payments.take(some)
    amounts = amounts_of(payments, block.eps[own.row])
    kept = borne_out(block, own, payments, amounts, n_due[some]) & (strength[some] >= least_strength(amounts, own))
    held = np.zeros_like(strength)
    held[some] = np.where(kept, strength[some], 0.0)
    coarse = np.flatnonzero(seeds.phases.coarse[:m])
    finer = held[m:] > held[coarse]
    held[np.concatenate([coarse[finer], m + np.flatnonzero(~finer)])] = 0.0
    part = _Part(seeds.row[some], seeds.phases.take(some), held[some], payments, amounts)
    return _take(part, np.flatnonzero(part.strength))


def _take(part: _Part, rows: NDArray[np.int64]) -> _Part:
    return _Part(
        part.row[rows], part.phases.take(rows), part.strength[rows], part.payments.take(rows), part.amounts.take(rows)
    )


def _strongest(parts: list[_Part]) -> list[_Part]:
    """Return the streams of each part that are the strongest of like amounts, those of equal amounts before others."""
    row, median = np.concatenate([part.row for part in parts]), np.concatenate([part.amounts.median for part in parts])
    strength = np.concatenate([part.strength + _EQUAL * part.amounts.fixed for part in parts])
    kept = np.zeros(len(row), dtype=np.bool_)
    kept[strongest(row, strength, median)] = True
    ends = np.cumsum([len(part.row) for part in parts])
    return [_take(part, np.flatnonzero(own)) for part, own in zip(parts, np.split(kept, ends[:-1]), strict=True)]


def _days_of_equal_amounts(block: Block, parts: list[_Part]) -> NDArray[np.bool_]:
    """Say on which days [c, t + 1] of a block a stream of equal amounts is paid, or may be a part of what is."""
    taken = np.zeros(block.flow.shape, dtype=np.bool_)
    for part in parts:
        fixed = np.flatnonzero(part.amounts.fixed)
        payments = part.payments.take(fixed)
        stream, place = np.nonzero(payments.paid | (payments.within & payments.inside()))
        taken[part.row[fixed][stream], columns_of(block, part.row[fixed], payments)[stream, place]] = True
    return taken


def _is_clear(block: Block, part: _Part, taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say which streams may be taken out with the others: what varies on the days of equal amounts is looked at again.

    Once these are taken out, what is left of a day is what the stream that varies brings.
    """
    paid = part.payments.paid
    shared = np.count_nonzero(paid & taken[part.row[:, None], columns_of(block, part.row, part.payments)], axis=1)
    return np.asarray(part.amounts.fixed | (shared <= _SHARED * np.count_nonzero(paid, axis=1)))


def _finished(block: Block, part: _Part) -> Settled:
    payments, eps = part.payments, block.eps[part.row]
    history = tell_history(payments, part.amounts, eps=eps, origin=block.origins[part.row])
    some = history.explained != 0.0
    row = np.broadcast_to(part.row[:, None], some.shape)[some]
    cells = Cells(row, history.day[some], history.explained[some], payments.paid[some])
    return Settled(part.row, part.phases, payments.rule, part.strength, history, cells)
