"""Oracle: knows everything about a planted stream except whether it exists, and scores the evidence for it in the flow.

It knows the days of the stream, its price changes, and its spread. Its *score* is the log-likelihood ratio of the flow
on these days with the stream and without it. Without it, the flow of a day is zero as often as on other days, equals
that of another day as often as flows repeat, and otherwise follows a kernel density of the flows of other days. Amounts
that vary are normal around their mean. The payment with the best score defines the amount and does not count itself. A
*decoy* has the days of a stream, moved, and an amount that one of these days defines.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.recurring_events import DAYS

#: Width of a kernel as a share of its flow; share of payments that deviate from their day or amount.
WIDTH, ASTRAY = 0.3, 0.01
#: Approximate days between payments; those of a decoy are moved by at most half as many.
STEP = {"weekly": 7, "biweekly": 14, "semi_monthly": 15, "monthly": 30, "quarterly": 91}

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Stream:
    """A planted stream: the ``row`` of its account, and the column and signed cents of each payment."""

    row: int
    kind: str
    cycle: str
    days: Whole
    cents: Floats

    @property
    def fixed(self) -> bool:
        """Return whether its amounts repeat."""
        return len(np.unique(self.cents)) * 3 <= len(self.cents)

    @property
    def spread(self) -> float:
        """Return the standard deviation of the amounts as a share of their mean, 0 if they repeat."""
        return 0.0 if self.fixed else float(self.cents.std() / abs(self.cents.mean()))

    @property
    def told(self) -> Floats:
        """Return the amount of each payment as the oracle knows it: its own, or the mean if amounts vary."""
        return self.cents if self.fixed else np.full(len(self.cents), self.cents.mean())


def chance(left: Floats, sd: Floats, others: Floats) -> Floats:
    """Return the likelihood of the remainders ``left`` [k] of flows in whole cents, given the flows of ``others``.

    ``sd`` [k] is the standard deviation of the amounts taken out of the flows, 0 for repeating ones.
    """
    busy = others[others != 0.0]
    if not len(busy):
        return np.asarray(1e-9 + (left == 0.0))
    _, counts = np.unique(busy, return_counts=True)
    repeats = max(counts[counts > 1].sum() / len(busy), ASTRAY) * (sd == 0.0)
    quiet = 1.0 - len(busy) / len(others)
    wide = np.hypot(WIDTH * np.abs(busy), np.maximum(sd, 0.5)[:, None])
    spread = _normal(left[:, None] - busy, wide).mean(axis=1)
    none = np.where(sd == 0.0, left == 0.0, _normal(left, np.maximum(sd, 0.5)))
    twins = (left[:, None] == busy).mean(axis=1)
    return np.asarray(quiet * none + (1.0 - quiet) * (repeats * twins + (1.0 - repeats) * spread) + 1e-12)


def _normal(away: Floats, sd: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * (away / sd) ** 2) / (np.sqrt(2 * np.pi) * sd))


def gains(flow: Floats, rest: Floats, days: Whole, told: Floats, spread: float) -> Floats:
    """Return the score [k] of each payment; ``flow`` [k] is that of its ``days``, ``rest`` [t] that of every day."""
    others, known = np.delete(rest, days), ~np.isnan(flow)
    others, sd = others[~np.isnan(others)], spread * np.abs(told)
    there, without = chance(flow - told, sd, others), chance(flow, np.zeros(len(flow)), others)
    return np.where(known, np.log((1.0 - ASTRAY) * there / without + ASTRAY), 0.0)


def score(stream: Stream, flow: Floats, *, own: Floats) -> float:
    """Return the score of a planted stream in ``flow`` [t], to which its amounts ``own`` [k] are added first."""
    gain = gains(flow[stream.days] + own, flow, stream.days, stream.told, stream.spread)
    return float(gain.sum() - gain.max())


def decoy(stream: Stream, rest: Floats, rng: np.random.Generator) -> float:
    """Return the score of a decoy of a stream, in the flow ``rest`` [t] without planted payments."""
    days = stream.days + rng.integers(-(STEP[stream.cycle] // 2), STEP[stream.cycle] // 2 + 1)
    told, days = stream.told[(days > 0) & (days < DAYS)], days[(days > 0) & (days < DAYS)]
    named = np.flatnonzero(np.nan_to_num(rest[days]))
    if not len(named):
        return -np.inf
    name = rng.choice(named)
    gain = gains(rest[days], rest, days, np.rint(told * rest[days[name]] / told[name]), stream.spread)
    return float(np.delete(gain, name).sum())
