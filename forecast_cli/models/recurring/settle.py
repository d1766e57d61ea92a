"""Settling: a candidate's payments are looked at one by one, and it is kept as a stream if they bear it out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.block import Block, Cells
from forecast_cli.models.recurring.candidates import Flows, count_between, multinomial_ratio
from forecast_cli.models.recurring.cycles import Cycle, Phases
from forecast_cli.models.recurring.history import Amounts, History, amounts_of, tell_history
from forecast_cli.models.recurring.payments import HIDING, LATEST, Payments, Seeds, find_payments
from forecast_cli.models.recurring.picks import strongest
from forecast_cli.models.recurring.ranges import FEWEST_EQUAL

#: Score a stream needs once its payments are settled: of equal amounts, of others by the quarter, and of others.
LEAST_STRENGTH: Final = 12.0
_LEAST_QUARTERLY: Final = 14.0
_LEAST_VARYING: Final = 20.0
#: What equal amounts are worth where streams of like amounts are held against each other.
_EQUAL: Final = 30.0
#: Share of due days that a stream is paid on, by other amounts and by equal ones, and the most that it misses, and one.
_PAID: Final = (0.45, 0.08)
_MISSED: Final = 0.2
#: How many times as often as on other days an amount comes on due days.
_OFTENER: Final = 3.0
#: Share of the days of a stream that varies on which one of equal amounts may be paid.
_SHARED: Final = 0.1
_FEWEST: Final = np.array([FEWEST_EQUAL.get(cycle, 0) for cycle in Cycle])


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
    strength = _strength(flows, np.searchsorted(left, seeds.row), seeds, payments, inside)
    n_due, often = _often(seeds, payments, inside)
    some = np.flatnonzero(often & (strength >= LEAST_STRENGTH))
    payments, amounts = payments.take(some), amounts_of(payments.take(some), block.eps[seeds.row[some]])
    share = np.where(amounts.fixed, _PAID[1], _PAID[0])
    held = np.zeros_like(strength)
    quarterly = seeds.phases.cycle[some] == Cycle.QUARTERLY
    least = np.where(amounts.fixed, LEAST_STRENGTH, np.where(quarterly, _LEAST_QUARTERLY, _LEAST_VARYING))
    bears_out = (amounts.n_seen >= share * n_due[some]) & (strength[some] >= least)
    held[some] = np.where(bears_out, strength[some], 0.0)
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
        taken[part.row[fixed][stream], _columns(block, part.row[fixed], payments)[stream, place]] = True
    return taken


def _is_clear(block: Block, part: _Part, taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say which streams may be taken out with the others: what varies on the days of equal amounts is looked at again.

    Once these are taken out, what is left of a day is what the stream that varies brings.
    """
    paid = part.payments.paid
    shared = np.count_nonzero(paid & taken[part.row[:, None], _columns(block, part.row, part.payments)], axis=1)
    return np.asarray(part.amounts.fixed | (shared <= _SHARED * np.count_nonzero(paid, axis=1)))


def _columns(block: Block, row: NDArray[np.int64], payments: Payments) -> NDArray[np.int64]:
    """Return the places of payments [m, k] on the block's axis; t where a day is not on it."""
    column = payments.due + payments.offset - block.origins[row][:, None] + block.t - 1
    return np.where((column >= 0) & (column < block.t), column, block.t)


def _finished(block: Block, part: _Part) -> Settled:
    payments, eps = part.payments, block.eps[part.row]
    history = tell_history(payments, part.amounts, eps=eps, origin=block.origins[part.row])
    some = history.explained != 0.0
    row = np.broadcast_to(part.row[:, None], some.shape)[some]
    cells = Cells(row, history.day[some], history.explained[some], payments.paid[some])
    return Settled(part.row, part.phases, payments.rule, part.strength, history, cells)


def _often(seeds: Seeds, payments: Payments, inside: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the due days ``inside``, and which streams are paid often enough if fixed, and missed seldom."""
    n_due, n_seen = np.count_nonzero(inside, axis=1), np.count_nonzero(payments.paid, axis=1)
    missed = np.count_nonzero(inside & ~(payments.paid | payments.hidden), axis=1)
    often = n_seen >= np.maximum(_FEWEST[seeds.phases.cycle], _PAID[1] * n_due)
    return n_due, np.asarray(often & (missed <= _MISSED * n_due + 1))


def _strength(
    flows: Flows, row: NDArray[np.int64], seeds: Seeds, payments: Payments, inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the log-likelihood ratio of due days paid on time, hidden and missed, against the account's other days.

    0 where the amount is not ``_OFTENER`` as on those. ``row`` [m] is each seed's account among ``flows``.
    """
    fits = count_between(flows, row, seeds.low, seeds.high)
    hides = count_between(flows, row, HIDING * seeds.low) - fits
    strong = payments.amount * seeds.sign[:, None]
    own = payments.paid & (strong >= seeds.low[:, None]) & (strong <= seeds.high[:, None])
    on_time, either = own & (payments.offset == 0), payments.hidden | payments.paid
    kinds = (on_time, inside & ~on_time & either, inside & ~either)
    here = [np.count_nonzero(kind, axis=1) for kind in kinds]
    days = np.maximum(flows.days[row] - here[0] - here[1] - here[2], 1)
    around = np.maximum(fits - np.count_nonzero(own, axis=1), 0)
    hiding = np.maximum(hides - np.count_nonzero(inside & payments.hidden, axis=1), 0)
    ratio = multinomial_ratio(here, [around, hiding, np.maximum(days - around - hiding, 0)])
    return np.where(here[0] * (days + 1) >= _OFTENER * (around + 0.5) * np.maximum(sum(here), 1), ratio, 0.0)
