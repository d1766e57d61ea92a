"""Bills: the recurring payments of each account type, and which accounts have them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast_cli.data.sample.accounts import Accounts
from forecast_cli.data.sample.calendars import Calendar, Cycle, Roll, paydays
from forecast_cli.data.sample.draws import Floats, Ints, between, whole_between
from forecast_cli.data.sample.kinds import AccountType
from forecast_cli.data.sample.streams import FOREVER, Streams, Terms

CARD_PAYMENT: Final = "card_payment"
INTEREST: Final = "interest"
ACCOUNT_FEE: Final = "account_fee"
CARD_FEE: Final = "card_fee"

_BY_THE_BANK: Final = (INTEREST, ACCOUNT_FEE, CARD_FEE)  # continue after the holder has left
_WEEKS: Final = (Cycle.WEEKLY, Cycle.BIWEEKLY)


@dataclass(frozen=True)
class Bill:
    """A recurring payment that a ``share`` of the accounts of a type has.

    Its amount is ``least`` to ``most`` times the monthly turnover (negative: paid out; None: depends on the balance),
    or one of ``prices`` in cents. ``days`` are the days of the month it may be due on. ``growth`` is the mean yearly
    increase, as a share. ``changes`` is the share of streams that start during the sample; the same share ends during
    it.
    """

    terms: Terms
    share: float
    least: float | None = None
    most: float | None = None
    prices: tuple[int, ...] = ()
    days: tuple[int, int] = (1, 28)
    growth: float = 0.0
    changes: float = 0.0


_STREAMING: Final = (-699, -999, -1199, -1549, -1799, -2299)
_SOFTWARE: Final = (-1200, -2900, -4900, -9900, -19900)
_FEES: Final = (-300, -500, -800, -1200)
_INTEREST: Final = Bill(Terms(INTEREST, Cycle.MONTHLY), 1.0, days=(31, 31))

BILLS: Final[Mapping[AccountType, tuple[Bill, ...]]] = {
    AccountType.CHECKING: (
        Bill(
            Terms("rent", Cycle.MONTHLY, Roll.NEXT, late=0.08, early=0.04), 0.85, -0.22, -0.36, days=(1, 5), growth=0.03
        ),
        Bill(Terms("loan", Cycle.MONTHLY, Roll.NEXT), 0.35, -0.05, -0.13, changes=0.12),
        Bill(Terms("energy", Cycle.MONTHLY, Roll.NEXT, 0.1, 0.1, wobble=0.15, seasonal=True), 0.85, -0.015, -0.045),
        Bill(Terms("phone", Cycle.MONTHLY), 0.9, -0.01, -0.025),
        Bill(Terms("internet", Cycle.MONTHLY, Roll.NEXT, late=0.05), 0.7, -0.01, -0.02, growth=0.04),
        Bill(Terms("insurance", Cycle.MONTHLY, Roll.NEXT), 0.5, -0.02, -0.045, growth=0.06),
        Bill(Terms("insurance", Cycle.YEARLY, Roll.NEXT), 0.2, -0.15, -0.4, growth=0.06),
        Bill(Terms("water", Cycle.QUARTERLY, Roll.NEXT, late=0.1, wobble=0.2), 0.4, -0.02, -0.05),
        Bill(Terms("card_bill", Cycle.MONTHLY, Roll.NONE, late=0.06, early=0.1, wobble=0.35), 0.5, -0.05, -0.18),
        Bill(Terms("saving", Cycle.MONTHLY, Roll.NEXT), 0.4, -0.03, -0.1, changes=0.1),
        Bill(Terms("subscription", Cycle.MONTHLY), 0.8, prices=_STREAMING, growth=0.08, changes=0.15),
        Bill(Terms("subscription", Cycle.MONTHLY), 0.5, prices=_STREAMING, growth=0.08, changes=0.25),
        Bill(Terms("subscription", Cycle.YEARLY), 0.2, prices=(-5999, -11900, -13900)),
        Bill(Terms("gym", Cycle.BIWEEKLY), 0.15, prices=(-1299, -1999, -2999), changes=0.3),
        Bill(Terms(ACCOUNT_FEE, Cycle.MONTHLY), 0.3, prices=_FEES, days=(31, 31)),
        Bill(Terms("bonus", Cycle.YEARLY, Roll.PREVIOUS, wobble=0.1), 0.2, 0.3, 1.2, days=(15, 28)),
    ),
    AccountType.SAVINGS: (
        Bill(Terms("saving", Cycle.MONTHLY, Roll.NEXT), 0.7, 0.5, 1.0, growth=0.03, changes=0.1),
        Bill(Terms("saving", Cycle.BIWEEKLY, Roll.PREVIOUS), 0.2, 0.2, 0.4),
        _INTEREST,
    ),
    AccountType.CREDIT_CARD: (
        Bill(Terms(CARD_PAYMENT, Cycle.MONTHLY, Roll.NONE, late=0.04, early=0.1), 1.0),
        Bill(Terms("phone", Cycle.MONTHLY), 0.4, -0.03, -0.07),
        Bill(Terms("subscription", Cycle.MONTHLY), 0.8, prices=_STREAMING, growth=0.08, changes=0.2),
        Bill(Terms("subscription", Cycle.MONTHLY), 0.5, prices=_STREAMING, growth=0.08, changes=0.2),
        Bill(Terms("subscription", Cycle.YEARLY), 0.3, prices=(-5999, -11900, -13900)),
        Bill(Terms(CARD_FEE, Cycle.YEARLY), 0.3, prices=(-6900, -9500, -15000)),
    ),
    AccountType.BUSINESS: (
        Bill(Terms("payroll", Cycle.SEMI_MONTHLY, Roll.PREVIOUS, wobble=0.04), 0.5, -0.1, -0.2, growth=0.04),
        Bill(Terms("payroll", Cycle.BIWEEKLY, Roll.PREVIOUS, wobble=0.04), 0.3, -0.08, -0.16, growth=0.04),
        Bill(Terms("premises", Cycle.MONTHLY, Roll.NEXT), 0.8, -0.04, -0.1, days=(1, 5), growth=0.03),
        Bill(Terms("tax", Cycle.QUARTERLY, Roll.NEXT, wobble=0.1), 0.9, -0.1, -0.3, days=(15, 15)),
        Bill(Terms("loan", Cycle.MONTHLY, Roll.NEXT), 0.3, -0.03, -0.08, changes=0.15),
        Bill(Terms("insurance", Cycle.YEARLY, Roll.NEXT), 0.6, -0.05, -0.2, growth=0.05),
        Bill(Terms("software", Cycle.MONTHLY), 0.9, prices=_SOFTWARE, growth=0.07, changes=0.1),
        Bill(Terms("software", Cycle.MONTHLY), 0.6, prices=_SOFTWARE, growth=0.07, changes=0.2),
        Bill(Terms("energy", Cycle.MONTHLY, Roll.NEXT, 0.1, 0.1, wobble=0.15, seasonal=True), 0.8, -0.005, -0.02),
        Bill(Terms(ACCOUNT_FEE, Cycle.MONTHLY), 0.7, prices=(-1500, -2500), days=(31, 31)),
    ),
}


def draw_bills(calendar: Calendar, accounts: Accounts, rng: np.random.Generator) -> list[Streams]:
    """Draw all bills of the block's accounts, in the order of ``BILLS``."""
    return [
        _draw_bill(calendar, accounts, bill, rng=rng, rows=accounts.rows_of(kind))
        for kind, bills in BILLS.items()
        for bill in bills
    ]


def _draw_bill(calendar: Calendar, accounts: Accounts, bill: Bill, *, rng: np.random.Generator, rows: Ints) -> Streams:
    has, amount, day, phase, change, when, growth = rng.random((7, len(rows)))
    kept = has < bill.share
    row = rows[kept]
    first, last = _active(calendar.days, bill.changes, change[kept], when[kept])
    left = accounts.closed if bill.terms.kind in _BY_THE_BANK else accounts.left
    weekly = bill.terms.cycle in _WEEKS
    return Streams(
        terms=bill.terms,
        row=row,
        anchor=paydays(calendar, day[kept]) if weekly else whole_between(day[kept], *bill.days),
        phase=whole_between(phase[kept], 0, 11),
        cents=_amounts(bill, accounts.turnover[row], amount[kept]),
        first=np.maximum(first, accounts.opened[row]),
        last=np.minimum(last, left[row]),
        growth=growth[kept] * 2.0 * bill.growth,
    )


def _amounts(bill: Bill, turnover: Floats, u: Floats) -> Floats:
    """Return signed amounts [s] in cents, NaN if the amount depends on the balance."""
    if bill.prices:
        return np.array(bill.prices, dtype=np.float64)[whole_between(u, 0, len(bill.prices) - 1)]
    if bill.least is None or bill.most is None:
        return np.full(len(u), np.nan)
    return np.rint(turnover * between(u, bill.least, bill.most))


def _active(days: int, changes: float, u: Floats, when: Floats) -> tuple[Ints, Ints]:
    """Return the first and the last day [s]: some streams start during the sample, and as many end during it."""
    day = np.floor(when * days).astype(np.int64)
    begins, ends = u < changes, u > 1.0 - changes
    return np.where(begins, day, 0), np.where(ends, day, FOREVER)
