"""Detection: the strongest streams of each account are found, taken out of its flow, and what is left is looked at again."""

from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.candidates import FEWEST, LEAST_SCORE, find_candidates, flows_of, log_ratio, together
from forecast_cli.models.recurring.cycles import Cycle, Phases
from forecast_cli.models.recurring.history import History, tell_history
from forecast_cli.models.recurring.lattices import SOUGHT, lattice, phases_of
from forecast_cli.models.recurring.payments import LATEST, Payments, Seeds, find_payments
from forecast_cli.models.recurring.picks import pick
from forecast_cli.models.recurring.streams import Streams

#: Days of history that are looked at: what came to an end before does not tell what is to come.
MOST_DAYS: Final = 1096
#: Times that an account is looked at again.
_ROUNDS: Final = 4
#: Rounding of a difference of two balances, as a share of the largest.
_ROUNDING: Final = 2.0**-46
#: Rounding to single precision, in which candidates are looked for.
_SINGLE: Final = 2.0**-22
_CHUNK: Final = 128


@dataclass(frozen=True)
class _Block:
    """Some accounts: ``flow`` [c, t + 1] not explained yet, ``eps``, ``origins``, ``lengths`` [c], lattices and place."""

    flow: NDArray[np.float64]
    eps: NDArray[np.float64]
    origins: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> "_Block":
        return _Block(self.flow[rows], self.eps[rows], self.origins[rows], self.lengths[rows])


def find_streams(panel: Panel) -> Streams:
    """Return the recurring payments of each account of ``panel``, found from its balances up to its origin."""
    t = min(panel.y.shape[1], MOST_DAYS)
    explained = np.zeros(panel.y.shape)
    parts: list[dict[str, Any]] = []
    for start in range(0, len(panel), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(panel)))
        block = _block(panel, rows, t)
        parts += _rounds(block, rows, explained)
    return _together(parts, explained)


def _block(panel: Panel, rows: NDArray[np.int64], t: int) -> _Block:
    y = panel.y[rows]
    size = np.abs(y)
    eps = _ROUNDING * np.max(size, axis=1, initial=0.0, where=~np.isnan(size))
    flow = np.zeros((len(rows), t + 1))
    with np.errstate(over="ignore", invalid="ignore"):
        flow[:, max(0, t + 1 - y.shape[1]) : -1] = np.diff(y[:, -(t + 1) :], axis=1)[:, -t:]
    flow[~(np.isfinite(flow) & (np.abs(flow) > eps[:, None]))] = 0.0
    return _Block(flow, eps, panel.origins[rows].astype("datetime64[D]").astype(np.int64), np.minimum(panel.lengths[rows], t))


def _rounds(block: _Block, rows: NDArray[np.int64], explained: NDArray[np.float64]) -> list[dict[str, Any]]:
    parts, left = [], np.arange(len(rows))
    for _ in range(_ROUNDS):
        found = _round(block, left)
        for part in found:
            row, column, value = part.pop("cells")
            np.subtract.at(block.flow, (row, column), value)
            np.add.at(explained, (rows[row], column + explained.shape[1] - block.flow.shape[1] + 1), value)
            part["row"] = rows[part["row"]]
        if not found:
            break
        block.flow[np.abs(block.flow) <= 4 * block.eps[:, None]] = 0.0
        left = np.unique(np.concatenate([part["row"] for part in found])) - rows[0]
        parts += found
    return parts


def _round(block: _Block, left: NDArray[np.int64]) -> list[dict[str, Any]]:
    some = block.take(left)
    distinct, place = np.unique(some.origins, return_inverse=True)
    t = block.flow.shape[1] - 1
    flows = flows_of(some.flow, some.lengths)
    found, sizes = [], []
    for cycle, rule in SOUGHT:
        columns = lattice(cycle, rule, distinct, t).columns
        columns = columns[:, :, place] if columns.shape[2] > 1 else columns
        part = find_candidates(flows, columns, cycle)
        found.append(replace(part, place=part.place + sum(sizes)))
        sizes.append(columns.shape[1])
    joined = together(found)
    picks = pick(joined)
    row = joined.row[picks]
    phases = _phases(joined.place[picks], sizes, some.origins[row])
    seeds = Seeds(left[row], phases, joined.low[picks] * (1 - _SINGLE), joined.high[picks] * (1 + _SINGLE), joined.sign[picks])
    parts = []
    for own, step in ((phases.by_week, 7), (~phases.by_week, 28)):
        if own.any():
            parts.append(_settled(block, seeds.take(own), count=(t + LATEST) // step + 2))
    return [part for part in parts if part is not None]


def _settled(block: _Block, seeds: Seeds, *, count: int) -> dict[str, Any] | None:
    """Return the seeds that hold up when their payments are looked at one by one."""
    m = len(seeds.row)
    finer = seeds.phases.finer()
    both = seeds.with_phases(finer)
    payments = find_payments(block.flow, both, origins=block.origins, lengths=block.lengths, count=count)
    seen = np.count_nonzero(payments.paid, axis=1)
    finer_wins = seen[m:] > 1.55 * seen[:m]
    chosen = np.where(finer_wins, m, 0) + np.arange(m)
    seeds, payments = both.take(chosen), payments.take(chosen)
    eps, origin = block.eps[seeds.row], block.origins[seeds.row]
    history = tell_history(payments, eps=eps, origin=origin)
    strength = _strength(block, seeds, payments)
    fewest = np.array([FEWEST.get(cycle, 0) for cycle in Cycle])
    inside = payments.inside()
    n_due = np.count_nonzero(inside & payments.known, axis=1)
    missed = np.count_nonzero(inside & payments.known & ~payments.paid & ~payments.hidden, axis=1)
    keep = (
        (history.n_seen >= fewest[seeds.phases.cycle])
        & (strength >= LEAST_SCORE)
        & (history.n_seen >= np.where(history.fixed, 0.3, 0.5) * n_due)
        & (missed <= 0.3 * n_due)
    )
    if not keep.any():
        return None
    row = seeds.row[keep]
    column = history.day[keep] - block.origins[row][:, None] + block.flow.shape[1] - 2
    value = history.explained[keep]
    on = (column >= 0) & (column < block.flow.shape[1] - 1) & (value != 0.0)
    names = ("amount", "before", "spread", "fixed", "n_seen", "first", "last", "alive", "rate", "punctuality")
    return {
        "row": row,
        "phases": seeds.phases.take(keep),
        "rule": payments.rule[keep],
        "score": strength[keep],
        **{name: getattr(history, name)[keep] for name in names},
        "cells": (np.broadcast_to(row[:, None], on.shape)[on], column[on], value[on]),
    }


def _strength(block: _Block, seeds: Seeds, payments: Payments) -> NDArray[np.float64]:
    """Return the score of the payments that came on their day, against the account's other days."""
    strong = block.flow[seeds.row] * seeds.sign[:, None]
    everywhere = np.count_nonzero((strong >= seeds.low[:, None]) & (strong <= seeds.high[:, None]), axis=1)
    inside = payments.inside() & payments.known
    strong = payments.amount * seeds.sign[:, None]
    own = payments.paid & (strong >= seeds.low[:, None]) & (strong <= seeds.high[:, None])
    on_time = np.count_nonzero(own & (payments.offset == 0), axis=1)
    span = np.maximum(np.count_nonzero(inside, axis=1), 1)
    around = np.maximum(everywhere - np.count_nonzero(own, axis=1), 0)
    return log_ratio(on_time, np.maximum(span, on_time), around, np.maximum(block.lengths[seeds.row] - span, around + 1))


def _phases(place: NDArray[np.int64], sizes: list[int], origins: NDArray[np.int64]) -> Phases:
    starts = np.cumsum([0, *sizes])
    which = np.searchsorted(starts, place, side="right") - 1
    out = [np.zeros(len(place), dtype=np.int64) for _ in range(3)]
    for number, (cycle, _) in enumerate(SOUGHT):
        own = which == number
        part = phases_of(cycle, origins[own], place[own] - starts[number])
        for target, values in zip(out, (part.cycle, part.residue, part.anchor), strict=True):
            target[own] = values
    return Phases(*out)


def _together(parts: list[dict[str, Any]], explained: NDArray[np.float64]) -> Streams:
    names = [f.name for f in fields(Streams) if f.name not in {"phases", "explained", "partner"}]
    m = sum(len(part["row"]) for part in parts)
    if not m:
        return _empty(explained)
    joined = {name: np.concatenate([part[name] for part in parts]) for name in names}
    phases = Phases(*(np.concatenate([getattr(p["phases"], f.name) for p in parts]) for f in fields(Phases)))
    order = np.argsort(joined["row"], kind="stable")
    return Streams(
        **{name: values[order] for name, values in joined.items()},
        phases=phases.take(order),
        partner=np.full(m, -1),
        explained=explained,
    )


def _empty(explained: NDArray[np.float64]) -> Streams:
    from forecast_cli.models.recurring.payments import OFFSETS

    whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Streams(
        row=whole, phases=Phases(whole, whole, whole), rule=whole, amount=real, before=real, spread=real,
        fixed=np.zeros(0, dtype=np.bool_), n_seen=whole, first=whole, last=whole, alive=real, rate=real,
        punctuality=np.zeros((0, len(OFFSETS))), score=real, partner=whole, explained=explained,
    )
