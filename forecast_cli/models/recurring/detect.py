"""Detection: the strongest streams of each account are found, taken out of its flow, and what is left is looked at again."""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.candidates import FEWEST, Flows, count_between, find_candidates, flows_of, multinomial_ratio, together
from forecast_cli.models.recurring.cycles import Cycle, Phases
from forecast_cli.models.recurring.history import History, tell_history
from forecast_cli.models.recurring.lattices import SOUGHT, lattice, phases_of
from forecast_cli.models.recurring.payments import HIDING, LATEST, Payments, Seeds, find_payments
from forecast_cli.models.recurring.picks import pick, strongest
from forecast_cli.models.recurring.streams import Streams

#: Days of history that are looked at: what came to an end before does not tell what is to come.
MOST_DAYS: Final = 1096
#: Times that an account is looked at again.
_ROUNDS: Final = 3
#: Rounding of a difference of two balances, as a share of the largest.
_ROUNDING: Final = 2.0**-46
#: Rounding to single precision, in which candidates are looked for.
_SINGLE: Final = 2.0**-22
_LEAST_STRENGTH: Final = 13.0
#: Share of a payment that a day's flow has to be to be taken for it.
_HELD: Final = 0.6
_CHUNK: Final = 256


@dataclass(frozen=True)
class _Block:
    """Some accounts: ``flow`` [c, t + 1] not explained yet, ``eps``, ``origins``, ``lengths`` [c], lattices and place."""

    flow: NDArray[np.float64]
    taken: NDArray[np.bool_]
    eps: NDArray[np.float64]
    origins: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> "_Block":
        return _Block(self.flow[rows], self.taken[rows], self.eps[rows], self.origins[rows], self.lengths[rows])


def find_streams(panel: Panel) -> Streams:
    """Return the recurring payments of each account of ``panel``, found from its balances up to its origin."""
    t = min(panel.y.shape[1], MOST_DAYS)
    explained = np.zeros(panel.y.shape)
    parts: list[dict[str, Any]] = []
    for start in range(0, len(panel), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(panel)))
        block = _block(panel, rows, t)
        parts += _rounds(block, rows, explained[start : start + len(rows)])
    return _together(parts, explained)


def _block(panel: Panel, rows: NDArray[np.int64], t: int) -> _Block:
    y = panel.y[rows]
    size = np.abs(y)
    eps = _ROUNDING * np.max(size, axis=1, initial=0.0, where=~np.isnan(size))
    flow = np.zeros((len(rows), t + 1))
    with np.errstate(over="ignore", invalid="ignore"):
        flow[:, max(0, t + 1 - y.shape[1]) : -1] = np.diff(y[:, -(t + 1) :], axis=1)[:, -t:]
    flow[~(np.isfinite(flow) & (np.abs(flow) > eps[:, None]))] = 0.0
    taken = np.zeros(flow.shape, dtype=np.bool_)
    return _Block(flow, taken, eps, panel.origins[rows].astype("datetime64[D]").astype(np.int64), np.minimum(panel.lengths[rows], t))


def _rounds(block: _Block, rows: NDArray[np.int64], explained: NDArray[np.float64]) -> list[dict[str, Any]]:
    parts, left = [], np.arange(len(rows))
    for _ in range(_ROUNDS):
        found = _round(block, left)
        if not found:
            break
        _take_out(block, found, explained)
        for part in found:
            part["row"] = rows[part["row"]]
        block.flow[np.abs(block.flow) <= 4 * block.eps[:, None]] = 0.0
        left = np.unique(np.concatenate([part["row"] for part in found])) - rows[0]
        parts += found
    return parts


def _take_out(block: _Block, found: list[dict[str, Any]], explained: NDArray[np.float64]) -> None:
    """Take the payments of the streams ``found`` out of the flow: one a day, and hidden ones where enough is left."""
    t = block.flow.shape[1] - 1
    cells = [_cells(block, part) for part in found]
    row, column, value, paid = (np.concatenate(some) for some in zip(*cells, strict=True))
    for kind in (paid, ~paid):
        on = np.flatnonzero(kind & (block.flow[row, column] * np.sign(value) >= _HELD * np.abs(value)))
        on = on[np.unique(row[on] * (t + 1) + column[on], return_index=True)[1]]
        block.flow[row[on], column[on]] -= value[on]
        explained[row[on], column[on] + explained.shape[1] - t] += value[on]
        block.taken[row[on], column[on]] = True


def _cells(block: _Block, part: dict[str, Any]) -> tuple[NDArray[Any], ...]:
    t = block.flow.shape[1] - 1
    value, paid = part.pop("explained"), part.pop("paid")
    column = part.pop("day") - block.origins[part["row"]][:, None] + t - 1
    on = (column >= 0) & (column < t) & (value != 0.0)
    return np.broadcast_to(part["row"][:, None], on.shape)[on], column[on], value[on], paid[on]


def _round(block: _Block, left: NDArray[np.int64]) -> list[dict[str, Any]]:
    some = block.take(left)
    distinct, place = np.unique(some.origins, return_inverse=True)
    t = block.flow.shape[1] - 1
    flows = flows_of(some.flow, some.lengths)
    found = []
    for cycle, rule in SOUGHT:
        columns = lattice(cycle, rule, distinct, t).columns
        columns = columns[:, :, place] if columns.shape[2] > 1 else columns
        found.append(find_candidates(flows, columns, cycle))
    joined = together(found)
    picks = pick(joined)
    row = joined.row[picks]
    phases = _phases(joined.cycle[picks], joined.place[picks], some.origins[row])
    seeds = Seeds(left[row], phases, joined.low[picks] * (1 - _SINGLE), joined.high[picks] * (1 + _SINGLE), joined.sign[picks])
    parts = []
    for own, step in ((phases.by_week, 7), (~phases.by_week, 28)):
        if own.any():
            parts.append(_settled(block, flows, seeds.take(own), left=left, count=(t + LATEST) // step + 2))
    return _strongest([part for part in parts if len(part["row"])])


def _strongest(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not parts:
        return []
    row, score, amount = (np.concatenate([part[name] for part in parts]) for name in ("row", "score", "before"))
    kept = np.zeros(len(row), dtype=np.bool_)
    kept[strongest(row, score, amount)] = True
    out, start = [], 0
    for part in parts:
        own = kept[start : start + len(part["row"])]
        start += len(own)
        if own.any():
            out.append({name: values.take(own) if name == "phases" else values[own] for name, values in part.items()})
    return out


def _settled(block: _Block, flows: Flows, seeds: Seeds, *, left: NDArray[np.int64], count: int) -> dict[str, Any]:
    """Return the seeds that hold up when their payments are looked at one by one."""
    seeds, m = seeds.with_finer(), len(seeds.row)
    payments = find_payments(
        block.flow, seeds, taken=block.taken, origins=block.origins, lengths=block.lengths, count=count
    )
    history = tell_history(payments, eps=block.eps[seeds.row], origin=block.origins[seeds.row])
    place = np.searchsorted(left, seeds.row)
    strength = _strength(flows, place, seeds, payments)
    strength[~(_holds(seeds, payments, history) & (strength >= _LEAST_STRENGTH))] = 0.0
    coarse = np.flatnonzero(seeds.phases.coarse[:m])
    finer = strength[m:] > strength[coarse]
    strength[np.concatenate([coarse[finer], m + np.flatnonzero(~finer)])] = 0.0
    keep = strength > 0.0
    names = ("amount", "before", "spread", "fixed", "n_seen", "first", "last", "alive", "rate", "punctuality")
    return {
        "row": seeds.row[keep],
        "phases": seeds.phases.take(keep),
        "rule": payments.rule[keep],
        "score": strength[keep],
        **{name: getattr(history, name)[keep] for name in names},
        "day": history.day[keep],
        "explained": history.explained[keep],
        "paid": payments.paid[keep],
    }


def _holds(seeds: Seeds, payments: Payments, history: History) -> NDArray[np.bool_]:
    """Say which streams were paid often enough, and missed seldom enough, between their first payment and their last."""
    fewest = np.array([FEWEST.get(cycle, 0) for cycle in Cycle])
    inside = payments.inside() & payments.known
    n_due = np.count_nonzero(inside, axis=1)
    missed = np.count_nonzero(inside & ~payments.paid & ~payments.hidden, axis=1)
    often = history.n_seen >= np.maximum(fewest[seeds.phases.cycle], np.where(history.fixed, 0.1, 0.35) * n_due)
    return np.asarray(often & (missed <= 0.2 * n_due + 1))


def _strength(
    flows: Flows, row: NDArray[np.int64], seeds: Seeds, payments: Payments
) -> NDArray[np.float64]:
    """Return the log-likelihood ratio of due days paid on time, hidden and missed, against the account's other days.

    ``row`` [m] is each seed's account among ``flows``.
    """
    fits = count_between(flows, row, seeds.low, seeds.high)
    hides = count_between(flows, row, HIDING * seeds.low) - fits
    inside = payments.inside() & payments.known
    strong = payments.amount * seeds.sign[:, None]
    own = payments.paid & (strong >= seeds.low[:, None]) & (strong <= seeds.high[:, None])
    on_time, either = own & (payments.offset == 0), payments.hidden | payments.paid
    kinds = (on_time, inside & ~on_time & either, inside & ~either)
    here = [np.count_nonzero(kind, axis=1) for kind in kinds]
    days = np.maximum(flows.days[row] - here[0] - here[1] - here[2], 1)
    around = np.maximum(fits - np.count_nonzero(own, axis=1), 0)
    hiding = np.maximum(hides - np.count_nonzero(inside & payments.hidden, axis=1), 0)
    return multinomial_ratio(here, [around, hiding, np.maximum(days - around - hiding, 0)])


def _phases(cycle: NDArray[np.int64], place: NDArray[np.int64], origins: NDArray[np.int64]) -> Phases:
    out = Phases(cycle, np.zeros_like(cycle), np.zeros_like(cycle))
    for kind in {kind for kind, _ in SOUGHT}:
        own = cycle == kind
        part = phases_of(kind, origins[own], place[own])
        out.residue[own], out.anchor[own] = part.residue, part.anchor
    return out


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
