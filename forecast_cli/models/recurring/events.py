"""Events: the payments to come, by day, with how likely each is and what it will be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.business_days import Rule, shifted
from forecast_cli.models.recurring.cycles import Cycle, due_days
from forecast_cli.models.recurring.payments import EARLIEST, LATEST, OFFSETS
from forecast_cli.models.recurring.streams import Streams


@dataclass(frozen=True)
class Events:
    """The e payments that may come: ``stream`` [e], ``due`` [e] the day (since 1970-01-01) once the rule has moved it.

    ``chance`` [e, o] is the probability that it comes with each of ``payments.OFFSETS`` from that day; 0 for days up to
    the origin.
    """

    stream: NDArray[np.int64]
    due: NDArray[np.int64]
    chance: NDArray[np.float64]


@dataclass(frozen=True)
class EventFlow:
    """What payments are expected to add to each balance, in units of the balance, [n, h] each.

    ``mean`` and ``variance`` of the flow of each day; ``path_variance`` of the flow summed up to that day, less than the
    sum of the variances, as what comes late does not come again.
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    path_variance: NDArray[np.float64]


def coming_events(streams: Streams, origins: NDArray[np.datetime64], h: int) -> Events:
    """Return the payments that fall due, or may still come, on the ``h`` days after the ``origins`` [n]."""
    origin = origins.astype("datetime64[D]").astype(np.int64)[streams.row]
    count = (h + LATEST - EARLIEST + 2 * 5) // 7 + 2
    nominal = due_days(streams.phases, origin + h - EARLIEST + 5, count)
    due = np.where((streams.rule == Rule.BEFORE)[:, None], shifted(nominal, Rule.BEFORE), nominal)
    due = np.where((streams.rule == Rule.AFTER)[:, None], shifted(nominal, Rule.AFTER), due)
    near = (due > origin[:, None] - LATEST) & (due <= origin[:, None] + h - EARLIEST)
    stream, back = np.nonzero(near[:, ::-1])
    due = due[stream, nominal.shape[1] - 1 - back]
    day = due[:, None] + OFFSETS
    own = streams.punctuality[stream]
    ahead = np.where(day > origin[stream][:, None], own, 0.0)
    passed = np.where(day > origin[stream][:, None], 0.0, own)
    rate, alive = streams.rate[stream], streams.alive[stream]
    # Not seen up to the origin: either it comes late, or it does not come.
    left = 1.0 - rate * np.add.accumulate(passed, axis=1)[:, -1]
    seen = np.abs(streams.last[stream] - due) <= np.where(streams.cycle[stream] == Cycle.WEEKLY, 2, LATEST)
    chance = np.where(seen, 0.0, rate * alive / left)[:, None] * ahead
    some = (chance > 0.0).any(axis=1)
    return Events(stream[some], due[some], chance[some])


def expected_events(streams: Streams, origins: NDArray[np.datetime64], h: int) -> EventFlow:
    """Return the flow that payments are expected to make on the ``h`` days after the ``origins`` [n]."""
    n, events = len(origins), coming_events(streams, origins, h)
    mean, variance, path = (np.zeros((n, h)) for _ in range(3))
    row, amount = streams.row[events.stream], streams.amount[events.stream]
    squares = amount**2 + streams.spread[events.stream] ** 2
    step = events.due - origins.astype("datetime64[D]").astype(np.int64)[row] - 1
    for place, offset in enumerate(OFFSETS):
        chance, at = events.chance[:, place], step + offset
        on = (at >= 0) & (at < h) & (chance > 0)
        np.add.at(mean, (row[on], at[on]), (chance * amount)[on])
        np.add.at(variance, (row[on], at[on]), (chance * squares - (chance * amount) ** 2)[on])
    sofar = np.zeros(len(row))
    previous = np.zeros(len(row))
    for place, offset in enumerate(OFFSETS):
        at = step + offset
        sofar = sofar + events.chance[:, place]
        now = sofar * squares - (sofar * amount) ** 2
        on = (at >= 0) & (at < h)
        np.add.at(path, (row[on], at[on]), (now - previous)[on])
        previous = np.where(at >= 0, now, previous)
    return EventFlow(mean, variance, np.maximum(np.cumsum(path, axis=1), 0.0))
