"""Irregular spending and income: groceries, cash, purchases, suppliers, invoices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast_cli.data.sample.accounts import Accounts
from forecast_cli.data.sample.calendars import Calendar
from forecast_cli.data.sample.draws import SKEWED_MEAN, Floats, between, generator, skewed
from forecast_cli.data.sample.kinds import AccountType, Archetype

_DAYS_A_MONTH: Final = 30.4
_NOTE: Final = 2_000  # cents; amounts of cash are multiples of this banknote

_EVEN: Final = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
_SHOPPING: Final = (0.8, 0.8, 0.9, 1.0, 1.3, 1.5, 0.7)
_OFFICE: Final = (1.4, 1.4, 1.4, 1.4, 1.4, 0.0, 0.0)
_SHOP_HOURS: Final = (1.0, 1.0, 1.0, 1.1, 1.4, 1.5, 0.0)
#: More in December, less in January.
_YEAR: Final = np.array([0.8, 0.92, 1.0, 0.98, 1.0, 1.02, 1.04, 1.02, 0.97, 0.98, 1.08, 1.19])


@dataclass(frozen=True)
class Habit:
    """Money that moves at random: on a share of days between ``least`` and ``most``, distributed over the ``week``.

    ``part`` is its share of the budget for all habits of an account; ``roots`` as in ``skewed``; amounts are multiples
    of ``step`` cents.
    """

    name: str
    part: float
    least: float
    most: float
    week: tuple[float, ...] = _EVEN
    roots: int = 2
    step: int = 1


_GROCERIES: Final = Habit("groceries", 0.4, 0.05, 0.35, _SHOPPING)

#: Spending from the money that bills leave; it is higher with a high balance.
OUTGOING: Final[Mapping[AccountType, tuple[Habit, ...]]] = {
    AccountType.CHECKING: (_GROCERIES, Habit("purchases", 0.45, 0.05, 0.55, _SHOPPING, roots=1)),
    AccountType.SAVINGS: (Habit("withdrawal", 1.0, 0.01, 0.035),),
    AccountType.CREDIT_CARD: (_GROCERIES, Habit("purchases", 0.6, 0.15, 0.65, _SHOPPING, roots=1)),
    AccountType.BUSINESS: (Habit("suppliers", 0.75, 0.15, 0.5, _OFFICE, roots=1), Habit("owner", 0.25, 0.03, 0.1)),
}
#: Cash withdrawals from the same money; they do not depend on the balance.
CASH: Final[Mapping[AccountType, tuple[Habit, ...]]] = {
    AccountType.CHECKING: (Habit("cash", 0.15, 0.02, 0.1, _SHOPPING, step=_NOTE),)
}
#: Irregular income, from the whole turnover.
INCOMING: Final[Mapping[Archetype, tuple[Habit, ...]]] = {
    Archetype.IRREGULAR: (Habit("jobs", 1.0, 0.08, 0.25),),
    Archetype.BUSINESS_INVOICES: (Habit("invoices", 1.0, 0.05, 0.25, _OFFICE, roots=1),),
    Archetype.BUSINESS_RETAIL: (Habit("takings", 1.0, 0.8, 0.95, _SHOP_HOURS),),
}


def draw_habits(
    calendar: Calendar,
    accounts: Accounts,
    habits: Mapping[AccountType, tuple[Habit, ...]] | Mapping[Archetype, tuple[Habit, ...]],
    *,
    budget: Floats,
    seed: int,
) -> Floats:
    """Return the whole cents [t, n], 0 or more, that habits move on each day while an account's holder is active.

    ``budget`` [n] is in cents per month. Rows are days and columns accounts, as the simulation reads them.
    """
    grid = np.zeros((calendar.days, len(budget)))
    for kind, members in habits.items():
        rows = accounts.rows_of(kind)
        for habit in members:
            rng = generator(seed, accounts.block, f"{kind}/{habit.name}")
            grid[:, rows] += _draw_habit(calendar, habit, budget=budget[rows], rng=rng)
    days = np.arange(calendar.days)[:, None]
    return grid * ((days >= accounts.opened) & (days <= accounts.left))


def _draw_habit(calendar: Calendar, habit: Habit, *, budget: Floats, rng: np.random.Generator) -> Floats:
    """Return whole cents [t, m]. One uniform draw decides whether money moves and, rescaled, how much."""
    share = between(rng.random(len(budget)), habit.least, habit.most)
    chance = np.minimum(share * np.array(habit.week)[calendar.weekday][:, None], 1.0)
    u = rng.random(chance.shape)
    day, row = np.nonzero(u < chance)
    typical = budget * habit.part / (share * _DAYS_A_MONTH * SKEWED_MEAN[habit.roots])
    size = typical[row] * _YEAR[calendar.month[day]] * skewed(u[day, row] / chance[day, row], roots=habit.roots)
    cents = np.zeros(chance.shape)
    cents[day, row] = np.ceil(size / habit.step) * habit.step
    return cents
