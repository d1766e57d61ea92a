"""Streams: recurring payments. Terms say how a kind is paid, streams who pays it, a schedule lists each payment."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast_cli.data.sample.calendars import Calendar, Cycle, Roll, due_days, roll_days
from forecast_cli.data.sample.draws import Floats, Ints

FOREVER: Final = 1_000_000  # later than any day of a sample

_LATE_DAYS: Final = 5
_EARLY_DAYS: Final = 2
#: Energy bills by month: heating in winter, cooling in summer.
_ENERGY: Final = np.array([1.35, 1.3, 1.1, 0.9, 0.8, 0.95, 1.15, 1.15, 0.95, 0.8, 0.95, 1.2])


@dataclass(frozen=True)
class Terms:
    """How the streams of one kind are paid.

    ``late`` and ``early`` are shares of the payments: 1 to 5 days late, 1 or 2 days early. ``wobble`` is the largest
    deviation of an amount from the agreed one, as a share of it. ``seasonal`` amounts follow the cost of heating and
    cooling.
    """

    kind: str
    cycle: Cycle
    roll: Roll = Roll.NONE
    late: float = 0.0
    early: float = 0.0
    wobble: float = 0.0
    seasonal: bool = False


@dataclass(frozen=True)
class Streams:
    """The s streams of one kind in a block.

    ``row`` [s] is the account; ``anchor`` and ``phase`` [s] are as in ``due_days``. ``cents`` [s] are signed, NaN if
    the amount depends on the balance. ``first`` and ``last`` [s] are the first and last day on which they may be paid.
    ``growth`` [s] is the yearly increase, as a share.
    """

    terms: Terms
    row: Ints
    anchor: Ints
    phase: Ints
    cents: Floats
    first: Ints
    last: Ints
    growth: Floats


@dataclass(frozen=True)
class Payments:
    """The p payments of a block's streams: ``stream`` [p] numbers all streams, ``kind`` [p] indexes ``kinds``."""

    stream: Ints
    kind: Ints
    row: Ints
    day: Ints
    cents: Floats
    kinds: tuple[Terms, ...]


def schedule(calendar: Calendar, streams: Streams, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """Return stream, day and cents [p] of every payment within the sample."""
    due = due_days(calendar, streams.terms.cycle, streams.anchor, streams.phase)
    day = roll_days(calendar, due + _delays(streams.terms, rng.random(due.shape)), streams.terms.roll)
    paid = (day >= np.maximum(streams.first, 0)[:, None]) & (
        day <= np.minimum(streams.last, calendar.days - 1)[:, None]
    )
    cents = _amounts(calendar, streams, due, rng.random(due.shape))
    return np.nonzero(paid)[0], day[paid], cents[paid]


def schedule_all(calendar: Calendar, groups: list[Streams], rng: np.random.Generator) -> Payments:
    """Return the payments of all ``groups`` of streams, in the order of the groups."""
    drawn = [schedule(calendar, streams, rng) for streams in groups]
    offsets = np.cumsum([0] + [len(streams.row) for streams in groups])[:-1]
    return Payments(
        stream=np.concatenate([stream + offset for (stream, _, _), offset in zip(drawn, offsets, strict=True)]),
        kind=np.repeat(np.arange(len(groups)), [len(day) for _, day, _ in drawn]),
        row=np.concatenate([streams.row[stream] for streams, (stream, _, _) in zip(groups, drawn, strict=True)]),
        day=np.concatenate([day for _, day, _ in drawn]),
        cents=np.concatenate([cents for _, _, cents in drawn]),
        kinds=tuple(streams.terms for streams in groups),
    )


def _delays(terms: Terms, u: Floats) -> Ints:
    """Return days late (positive) or early (negative), from one uniform draw for each payment."""
    late = np.ceil(u / max(terms.late, 1e-9) * _LATE_DAYS) * (u < terms.late)
    early = np.ceil((1.0 - u) / max(terms.early, 1e-9) * _EARLY_DAYS) * (u > 1.0 - terms.early)
    return np.asarray(late - early, dtype=np.int64)


def _amounts(calendar: Calendar, streams: Streams, due: Ints, u: Floats) -> Floats:
    """Return whole cents [s, k]; the yearly increase takes effect in the month that the stream's phase selects."""
    years = np.maximum(due + 30 * streams.phase[:, None], 0) // 365
    factor: Floats = (1.0 + streams.growth[:, None] * years) * (1.0 + streams.terms.wobble * (2.0 * u - 1.0))
    if streams.terms.seasonal:
        factor = factor * _ENERGY[calendar.month[np.clip(due, 0, calendar.days - 1)]]
    return np.rint(streams.cents[:, None] * factor)
