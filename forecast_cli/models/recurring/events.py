"""Events: the payments to come, by day, with how likely each is and what it will be."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.business_days import FARTHEST, ruled
from forecast_cli.models.recurring.cycles import EARLIEST, LATEST, MONTH_STEPS, OFFSETS, WEEK_STEPS, due_days
from forecast_cli.models.recurring.streams import Streams
from forecast_cli.models.rows import in_c_order

#: Days from one payment of each cycle to the next, at most, and so many due days that the first one to come is of them.
_LONGEST: Final = tuple({**WEEK_STEPS, **{cycle: 31 * months for cycle, months in MONTH_STEPS.items()}}.values())
_NEXT: Final = 8


@dataclass(frozen=True)
class Events:
    """The e payments that may come: ``stream`` [e], ``due`` [e] the day (since 1970-01-01) once the rule has moved it.

    ``chance`` [e, o] is the probability that it comes with each of ``cycles.OFFSETS`` from that day, 0 for days up to
    the origin. In the order of streams, the payments of each from the next one on.
    """

    stream: NDArray[np.int64]
    due: NDArray[np.int64]
    chance: NDArray[np.float64]


@dataclass(frozen=True)
class EventFlow:
    """What payments are expected to add to each balance, in units of the balance, [n, h] each.

    ``mean`` of the flow of each day; ``path_variance`` of the flow summed up to that day: less than the sum of the
    days' variances, as what comes late does not come again.
    """

    mean: NDArray[np.float64]
    path_variance: NDArray[np.float64]


def coming_events(streams: Streams, origins: NDArray[np.datetime64], h: int) -> Events:
    """Return the payments that fall due, or may still come, on the ``h`` days after the ``origins`` [n]."""
    origin = _days(origins)[streams.row]
    count = (h + LATEST - EARLIEST + 2 * FARTHEST) // 7 + 2
    due = _due(streams, origin + h - EARLIEST + FARTHEST, count)
    near = (due > origin[:, None] - LATEST) & (due <= origin[:, None] + h - EARLIEST)
    stream, place = np.nonzero(near)
    return _likely(streams, stream, due[stream, place], origin[stream])


def next_events(streams: Streams, origins: NDArray[np.datetime64]) -> Events:
    """Return the next payment of each stream that may still come after its account's origin, of ``origins`` [n]."""
    origin = _days(origins)[streams.row]
    over = np.maximum(origin - LATEST, streams.covered)
    until = over + np.array(_LONGEST)[streams.cycle] + 2 * FARTHEST
    due = _due(streams, until, _NEXT)
    stream, place = np.arange(len(due)), np.argmax(due > over[:, None], axis=1)
    return _likely(streams, stream, due[stream, place], origin)


def expected_events(streams: Streams, origins: NDArray[np.datetime64], h: int) -> EventFlow:
    """Return the flow that payments are expected to make on the ``h`` days after the ``origins`` [n].

    A payment of amount a and standard deviation s that has come by a day with probability p has mean p a and variance
    p (a^2 + s^2) - (p a)^2.
    """
    from forecast_cli.models.recurring.event_loops import add_payments

    events = coming_events(streams, origins, h)
    mean, variance = np.zeros((len(origins), h)), np.zeros((len(origins), h))
    row, amount = streams.row[events.stream], streams.amount[events.stream]
    square = amount**2 + streams.spread[events.stream] ** 2
    add_payments(row, events.due - _days(origins)[row] - 1, OFFSETS, events.chance, amount, square, mean, variance)
    return EventFlow(mean, np.maximum(np.add.accumulate(variance, axis=1), 0.0))


def _due(streams: Streams, until: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the last ``count`` days due up to ``until`` [m], the oldest first, each where its rule moves it."""
    return ruled(due_days(streams.phases, until, count)[:, ::-1], streams.rule, streams.holidays)


def _likely(streams: Streams, stream: NDArray[np.int64], due: NDArray[np.int64], origin: NDArray[np.int64]) -> Events:
    chance = _chances(streams, stream, due, origin)
    some = (chance > 0.0).any(axis=1)
    return Events(stream[some], due[some], chance[some])


def _chances(
    streams: Streams, stream: NDArray[np.int64], due: NDArray[np.int64], origin: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the chances [e, o]; of what has not come by the origin some will not come, and the rest comes late."""
    from forecast_cli.models.recurring.event_loops import spread_chances

    rate, chance = streams.rate[stream], np.empty((len(stream), len(OFFSETS)))
    likely = np.where(due <= streams.covered[stream], 0.0, rate * streams.alive[stream])
    spread_chances(in_c_order(stream), origin - due, OFFSETS, streams.punctuality, rate, likely, chance)
    return chance


def _days(origins: NDArray[np.datetime64]) -> NDArray[np.int64]:
    return origins.astype("datetime64[D]").astype(np.int64)
