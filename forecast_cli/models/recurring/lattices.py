"""Lattices: where on the axis of a panel the payments of every phase of a cycle would stand."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.business_days import Rule, shifted
from forecast_cli.models.recurring.cycles import MONTH_DAYS, MONTH_STEPS, WEEK_STEPS, Cycle, Phases, in_month, month_of

_WEEKS: Final = ((Cycle.WEEKLY, Rule.NONE), (Cycle.BIWEEKLY, Rule.NONE))
_MONTHS: Final = ((Cycle.MONTHLY, Rule.NONE), (Cycle.MONTHLY, Rule.AFTER))
_QUARTERS: Final = ((Cycle.QUARTERLY, Rule.AFTER),)
#: Cycles and rules that are looked for each time an account is looked at; a semi-monthly stream is found as two monthly
#: ones, and payments that go to the business day before on those of their days that are business days.
ROUNDS: Final = ((*_WEEKS, *_MONTHS, *_QUARTERS), (*_MONTHS, *_QUARTERS), (*_MONTHS, *_QUARTERS), _MONTHS)


@dataclass(frozen=True)
class Lattice:
    """The p phases of one cycle: ``columns`` [k, p, u], the k due days of each phase up to u origins, newest first.

    A column counts days on an axis of t days that ends at the origin; t itself stands for a day that is not on it.
    Where ``columns`` are the same for every origin, u is 1.
    """

    cycle: Cycle
    columns: NDArray[np.int64]


def lattice(cycle: Cycle, rule: Rule, origins: NDArray[np.int64], t: int) -> Lattice:
    """Return the lattice of ``cycle`` for distinct ``origins`` [u], in days, over t days."""
    if cycle in WEEK_STEPS:
        step = WEEK_STEPS[cycle]
        columns = t - 1 - np.arange(step) - step * np.arange(-(-t // step))[:, None]
        return Lattice(cycle, np.where(columns >= 0, columns, t)[:, :, None])
    step = MONTH_STEPS[cycle]
    back = np.repeat(np.arange(step), MONTH_DAYS) + step * np.arange(t // (28 * step) + 2)[:, None]
    anchors = np.tile(np.arange(1, MONTH_DAYS + 1), step)
    due = shifted(in_month(month_of(origins) - back[:, :, None], anchors[:, None]), rule)
    columns = due - origins + t - 1
    return Lattice(cycle, np.where((columns >= 0) & (columns < t), columns, t))


def phases_of(cycle: Cycle, origins: NDArray[np.int64], place: NDArray[np.int64]) -> Phases:
    """Return the phases [m] that stand at ``place`` [m] of the lattice of one cycle."""
    kind = np.full(len(place), int(cycle))
    if cycle in WEEK_STEPS:
        return Phases(kind, (origins - place) % WEEK_STEPS[cycle], np.zeros_like(place))
    residue = (month_of(origins) - place // MONTH_DAYS) % MONTH_STEPS[cycle]
    return Phases(kind, residue, place % MONTH_DAYS + 1)
