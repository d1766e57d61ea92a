"""Pairs: two monthly streams half a month apart and of like amounts are one that is paid twice a month."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.business_days import Rule
from forecast_cli.models.recurring.cycles import Cycle, Phases
from forecast_cli.models.recurring.streams import Streams

#: Days of the month that the halves lie apart, and days that their first and last payments do.
_APART: Final = (12, 18)
_WITHIN: Final = 100
#: How far amounts may differ: of pay, which moves to the business day before, of other payments, and of equal amounts.
_LIKE: Final = (0.2, 0.02)
_SAME: Final = 1e-6


def pair_up(streams: Streams) -> Streams:
    """Return the streams with the halves of semi-monthly ones marked as such and named to each other."""
    partner = np.full(len(streams), -1)
    rank = np.arange(len(streams)) - np.searchsorted(streams.row, streams.row)
    for away in range(1, int(rank.max(initial=0)) + 1):
        one = np.arange(len(streams) - away)
        even = (rank[one] // away) % 2 == 0
        for first in (one[even], one[~even]):  # in neither of which a stream stands twice, as one half or the other
            second = first + away
            match = _halves(streams, first, second) & (partner[first] < 0) & (partner[second] < 0)
            partner[first[match]] = second[match]
            partner[second[match]] = first[match]
    cycle = np.where(partner >= 0, int(Cycle.SEMI_MONTHLY), streams.cycle)
    phases = Phases(cycle, streams.phases.residue, streams.phases.anchor)
    return replace(streams, phases=phases, partner=partner)


def _halves(streams: Streams, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
    anchor = streams.phases.anchor
    apart = np.abs(anchor[one] - anchor[other])
    return np.asarray(
        (streams.row[one] == streams.row[other])
        & (streams.cycle[one] == Cycle.MONTHLY)
        & (streams.cycle[other] == Cycle.MONTHLY)
        & (streams.rule[one] == streams.rule[other])
        & (apart >= _APART[0])
        & (apart <= _APART[1])
        & _alike(streams, one, other)
        & (np.abs(streams.first[one] - streams.first[other]) <= _WITHIN)
        & (np.abs(streams.last[one] - streams.last[other]) <= _WITHIN)
    )


def _alike(streams: Streams, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which are paid alike: to the cent where the amounts of both repeat, about as much where they vary."""
    median, newest, fixed = streams.median, streams.amount, streams.fixed
    same = _within(median[one], median[other], _SAME) | _within(newest[one], newest[other], _SAME)
    pay = streams.rule[one] == Rule.BEFORE
    like = _within(median[one], median[other], np.where(pay, _LIKE[0], _LIKE[1]))
    return np.asarray(same | (like & (pay | ~(fixed[one] & fixed[other]))))


def _within(a: NDArray[np.float64], b: NDArray[np.float64], share: float | NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.abs(a - b) <= share * np.maximum(np.abs(a), np.abs(b)))
