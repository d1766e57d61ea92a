"""The oracle: told all of a planted stream but whether it is there, it says how far the flow bears that out.

It knows the stream's days, its share in every change of price and its spread. Its *score* is the log-likelihood ratio
of the flow of these days with the stream in it and without. There is none on as many days as on others, as many equal
that of another, and else it lies about the flows of other days; amounts that vary are normal about their mean. The
payment that shows best names the amount, and counts for nothing. A *decoy* has a stream's days, moved, and an amount
that one of these names.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.recurring_events import DAYS

#: Width of a kernel as a share of its flow; share of payments that do not come as told.
WIDTH, ASTRAY = 0.3, 0.01
#: Days between payments, about: a decoy's are moved by half as many at most.
STEP = {"weekly": 7, "biweekly": 14, "semi_monthly": 15, "monthly": 30, "quarterly": 91}

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Stream:
    """A planted stream: the ``row`` of its account, the column and signed cents of each payment."""

    row: int
    kind: str
    cycle: str
    days: Whole
    cents: Floats

    @property
    def fixed(self) -> bool:
        """Say whether its amounts repeat."""
        return len(np.unique(self.cents)) * 3 <= len(self.cents)

    @property
    def spread(self) -> float:
        """Return the standard deviation of amounts that vary, as a share of their mean."""
        return 0.0 if self.fixed else float(self.cents.std() / abs(self.cents.mean()))

    @property
    def told(self) -> Floats:
        """Return the amount of each payment as the oracle knows it."""
        return self.cents if self.fixed else np.full(len(self.cents), self.cents.mean())


def chance(left: Floats, sd: Floats, others: Floats) -> Floats:
    """Return the chance of what is ``left`` of flows [k], in whole cents, of an amount of ``sd`` [k], among others."""
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
    """Return the score [k] of each payment: ``flow`` [k] on its ``days``, ``rest`` [t] that of all days but theirs."""
    others, known = np.delete(rest, days), ~np.isnan(flow)
    others, sd = others[~np.isnan(others)], spread * np.abs(told)
    there, without = chance(flow - told, sd, others), chance(flow, np.zeros(len(flow)), others)
    return np.where(known, np.log((1.0 - ASTRAY) * there / without + ASTRAY), 0.0)


def score(stream: Stream, flow: Floats, *, own: Floats) -> float:
    """Return the score of a planted stream in ``flow`` [t], in which ``own`` [k] of its amounts are not."""
    gain = gains(flow[stream.days] + own, flow, stream.days, stream.told, stream.spread)
    return float(gain.sum() - gain.max())


def decoy(stream: Stream, rest: Floats, rng: np.random.Generator) -> float:
    """Return the score of a decoy of a stream, in flow [t] without any."""
    days = stream.days + rng.integers(-(STEP[stream.cycle] // 2), STEP[stream.cycle] // 2 + 1)
    told, days = stream.told[(days > 0) & (days < DAYS)], days[(days > 0) & (days < DAYS)]
    named = np.flatnonzero(np.nan_to_num(rest[days]))
    if not len(named):
        return -np.inf
    name = rng.choice(named)
    gain = gains(rest[days], rest, days, np.rint(told * rest[days[name]] / told[name]), stream.spread)
    return float(np.delete(gain, name).sum())
