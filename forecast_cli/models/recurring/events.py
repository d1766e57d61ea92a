"""Events: future payments with their days, probabilities and amounts."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.business_days import MAX_SHIFT, apply_rules
from forecast_cli.models.recurring.cycles import DAY_STEPS, EARLIEST, LATEST, MONTH_STEPS, OFFSETS, Cycle, due_days
from forecast_cli.models.recurring.streams import Streams
from forecast_cli.models.rows import in_c_order

#: Longest time between two due days of each cycle, in days, and the number of due days among which the next one is.
_MAX_INTERVALS: Final = tuple(
    (
        DAY_STEPS
        | {cycle: 31 * months for cycle, months in MONTH_STEPS.items()}
        | dict.fromkeys((Cycle.MONTHLY_WEEKDAY, Cycle.MONTHLY_BUSINESS_DAY), 35)
    ).values()
)
_N_DUE_DAYS: Final = 8
#: Share of its probability that an overdue payment must still have to be the next one.
_STILL_LIKELY: Final = 0.5


class Kind(IntEnum):
    """Payments by what is known of their sign.

    Withdrawals that follow the balance, taken together on each day, are never above 0: where it is too low, they end.
    """

    ANY = 0
    WITHDRAWN = 1


@dataclass(frozen=True)
class Events:
    """e future payments, in the order of streams, those of each stream in the order of their due days.

    ``stream`` [e] is the index of the stream, ``due`` [e] the due day (since 1970-01-01) after the rule has moved it.
    ``chance`` [e, o] is the probability that the payment comes with each of ``cycles.OFFSETS`` from that day, 0 for
    days up to the origin.
    """

    stream: NDArray[np.int64]
    due: NDArray[np.int64]
    chance: NDArray[np.float64]


@dataclass(frozen=True)
class EventFlow:
    """The flow expected from payments, in units of the balance and their square.

    The mean flow of a day is ``base`` + ``gain`` * (balance of the day before), [2, n, h] each, for each ``Kind`` of
    payments; ``gain`` is 0 without a payment that follows the balance. ``path_variance`` [n, h] is the variance of the
    flow summed up to a day, with the mean amount of each stream; it is less than the sum of the days' variances,
    because a payment that comes on one day does not come on another. ``paid`` [n, h] is the probability that at least
    one payment has come by a day.
    """

    base: NDArray[np.float64]
    gain: NDArray[np.float64]
    path_variance: NDArray[np.float64]
    paid: NDArray[np.float64]


def coming_events(streams: Streams, origins: NDArray[np.datetime64], h: int) -> Events:
    """Return the payments that may come on the ``h`` days after the ``origins`` [n]."""
    origin = origins.astype(np.int64)[streams.row]
    count = (h + LATEST - EARLIEST + 2 * MAX_SHIFT) // 7 + 2
    due = _list_due_days(streams, origin + h - EARLIEST + MAX_SHIFT, count)
    within = (due > origin[:, None] - LATEST) & (due <= origin[:, None] + h - EARLIEST)
    stream, place = np.nonzero(within)
    due = due[stream, place]
    return _keep_possible(stream, due, _compute_chances(streams, stream, due, origin[stream]))


def next_events(streams: Streams, origins: NDArray[np.datetime64]) -> Events:
    """Return the next payment of each stream that may come after its account's origin; ``origins`` are [n].

    One that is overdue, and by now less than half as likely as it was, is passed over for the one after it.
    """
    origin = origins.astype(np.int64)[streams.row]
    after = np.maximum(origin - LATEST, streams.covered)
    until = after + 2 * np.array(_MAX_INTERVALS)[streams.cycle] + 2 * MAX_SHIFT
    due = _list_due_days(streams, until, _N_DUE_DAYS)
    stream, place = np.arange(len(due)), np.argmax(due > after[:, None], axis=1)
    chance = _compute_chances(streams, stream, due[stream, place], origin)
    passed = np.flatnonzero(chance.sum(axis=1) < _STILL_LIKELY * streams.rate * streams.alive)
    place[passed] += 1
    chance[passed] = _compute_chances(streams, passed, due[passed, place[passed]], origin[passed])
    return _keep_possible(stream, due[stream, place], chance)


def expected_events(streams: Streams, origins: NDArray[np.datetime64], h: int) -> EventFlow:
    """Return the flow expected from payments on the ``h`` days after the ``origins`` [n].

    A payment of amount a and standard deviation s that has come by a day with probability p has mean p a and variance
    p (a^2 + s^2) - (p a)^2.
    """
    from forecast_cli.models.recurring.event_loops import add_payments, multiply_absence

    events = coming_events(streams, origins, h)
    base, gain = np.zeros((2, len(Kind), len(origins), h))
    variance, absence = np.zeros((len(origins), h)), np.ones((len(origins), h))
    step = events.due - origins.astype(np.int64)[streams.row[events.stream]] - 1
    at_zero, square = streams.amount - streams.slope * streams.balance, streams.amount**2 + streams.spread**2
    add_payments(
        in_c_order(events.stream), step, OFFSETS, events.chance, streams.row, _kinds(streams), streams.amount, square,
        at_zero, streams.slope, base, gain, variance,
    )  # fmt: skip
    multiply_absence(streams.row[events.stream], step, OFFSETS, events.chance, absence)
    return EventFlow(base, gain, np.maximum(np.add.accumulate(variance, axis=1), 0.0), 1.0 - absence)


def _kinds(streams: Streams) -> NDArray[np.int64]:
    """Return the ``Kind`` of each stream, [m]."""
    return np.where((streams.slope != 0.0) & (streams.amount < 0.0), Kind.WITHDRAWN, Kind.ANY).astype(np.int64)


def _list_due_days(streams: Streams, until: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the last ``count`` due days up to ``until`` [m], oldest first, each moved by its rule, [m, count]."""
    return apply_rules(due_days(streams.phases, until, count)[:, ::-1], streams.rule, streams.holidays)


def _keep_possible(stream: NDArray[np.int64], due: NDArray[np.int64], chance: NDArray[np.float64]) -> Events:
    possible = (chance > 0.0).any(axis=1)
    return Events(stream[possible], due[possible], chance[possible])


def _compute_chances(
    streams: Streams, stream: NDArray[np.int64], due: NDArray[np.int64], origin: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the probabilities [e, o] of payments; one that has not come by the origin comes late or not at all."""
    from forecast_cli.models.recurring.event_loops import spread_chances

    chance, likely = np.empty((len(stream), len(OFFSETS))), (streams.rate * streams.alive)[stream]
    likely = np.where(due <= streams.covered[stream], 0.0, likely)
    spread_chances(in_c_order(stream), origin - due, OFFSETS, streams.punctuality, likely, chance)
    return chance
