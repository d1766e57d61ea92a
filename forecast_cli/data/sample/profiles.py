"""Profiles: the level that an account's balance reverts to, its limits, interest rates and fees."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from forecast_cli.data.sample.accounts import Accounts
from forecast_cli.data.sample.calendars import PER_MONTH
from forecast_cli.data.sample.draws import Floats, between, generator, skewed
from forecast_cli.data.sample.kinds import AccountType, Archetype, code_of
from forecast_cli.data.sample.streams import Streams

_OVERDRAFT_RATE: Final = 18.0  # percent a year
_CREDIT_LINE_RATE: Final = 9.0
_CARD_RATE: Final = 22.0
_OVERDRAFT_FEE: Final = 3_500  # cents
_SAVINGS_RATES: Final = (0.5, 4.5)
#: Smallest spending budget of an account, as a share of its turnover, even if bills leave less.
_LEAST_BUDGET: Final = 0.12


@dataclass(frozen=True)
class Profiles:
    """How the n accounts of a block behave; money in cents, rates in percent per year. All [n].

    Spending is multiplied by 1 + (balance - ``target``) / ``scale``, limited to ``least`` and ``most``. Spending does
    not take the balance below ``floor``. ``repaid`` is the share of a card's statement that is paid, 0 for other
    accounts.
    """

    start: Floats
    target: Floats
    scale: Floats
    least: Floats
    most: Floats
    floor: Floats
    credit_rate: Floats
    debit_rate: Floats
    overdraft_fee: Floats
    repaid: Floats


@dataclass(frozen=True)
class _Draws:
    """Uniform draws [n], one for each property in which accounts of one type differ."""

    level: Floats
    start: Floats
    limit: Floats
    rate: Floats
    fee: Floats


def draw_profiles(accounts: Accounts, seed: int) -> Profiles:
    """Draw the profiles of a block's accounts, each by the rules of its account type."""
    turnover = accounts.turnover
    draws = _Draws(*generator(seed, accounts.block, "profile").random((5, len(turnover))))
    by_type = {
        AccountType.CHECKING: _checking(draws, turnover),
        AccountType.SAVINGS: _savings(draws, turnover),
        AccountType.CREDIT_CARD: _card(draws, accounts),
        AccountType.BUSINESS: _business(draws, turnover),
    }
    ordered = [by_type[name] for name in AccountType]
    return Profiles(
        **{
            field.name: np.choose(accounts.types, [getattr(one, field.name) for one in ordered])
            for field in fields(Profiles)
        }
    )


def budgets(accounts: Accounts, profiles: Profiles, bills: list[Streams]) -> Floats:
    """Return the monthly spending [n] in cents that keeps a balance at its target: income less bills, plus interest."""
    n = len(accounts.turnover)
    is_savings = accounts.types == code_of(AccountType.SAVINGS)
    left = np.where(is_savings, 0.0, accounts.turnover)
    for streams in bills:
        cents = np.nan_to_num(streams.cents) * PER_MONTH[streams.terms.cycle]
        left = left + np.bincount(streams.row, weights=cents, minlength=n)
    left = left + np.maximum(profiles.target, 0.0) * profiles.credit_rate / 1_200
    return np.maximum(left, _LEAST_BUDGET * accounts.turnover)


def _checking(draws: _Draws, turnover: Floats) -> Profiles:
    """Return profiles of checking accounts.

    Two in five have an overdraft limit, three in five pay a fee when the balance falls below zero, and most have little
    money left over.
    """
    target = turnover * (0.08 + 1.7 * draws.level * draws.level)
    return Profiles(
        start=np.rint(target * skewed(draws.start, roots=2)),
        target=target,
        scale=1.2 * turnover,
        least=np.full_like(turnover, 0.3),
        most=np.full_like(turnover, 2.5),
        floor=-_hundreds(turnover * np.maximum(draws.limit - 0.6, 0.0)),
        credit_rate=np.where(draws.rate < 0.25, draws.rate * 4.0, 0.0),
        debit_rate=np.full_like(turnover, _OVERDRAFT_RATE),
        overdraft_fee=np.where(draws.fee < 0.6, _OVERDRAFT_FEE, 0.0),
        repaid=np.zeros_like(turnover),
    )


def _savings(draws: _Draws, turnover: Floats) -> Profiles:
    """Return profiles of savings accounts.

    The target is half a year to three years of deposits; the higher the balance, the more is withdrawn.
    """
    target = turnover * (6.0 + 30.0 * draws.level)
    return Profiles(
        start=np.rint(target * skewed(draws.start, roots=2)),
        target=target,
        scale=0.6 * target,
        least=np.zeros_like(turnover),
        most=np.full_like(turnover, 3.0),
        floor=np.zeros_like(turnover),
        credit_rate=between(draws.rate, *_SAVINGS_RATES),
        debit_rate=np.zeros_like(turnover),
        overdraft_fee=np.zeros_like(turnover),
        repaid=np.zeros_like(turnover),
    )


def _card(draws: _Draws, accounts: Accounts) -> Profiles:
    """Return profiles of credit cards.

    A revolving card carries 30 to 85 % of its limit; its repayments equal its spending and interest at that level.
    """
    turnover = accounts.turnover
    revolving = accounts.archetype == code_of(Archetype.CARD_REVOLVING)
    limit = _hundreds(turnover * between(draws.limit, 2.5, 8.0)) + 10_000
    target = np.where(revolving, -np.maximum(limit * between(draws.level, 0.3, 0.85), turnover), -1.2 * turnover)
    interest = _CARD_RATE / 1_200
    return Profiles(
        start=np.where(accounts.opened > 0, 0.0, np.rint(target * between(draws.start, 0.5, 1.2))),
        target=target,
        scale=limit,
        least=np.full_like(turnover, 0.3),
        most=np.full_like(turnover, 1.7),
        floor=-limit,
        credit_rate=np.zeros_like(turnover),
        debit_rate=np.where(revolving, _CARD_RATE, 0.0),
        overdraft_fee=np.zeros_like(turnover),
        repaid=np.where(revolving, np.minimum(turnover / -target + interest, 1.0), 1.0),
    )


def _business(draws: _Draws, turnover: Floats) -> Profiles:
    """Return profiles of business accounts.

    The target is about a week to a month and a half of turnover, the credit line up to half a month.
    """
    target = turnover * (0.2 + 1.2 * draws.level)
    return Profiles(
        start=np.rint(target * skewed(draws.start, roots=2)),
        target=target,
        scale=0.8 * turnover,
        least=np.full_like(turnover, 0.1),
        most=np.full_like(turnover, 3.0),
        floor=-_hundreds(turnover * 0.5 * draws.limit),
        credit_rate=np.zeros_like(turnover),
        debit_rate=np.full_like(turnover, _CREDIT_LINE_RATE),
        overdraft_fee=np.zeros_like(turnover),
        repaid=np.zeros_like(turnover),
    )


def _hundreds(cents: Floats) -> Floats:
    """Round cents to hundreds of the currency unit."""
    return np.rint(cents / 10_000) * 10_000
