"""Simulation: daily balances from planned payments and from spending that depends on the balance."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast_cli.data.sample.accounts import Accounts
from forecast_cli.data.sample.calendars import Calendar
from forecast_cli.data.sample.draws import Bools, Floats
from forecast_cli.data.sample.profiles import Profiles

_STATEMENT_DAYS: Final = 24  # from a card's statement to the day its payment is due
_LEAST_PAYMENT: Final = 2_500  # cents paid of a card's statement at least, or all of it if less
_TOP_UP_CHANCE: Final = 0.3  # per day, for an account below its floor
_TOP_UP_STEP: Final = 5_000  # cents
_TOP_UP_TO: Final = 0.3  # of the way from the floor to the target


@dataclass(frozen=True)
class Plans:
    """Planned payments of n accounts over t days, independent of the balance, and their spending at the target level.

    ``fixed`` [t, n] signed cents, ``wanted`` [t, n] cents of spending, ``due`` [t, n] whether a card's payment is due,
    ``luck`` [t, n] uniform draws.
    """

    fixed: Floats
    wanted: Floats
    due: Bools
    luck: Floats


def simulate(calendar: Calendar, accounts: Accounts, profiles: Profiles, plans: Plans) -> Floats:
    """Return end-of-day balances [t, n] in whole cents: 0 before an account opens and after it closes.

    Whole cents in float64 are exact, so the order of additions does not matter.
    """
    balances = np.zeros((calendar.days + 1, accounts.opened.size))  # row 0: the day before the first
    owed_fee, accrued = np.zeros_like(profiles.target), np.zeros_like(profiles.target)
    for day in range(calendar.days):
        before = balances[day]
        balance = _spend(before, profiles, plans.wanted[day]) + plans.fixed[day] - owed_fee
        balance = balance + _repay(balances, day, profiles, plans)
        balance = balance + _top_up(before, profiles, plans.luck[day]) * (day <= accounts.left)
        owed_fee = profiles.overdraft_fee * ((balance < 0) & (before >= 0))
        accrued = accrued + np.where(balance > 0, profiles.credit_rate, profiles.debit_rate) * balance
        if calendar.month_end[day]:
            balance, accrued = balance + np.rint(accrued / 36_500), np.zeros_like(accrued)
        balances[day + 1] = np.where(accounts.survives | (day < accounts.closed), balance, 0.0)
    return balances[1:]


def _spend(before: Floats, profiles: Profiles, wanted: Floats) -> Floats:
    """Return the balances after spending: more with a high balance, less with a low one, none below the floor."""
    appetite = np.clip(1.0 + (before - profiles.target) / profiles.scale, profiles.least, profiles.most)
    return before - np.minimum(np.rint(appetite * wanted), np.maximum(before - profiles.floor, 0.0))


def _repay(balances: Floats, day: int, profiles: Profiles, plans: Plans) -> Floats:
    """Return the card payments that are due, in cents.

    A payment is a share of what is still owed of the last statement, but at least ``_LEAST_PAYMENT``, or all if less.
    """
    owed = np.minimum(-balances[max(day - _STATEMENT_DAYS + 1, 0)], -balances[day])
    statement = np.maximum(owed, 0.0)
    paid: Floats = np.maximum(np.rint(profiles.repaid * statement), np.minimum(statement, _LEAST_PAYMENT))
    return np.where(plans.due[day], paid, 0.0)


def _top_up(before: Floats, profiles: Profiles, luck: Floats) -> Floats:
    """Return transfers that bring an account back above its floor, on a random day after bills took it below."""
    restored = profiles.floor + _TOP_UP_TO * (profiles.target - profiles.floor)
    missing = np.ceil((restored - before) / _TOP_UP_STEP) * _TOP_UP_STEP
    return np.where((before < profiles.floor) & (luck < _TOP_UP_CHANCE), missing, 0.0)
