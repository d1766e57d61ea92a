"""Salaries: who is paid when, with raises, job changes and months without pay."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast_cli.data.sample.accounts import Accounts
from forecast_cli.data.sample.calendars import PER_MONTH, Calendar, Cycle, Roll, paydays
from forecast_cli.data.sample.draws import Floats, Ints, between, generator, whole_between
from forecast_cli.data.sample.kinds import Archetype, code_of
from forecast_cli.data.sample.streams import FOREVER, Streams, Terms

SALARY: Final = "salary"

#: Terms of each pay cycle. Weekly and biweekly pay varies, because many are paid by the hour.
TERMS: Final = {
    Archetype.MONTHLY_FIXED_DAY: Terms(SALARY, Cycle.MONTHLY, Roll.PREVIOUS),
    Archetype.MONTHLY_LAST_DAY: Terms(SALARY, Cycle.MONTHLY, Roll.PREVIOUS),
    Archetype.SEMI_MONTHLY: Terms(SALARY, Cycle.SEMI_MONTHLY, Roll.PREVIOUS),
    Archetype.BIWEEKLY: Terms(SALARY, Cycle.BIWEEKLY, Roll.PREVIOUS, wobble=0.03),
    Archetype.WEEKLY: Terms(SALARY, Cycle.WEEKLY, Roll.PREVIOUS, wobble=0.08),
}
_CHANGES: Final = 0.18  # share of salaried holders who lose or change their job during the sample
_RETURNS: Final = 0.3  # share of those who return to the same pay after a gap
_LONGEST_GAP: Final = 75  # days


@dataclass(frozen=True)
class _Jobs:
    """A job for each of n accounts: pay cycle (code of an archetype), monthly pay, first and last day, yearly raise."""

    cycle: Ints
    cents: Floats
    first: Ints
    last: Ints
    growth: Floats


def draw_salaries(calendar: Calendar, accounts: Accounts, seed: int) -> list[Streams]:
    """Draw the salary streams of the block's checking accounts: of first jobs, then of second jobs, by pay cycle."""
    jobs = _draw_jobs(calendar, accounts, seed)
    return [
        _salaries(calendar, accounts, job, archetype=archetype, rng=generator(seed, accounts.block, f"pay{number}"))
        for number, job in enumerate(jobs)
        for archetype in TERMS
    ]


def _draw_jobs(calendar: Calendar, accounts: Accounts, seed: int) -> tuple[_Jobs, _Jobs]:
    n = len(accounts.turnover)
    changes, returns, when, gap, cycle, pay, growth = generator(seed, accounts.block, "jobs").random((7, n))
    leaves = np.where(changes < _CHANGES, np.floor(when * calendar.days).astype(np.int64), FOREVER)
    back = returns < _RETURNS
    raises = between(growth, 0.0, 0.06)
    first = _Jobs(accounts.archetype, accounts.turnover, accounts.opened, np.minimum(leaves, accounts.left), raises)
    cycles = np.array([code_of(archetype) for archetype in TERMS])
    second = _Jobs(
        cycle=np.where(back, accounts.archetype, cycles[whole_between(cycle, 0, len(cycles) - 1)]),
        cents=np.where(back, 1.0, between(pay, 0.85, 1.35)) * accounts.turnover,
        first=np.maximum(leaves + 1 + whole_between(gap, 0, _LONGEST_GAP), accounts.opened),
        last=accounts.left,
        growth=raises,
    )
    return first, second


def _salaries(
    calendar: Calendar, accounts: Accounts, job: _Jobs, *, archetype: Archetype, rng: np.random.Generator
) -> Streams:
    terms = TERMS[archetype]
    salaried = np.isin(accounts.archetype, [code_of(paid) for paid in TERMS])
    row = np.flatnonzero(salaried & (job.cycle == code_of(archetype)))
    day, phase = rng.random((2, len(row)))
    return Streams(
        terms=terms,
        row=row,
        anchor=_anchor(calendar, archetype, day),
        phase=whole_between(phase, 0, 11),
        cents=np.rint(job.cents[row] / PER_MONTH[terms.cycle]),
        first=job.first[row],
        last=job.last[row],
        growth=job.growth[row],
    )


def _anchor(calendar: Calendar, archetype: Archetype, u: Floats) -> Ints:
    """Return the day of the month, or a Friday, on which pay is due."""
    match archetype:
        case Archetype.MONTHLY_FIXED_DAY:
            return whole_between(u, 1, 28)
        case Archetype.BIWEEKLY | Archetype.WEEKLY:
            return paydays(calendar, u)
        case _:
            return np.full(len(u), 31)
