"""Detection: the strongest streams of each account are found, taken out of its flow, and what is left is looked at again."""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.candidates import FEWEST, Candidates, find_candidates
from forecast_cli.models.recurring.cycles import MONTH_STEPS, WEEK_STEPS, Cycle, Phases
from forecast_cli.models.recurring.history import History, tell_history
from forecast_cli.models.recurring.lattices import SOUGHT, Lattice, lattice, phases_of
from forecast_cli.models.recurring.payments import Payments, Seeds, find_payments
from forecast_cli.models.recurring.picks import Picks, pick
from forecast_cli.models.recurring.streams import Streams

#: Days of history that are looked at: what came to an end before does not tell what is to come.
MOST_DAYS: Final = 1096
#: Times that an account is looked at again.
_ROUNDS: Final = 4
#: Rounding of a difference of two balances, as a share of the largest.
_ROUNDING: Final = 2.0**-46
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
        if found is None:
            break
        for _, (row, day, part) in zip((0,), (found.pop("cells"),), strict=True):
            t = block.flow.shape[1] - 1
            column = day - block.origins[row][:, None] + t - 1
            on_axis = (column >= 0) & (column < t) & (part != 0.0)
            at = (np.broadcast_to(row[:, None], day.shape)[on_axis], column[on_axis])
            np.subtract.at(block.flow, at, part[on_axis])
            np.add.at(explained, (rows[at[0]], at[1] + explained.shape[1] - t), part[on_axis])
        block.flow[np.abs(block.flow) <= 4 * block.eps[:, None]] = 0.0
        left = np.unique(found["row"])
        found["row"] = rows[found["row"]]
        parts.append(found)
    return parts


def _round(block: _Block, left: NDArray[np.int64]) -> dict[str, Any] | None:
    some = block.take(left)
    distinct, place = np.unique(some.origins, return_inverse=True)
    t = block.flow.shape[1] - 1
    found, sizes = [], []
    for cycle in SOUGHT:
        columns = lattice(cycle, distinct, t).columns
        columns = columns[place] if len(columns) > 1 else columns
        found.append(find_candidates(some.flow, columns, cycle, eps=some.eps, days=some.lengths))
        sizes.append(columns.shape[1])
    joined = Candidates(*(np.concatenate([getattr(one, f.name) for one in found], axis=1) for f in fields(Candidates)))
    picks = pick(joined)
    if not len(picks.row):
        return None
    phases = _phases(picks, sizes, some.origins)
    at = (picks.row, picks.place)
    seeds = Seeds(left[picks.row], phases, joined.low[at], joined.high[at], joined.sign[at])
    count = t // 7 + 2
    payments = find_payments(block.flow, seeds, origins=block.origins, lengths=block.lengths, count=count)
    history = tell_history(payments, eps=block.eps[seeds.row], origin=block.origins[seeds.row])
    return _kept(seeds, payments, history, joined.score[at])


def _phases(picks: Picks, sizes: list[int], origins: NDArray[np.int64]) -> Phases:
    starts = np.cumsum([0, *sizes])
    which = np.searchsorted(starts, picks.place, side="right") - 1
    out = [np.zeros(len(picks.row), dtype=np.int64) for _ in range(3)]
    for number, cycle in enumerate(SOUGHT):
        own = which == number
        part = phases_of(cycle, origins[picks.row[own]], picks.place[own] - starts[number])
        for target, values in zip(out, (part.cycle, part.residue, part.anchor), strict=True):
            target[own] = values
    return Phases(*out)


def _kept(seeds: Seeds, payments: Payments, history: History, score: NDArray[np.float64]) -> dict[str, Any] | None:
    fewest = np.zeros(max(Cycle) + 1, dtype=np.int64)
    for cycle, number in FEWEST.items():
        fewest[cycle] = number
    keep = history.n_seen >= fewest[seeds.phases.cycle]
    if not keep.any():
        return None
    names = ("amount", "before", "spread", "fixed", "n_seen", "first", "last", "alive", "rate", "punctuality")
    return {
        "row": seeds.row[keep],
        "phases": seeds.phases.take(keep),
        "rule": payments.rule[keep],
        "score": score[keep],
        **{name: getattr(history, name)[keep] for name in names},
        "cells": (seeds.row[keep], history.day[keep], history.explained[keep]),
    }


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
