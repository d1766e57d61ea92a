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
#: Offsets but 0, the nearest last; those from which on a weekly payment would be that of the week before or after.
_FURTHEST: Final = np.array(sorted(OFFSETS[OFFSETS != 0], key=lambda offset: (-abs(offset), offset)))
_BEYOND_WEEK: Final = np.abs(_FURTHEST) > 2
#: Share that an amount may have changed by and still be the same stream's, where it comes on its day.
_CHANGED: Final = 0.16


_T = TypeVar("_T", np.float64, np.bool_)

#: Days without flow on either side of an axis, and where days beyond it are put: more than payments are late by.
_PAD: Final = 16
_OFF: Final = 9
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
    axis = _Axis(flow, seeds, origin)
    nominal = due_days(seeds.phases, origin + LATEST, count)
    rule = _rules(axis, seeds, nominal)
    due = ruled(nominal, rule)
    known = (due <= origin[:, None]) & (due > (origin - length + 1)[:, None])
    at = axis.places(due)
    on_day = axis.flow.take(at)
    offset, amount = _nearest(axis, seeds, at, on_day, axis.reach(due))
    low, high = _bounds(seeds, _CHANGED)
    changed = (amount == 0.0) & (on_day >= low[:, None]) & (on_day <= high[:, None])
    np.copyto(amount, on_day, where=changed)
    paid = amount != 0.0
    unpaid = known & ~paid
    least = (HIDING * seeds.low)[:, None]
    large = unpaid & (np.abs(on_day) > least)
    within = large & ((on_day > 0.0) == (seeds.sign > 0.0)[:, None])
    other = _padded(taken).take(at)
    return Payments(rule, due, paid, offset, amount, large | (unpaid & other), within, known)


class _Axis:
    """The flow of an account for each of m seeds, where days off the axis have none: ``flow`` is flat."""

    def __init__(self, flow: NDArray[np.float64], seeds: Seeds, origin: NDArray[np.int64]) -> None:
        self.flow = _padded(flow)
        self._last = flow.shape[1] - 2
        self._start = seeds.row * (flow.shape[1] + 2 * _PAD) + _PAD
        self._origin = origin

    def places(self, days: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places [m, k] in ``flow`` of days [m, k]; further off the axis than payments reach, or on it."""
        column: NDArray[np.int64] = np.clip(days - (self._origin - self._last)[:, None], -_OFF, self._last + _OFF)
        column += self._start[:, None]
        return np.asarray(column)

    def some_places(self, stream: NDArray[np.int64], days: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places [p] in ``flow`` of a day [p] of each ``stream`` [p]."""
        column = np.clip(days - (self._origin - self._last)[stream], -_OFF, self._last + _OFF)
        return np.asarray(column + self._start[stream])

    def reach(self, days: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which days [m, k] do not lie so long before the axis that nothing of it is near."""
        return np.asarray(days > (self._origin - self._last - _OFF)[:, None])


def _padded(flow: NDArray[_T]) -> NDArray[_T]:
    wide = np.zeros((len(flow), flow.shape[1] + 2 * _PAD), dtype=flow.dtype)
    wide[:, _PAD:-_PAD] = flow
    return wide.reshape(-1)


def _bounds(seeds: Seeds, wider: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and the highest signed amount of each seed, its range ``wider`` by a share on both sides."""
    one, other = seeds.sign * (seeds.low * (1 - wider)), seeds.sign * (seeds.high * (1 + wider))
    return np.minimum(one, other), np.maximum(one, other)


def _rules(axis: _Axis, seeds: Seeds, nominal: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each seed the rule that most payments due on a weekend or holiday kept to; none where that is unclear.

    A day whose flow may hide the payment counts for a quarter of one.
    """
    closed = np.flatnonzero(axis.reach(nominal) & ~is_business(nominal))
    stream, days, kept = closed // nominal.shape[1], nominal.reshape(-1)[closed], []
    (low, high), least = (one[stream] for one in _bounds(seeds)), (HIDING * seeds.low)[stream]
    for rule in (Rule.NONE, Rule.BEFORE, Rule.AFTER):
        value = axis.flow.take(axis.some_places(stream, shifted(days, rule)))
        count = (np.abs(value) > least) + 3 * ((value >= low) & (value <= high)).astype(np.int64)
        kept.append(np.bincount(stream, weights=count, minlength=len(nominal)))
    return np.asarray(np.argmax(np.stack(kept), axis=0))


def _nearest(
    axis: _Axis, seeds: Seeds, at: NDArray[np.int64], on_day: NDArray[np.float64], reach: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return offset and amount of the flow that fits and is nearest to each due day; 0 if there is none."""
    low, high = _bounds(seeds)
    punctual = (on_day >= low[:, None]) & (on_day <= high[:, None])
    offset, amount = np.zeros(at.shape, dtype=np.int64), np.where(punctual, on_day, 0.0)
    left = np.flatnonzero(~punctual & reach)
    far = left[(seeds.phases.cycle != Cycle.WEEKLY)[left // at.shape[1]]]
    for some, offsets in ((far, _FURTHEST[_BEYOND_WEEK]), (left, _FURTHEST[~_BEYOND_WEEK])):
        stream, due = some // at.shape[1], at.reshape(-1)[some]
        lowest, highest = low[stream], high[stream]
        for away in offsets:  # nearer ones take the place of those further away
            value = axis.flow.take(due + away)
            found = np.flatnonzero((value >= lowest) & (value <= highest))
            offset.reshape(-1)[some[found]] = away
            amount.reshape(-1)[some[found]] = value[found]
    return offset, amount
