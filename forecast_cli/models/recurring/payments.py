"""Payments: which flows of an account are the payments of a stream, and what is known of it from them.

A stream falls due on a day, goes from there to a business day or not as its rule says, and may come some days early or
late.
"""

from dataclasses import dataclass, fields
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.business_days import Rule, is_business, ruled, shifted
from forecast_cli.models.recurring.cycles import Cycle, Phases, due_days

#: Days a payment may come early or late by.
EARLIEST: Final = -3
LATEST: Final = 5
OFFSETS: Final = np.arange(EARLIEST, LATEST + 1)
#: Offsets in the order in which a payment is looked for.
_NEAREST: Final = np.array(sorted(OFFSETS, key=lambda offset: (abs(offset), -offset)))
#: What is further away belongs to the week before or after.
_WEEKLY_REACH: Final = 2
#: Share that an amount may have changed by and still be the same stream's, where it comes on its day.
_CHANGED: Final = 0.16


_T = TypeVar("_T", np.float64, np.bool_)

#: Share of an amount that the flow of a day has at least if the payment is a part of it.
HIDING: Final = 0.9


@dataclass(frozen=True)
class Seeds:
    """The m streams to look for: account ``row``, ``phases``, amounts from ``low`` to ``high``, ``sign``; [m]."""

    row: NDArray[np.int64]
    phases: Phases
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    sign: NDArray[np.float64]

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Seeds":
        """Return those of ``rows``."""
        return Seeds(self.row[rows], self.phases.take(rows), self.low[rows], self.high[rows], self.sign[rows])

    def with_finer(self) -> "Seeds":
        """Return these seeds, and behind them those that have a shorter cycle, at that."""
        coarse = self.take(np.flatnonzero(self.phases.coarse))
        row, low, high, sign = (
            np.concatenate([getattr(part, name) for part in (self, coarse)]) for name in ("row", "low", "high", "sign")
        )
        return Seeds(row, self.phases + coarse.phases.finer(), low, high, sign)


@dataclass(frozen=True)
class Payments:
    """The payments of m streams over k due days each, the newest first.

    ``due`` [m, k] are the days due once the rule has moved them, ``rule`` [m]. ``paid`` [m, k] says where a payment was
    found, ``offset`` [m, k] how late it was, ``amount`` [m, k] its signed amount (0 elsewhere). ``hidden`` [m, k]: no
    payment was told, but other flow on the day may hide it, ``within`` if it is large enough to hold it. ``known`` [m,
    k]: the day lies in the account's history.
    """

    rule: NDArray[np.int64]
    due: NDArray[np.int64]
    paid: NDArray[np.bool_]
    offset: NDArray[np.int64]
    amount: NDArray[np.float64]
    hidden: NDArray[np.bool_]
    within: NDArray[np.bool_]
    known: NDArray[np.bool_]

    def take(self, rows: NDArray[np.int64]) -> "Payments":
        """Return those of ``rows``."""
        return Payments(*(getattr(self, field.name)[rows] for field in fields(self)))

    def inside(self) -> NDArray[np.bool_]:
        """Say which due days lie between the first payment and the last, both counted, [m, k]."""
        k = self.paid.shape[1]
        newest, oldest = np.argmax(self.paid, axis=1), k - 1 - np.argmax(self.paid[:, ::-1], axis=1)
        back = np.arange(k)
        return np.asarray((back >= newest[:, None]) & (back <= oldest[:, None]))


def find_payments(
    flow: NDArray[np.float64],
    seeds: Seeds,
    *,
    taken: NDArray[np.bool_],
    origins: NDArray[np.int64],
    lengths: NDArray[np.int64],
    count: int,
) -> Payments:
    """Return the payments of each seed over its last ``count`` due days.

    ``flow`` [c, t + 1], the last column 0; ``taken`` [c, t + 1] the days with a payment of another stream; ``origins``
    and ``lengths`` [c], in days.
    """
    origin, length = origins[seeds.row], lengths[seeds.row]
    nominal = due_days(seeds.phases, origin + LATEST, count)
    rule = _rules(flow, seeds, nominal, origin)
    due = ruled(nominal, rule)
    known = (due <= origin[:, None]) & (due > (origin - length + 1)[:, None])
    offset, amount = _nearest(flow, seeds, due, origin)
    on_day = _on(flow, seeds.row, due - origin[:, None])
    strong = on_day * seeds.sign[:, None]
    changed = (
        (amount == 0.0)
        & (strong >= seeds.low[:, None] * (1 - _CHANGED))
        & (strong <= seeds.high[:, None] * (1 + _CHANGED))
    )
    amount = np.where(changed, on_day, amount)
    other = _on(taken, seeds.row, due - origin[:, None])
    unpaid = known & (amount == 0.0)
    hidden = unpaid & (other | (np.abs(on_day) > HIDING * seeds.low[:, None]))
    within = unpaid & (strong > HIDING * seeds.low[:, None])
    return Payments(rule, due, amount != 0.0, offset, amount, hidden, within, known)


def _rules(
    flow: NDArray[np.float64], seeds: Seeds, nominal: NDArray[np.int64], origin: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each seed the rule that most payments due on a weekend or holiday kept to; none where that is unclear.

    A day whose flow may hide the payment counts for a quarter of one.
    """
    weekend, kept = ~is_business(nominal), []
    for rule in (Rule.NONE, Rule.BEFORE, Rule.AFTER):
        value = _on(flow, seeds.row, shifted(nominal, rule) - origin[:, None])
        hides = np.abs(value) > HIDING * seeds.low[:, None]
        kept.append(
            np.count_nonzero(weekend & hides, axis=1) + 3 * np.count_nonzero(weekend & _fits(value, seeds), axis=1)
        )
    return np.asarray(np.argmax(np.stack(kept), axis=0))


def _nearest(
    flow: NDArray[np.float64], seeds: Seeds, due: NDArray[np.int64], origin: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return offset and amount of the flow that fits and is nearest to each due day; 0 if there is none."""
    offset, amount = np.zeros_like(due), np.zeros(due.shape)
    ago, t = due - origin[:, None], flow.shape[1] - 1
    stream, place = np.nonzero((ago > -t - LATEST) & (ago <= -EARLIEST))
    for away in _NEAREST:
        days = ago[stream, place] + away
        value = flow[seeds.row[stream], np.where((days <= 0) & (days > -t), days + t - 1, t)]
        strong = value * seeds.sign[stream]
        fits = (strong >= seeds.low[stream]) & (strong <= seeds.high[stream])
        offset[stream[fits], place[fits]] = away
        amount[stream[fits], place[fits]] = value[fits]
        left = ~fits
        if abs(away) == _WEEKLY_REACH and away < 0:
            left &= seeds.phases.cycle[stream] != Cycle.WEEKLY
        stream, place = stream[left], place[left]
    return offset, amount


def _fits(value: NDArray[np.float64], seeds: Seeds) -> NDArray[np.bool_]:
    strong = value * seeds.sign[:, None]
    return (strong >= seeds.low[:, None]) & (strong <= seeds.high[:, None])


def _on(flow: NDArray[_T], row: NDArray[np.int64], days: NDArray[np.int64]) -> NDArray[_T]:
    """Return the flow on days counted from the origin (0, and down), 0 where the axis has no such day."""
    t = flow.shape[1] - 1
    column = np.where((days <= 0) & (days > -t), days + t - 1, t)
    found: NDArray[_T] = flow[row[:, None], column]
    return found
