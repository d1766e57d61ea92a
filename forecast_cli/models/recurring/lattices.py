"""Lattices: where on the axis of a panel the payments of every phase of a cycle would stand."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.business_days import Rule, shifted
from forecast_cli.models.recurring.cycles import MONTH_DAYS, MONTH_STEPS, WEEK_STEPS, Cycle, in_month, month_of

#: Cycles and rules that are looked for; a semi-monthly stream is found as two monthly ones, and payments that go to the
#: business day before on those of their days that are business days.
_SOUGHT: Final = (
    (Cycle.WEEKLY, Rule.NONE),
    (Cycle.BIWEEKLY, Rule.NONE),
    (Cycle.MONTHLY, Rule.NONE),
    (Cycle.MONTHLY, Rule.AFTER),
    (Cycle.QUARTERLY, Rule.AFTER),
)
#: The shortest and the longest of them that are looked for each time an account is looked at.
ROUNDS: Final = (
    (Cycle.WEEKLY, Cycle.QUARTERLY),
    (Cycle.MONTHLY, Cycle.QUARTERLY),
    (Cycle.MONTHLY, Cycle.QUARTERLY),
    (Cycle.MONTHLY, Cycle.MONTHLY),
)

#: Payments of a stream that are looked at, and days of history, whole weeks: what came to an end before does not tell
#: what is to come.
MOST_PAYMENTS: Final = 126
MOST_DAYS: Final = 7 * MOST_PAYMENTS

#: A phase: from ``start`` to ``end`` are its due days among the columns of its lattices, ``place`` is its own in that
#: of its cycle.
PHASE: Final = np.dtype([(name, np.int64) for name in ("start", "end", "cycle", "place")])


@dataclass(frozen=True)
class Lattices:
    """The phases of all cycles and rules: ``phases`` [p] of ``PHASE``, ``columns`` [u, k] for u distinct origins.

    A column counts days on an axis of t days that ends at the origin; t itself stands for a day that is not on it. The
    due days of a phase come newest first. ``place`` [c] is that of each account's origin among the u.
    """

    phases: NDArray[Any]
    columns: NDArray[np.int32]
    place: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64], shortest: Cycle, longest: Cycle) -> "Lattices":
        """Return the phases of the cycles from one to another, for some accounts."""
        cycle = self.phases["cycle"]
        return Lattices(self.phases[(cycle >= shortest) & (cycle <= longest)], self.columns, self.place[rows])


def lattices(origins: NDArray[np.int64], t: int) -> Lattices:
    """Return the lattices of all cycles that are looked for, of ``origins`` [c], in days, over t days."""
    distinct, place = np.unique(origins, return_inverse=True)
    one = len(distinct) == 1
    phases, columns = _of_one(int(distinct[0]), t) if one else _of_all(distinct, t)
    return Lattices(phases, columns, place.reshape(-1))


@lru_cache(maxsize=8)
def _of_one(origin: int, t: int) -> tuple[NDArray[Any], NDArray[np.int32]]:
    return _of_all(np.array([origin]), t)


def _of_all(origins: NDArray[np.int64], t: int) -> tuple[NDArray[Any], NDArray[np.int32]]:
    parts, columns, start = [], [], 0
    for cycle, rule in _SOUGHT:
        own = _columns(cycle, rule, origins, t)
        own = own[(own < t).any(axis=(1, 2))]
        k, p, u = own.shape
        part = np.zeros(p, dtype=PHASE)
        part["cycle"], part["place"] = int(cycle), np.arange(p)
        part["start"] = start + k * np.arange(p)
        part["end"] = part["start"] + k
        start += k * p
        parts.append(part)
        columns.append(np.broadcast_to(own.transpose(2, 1, 0).reshape(u, p * k), (len(origins), p * k)))
    return np.concatenate(parts), np.concatenate(columns, axis=1).astype(np.int32)


def _columns(cycle: Cycle, rule: Rule, origins: NDArray[np.int64], t: int) -> NDArray[np.int64]:
    """Return the columns [k, p, u] of the p phases of a cycle; u is 1 where they are the same for all origins."""
    if cycle in WEEK_STEPS:
        step = WEEK_STEPS[cycle]
        columns = t - 1 - np.arange(step) - step * np.arange(-(-t // step))[:, None]
        return np.where(columns >= 0, columns, t)[:, :, None]
    step = MONTH_STEPS[cycle]
    back = np.repeat(np.arange(step), MONTH_DAYS) + step * np.arange(t // (28 * step) + 2)[:, None]
    anchors = np.tile(np.arange(1, MONTH_DAYS + 1), step)
    due = shifted(in_month(month_of(origins) - back[:, :, None], anchors[:, None]), rule)
    columns = due - origins + t - 1
    return np.where((columns >= 0) & (columns < t), columns, t)
