"""Listing: the streams of a panel as columns for people to read, one entry for each stream."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.business_days import Rule
from forecast_cli.models.recurring.cycles import DAY_STEPS, MONTH_DAYS, MONTH_STEPS, OFFSETS, Cycle
from forecast_cli.models.recurring.events import next_events
from forecast_cli.models.recurring.streams import Streams
from forecast_cli.models.recurring.wording import rule_words

#: A stream has the status ended if the probability that it still runs is below this.
_ENDED: Final = 0.3
#: A stream has the status changed if its next amount differs from its median by more than this share, where amounts
#: repeat and where they vary.
_CHANGED: Final = (0.01, 0.15)
_KINDS: Final = ("out", "in")
_CYCLES: Final = tuple(cycle.label for cycle in Cycle)
#: Number of cycles, residues, first and second days of the month, and rules.
_RULES: Final = (len(Cycle), max((*DAY_STEPS.values(), *MONTH_STEPS.values())), *[MONTH_DAYS + 1] * 2, len(Rule))


class StreamStatus(StrEnum):
    """Whether a stream still runs, and whether its amount changed."""

    ACTIVE = "active"
    CHANGED = "changed"  # still runs, with another amount
    ENDED = "ended"


_STATUSES: Final = (StreamStatus.ACTIVE.value, StreamStatus.CHANGED.value, StreamStatus.ENDED.value)
_ENDED_INDEX: Final = 2


@dataclass(frozen=True)
class Listing:
    """The s streams of n accounts, semi-monthly ones once: columns of ``events.parquet``, [s] each.

    ``row`` is the account's row in the panel, ``kind`` is "in" or "out". ``amount`` is signed, ``amount_spread`` its
    standard deviation, both in units of the balance. ``day_jitter`` is the standard deviation of the day, in days.
    Dates are datetime64[D]. ``next_date`` is NaT and ``next_amount`` NaN if no payment is expected; ``confidence`` is
    the probability that the next payment comes.
    """

    row: NDArray[np.int64]
    kind: tuple[str, ...]
    cycle: tuple[str, ...]
    rule: tuple[str, ...]
    amount: NDArray[np.float64]
    amount_spread: NDArray[np.float64]
    day_jitter: NDArray[np.float64]
    n_seen: NDArray[np.int64]
    first_seen: NDArray[np.datetime64]
    last_seen: NDArray[np.datetime64]
    status: tuple[str, ...]
    confidence: NDArray[np.float64]
    next_date: NDArray[np.datetime64]
    next_amount: NDArray[np.float64]


def list_streams(streams: Streams, origins: NDArray[np.datetime64]) -> Listing:
    """Return the listing of ``streams``; ``origins`` [n] are those of the panel in which they were found."""
    one = np.flatnonzero((streams.partner < 0) | (np.arange(len(streams)) < streams.partner))
    other = np.where(streams.partner[one] >= 0, streams.partner[one], one)
    status = _statuses(streams)
    next_date, chance = _next_payments(streams, origins)
    next_date[status == _ENDED_INDEX] = np.datetime64("NaT", "D")
    later = np.isnat(next_date[one]) | (next_date[other] < next_date[one])
    coming = np.where(later, other, one)
    newer = np.where(streams.last[other] > streams.last[one], other, one)
    living = np.where(status[newer] == _ENDED_INDEX, one + other - newer, newer)
    return Listing(
        row=streams.row[one],
        kind=_look_up_names(_KINDS, (streams.amount[one] > 0).astype(np.int64)),
        cycle=_look_up_names(_CYCLES, streams.cycle[one]),
        rule=_describe_rules(streams, one, other),
        amount=streams.amount[newer],
        amount_spread=streams.spread[newer],
        day_jitter=_jitter(streams)[one],
        n_seen=streams.n_seen[one] + np.where(other == one, 0, streams.n_seen[other]),
        first_seen=np.minimum(streams.first[one], streams.first[other]).astype("datetime64[D]"),
        last_seen=streams.last[newer].astype("datetime64[D]"),
        status=_look_up_names(_STATUSES, status[living]),
        confidence=chance[coming],
        next_date=next_date[coming],
        next_amount=np.where(np.isnat(next_date[coming]), np.nan, streams.amount[coming]),
    )


def have_ended(streams: Streams) -> NDArray[np.bool_]:
    """Return whether each stream has ended, [m]; of a semi-monthly one, each half by itself."""
    return np.asarray(streams.alive < _ENDED)


def _statuses(streams: Streams) -> NDArray[np.int64]:
    """Return the index of each stream's status in ``_STATUSES``, [m]; amounts that follow the balance never changed."""
    difference = np.abs(streams.amount - streams.median)
    changed = difference > np.where(streams.fixed, *_CHANGED) * np.abs(streams.median)
    changed &= streams.slope == 0.0
    return np.where(have_ended(streams), _ENDED_INDEX, changed.astype(np.int64))


def _next_payments(
    streams: Streams, origins: NDArray[np.datetime64]
) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Return the most likely day of each stream's next payment and its probability, [m]; NaT if none is expected.

    The probability is then that of a payment on a due day.
    """
    events, chance = next_events(streams, origins), streams.alive * streams.rate
    left, whole = events.chance.sum(axis=1), chance[events.stream]
    chance[events.stream] = np.where(np.isclose(left, whole), whole, left)
    dates = np.full(len(streams), np.datetime64("NaT", "D"), dtype="datetime64[D]")
    dates[events.stream] = (events.due + OFFSETS[np.argmax(events.chance, axis=1)]).astype("datetime64[D]")
    return dates, chance


def _jitter(streams: Streams) -> NDArray[np.float64]:
    """Return the standard deviation of the offsets of payments from their due days, [m], in days."""
    mean, square = np.zeros(len(streams)), np.zeros(len(streams))
    for place, offset in enumerate(OFFSETS):
        mean = mean + streams.punctuality[:, place] * offset
        square = square + streams.punctuality[:, place] * offset**2
    return np.asarray(np.sqrt(np.maximum(square - mean**2, 0.0)))


def _describe_rules(streams: Streams, one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[str, ...]:
    """Return the rules of streams and their other halves in words, [s]; each distinct rule is worded once."""
    first, second = streams.phases.anchor[one], streams.phases.anchor[other]
    fields = (
        streams.cycle[one],
        streams.phases.residue[one],
        np.minimum(first, second),
        np.maximum(first, second),
        np.maximum(streams.rule[one], streams.rule[other]),
    )
    distinct, place = np.unique(np.ravel_multi_index(fields, _RULES), return_inverse=True)
    words = [
        rule_words(Cycle(cycle), residue, tuple(sorted({day, later})), Rule(rule))
        for cycle, residue, day, later, rule in np.column_stack(np.unravel_index(distinct, _RULES)).tolist()
    ]
    return _look_up_names(words, place)


def _look_up_names(names: Sequence[str], place: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(np.array(names, dtype=np.object_)[place.reshape(-1)].tolist())
