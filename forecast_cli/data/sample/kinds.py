"""Kinds of accounts, and how many of each there are in every hundred."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class AccountType(StrEnum):
    """Values of the column ``account_type``."""

    CHECKING = "checking"
    SAVINGS = "savings"
    CREDIT_CARD = "credit_card"
    BUSINESS = "business"


class Archetype(StrEnum):
    """How money comes and goes; for checking accounts, how the holder is paid."""

    MONTHLY_FIXED_DAY = "monthly_fixed_day"
    MONTHLY_LAST_DAY = "monthly_last_day"
    SEMI_MONTHLY = "semi_monthly"
    BIWEEKLY = "biweekly"
    WEEKLY = "weekly"
    IRREGULAR = "irregular"
    SAVINGS = "savings"
    CARD_PAID_IN_FULL = "card_paid_in_full"
    CARD_REVOLVING = "card_revolving"
    BUSINESS_INVOICES = "business_invoices"
    BUSINESS_RETAIL = "business_retail"


class Life(StrEnum):
    """How long an account exists within the sample."""

    FULL = "full"
    NEW = "new"  # opened during the sample
    WEEKS = "weeks"  # 4 to 21 days old
    THREE_DAYS = "three_days"
    TWO_DAYS = "two_days"
    ONE_DAY = "one_day"
    CLOSED = "closed"  # paid out and closed during the sample
    DORMANT = "dormant"  # unused after some time; only interest and fees move its balance


class Feed(StrEnum):
    """Days on which an account has a row."""

    MOVES = "moves"  # days on which the balance moved
    DAILY = "daily"
    WEEKDAYS = "weekdays"  # business days
    PATCHY = "patchy"  # daily, with rows missing


class Currency(StrEnum):
    """Values of the column ``currency``."""

    USD = "USD"
    EUR = "EUR"
    GBP = "GBP"


ARCHETYPES: Final[Mapping[Archetype, int]] = {
    Archetype.MONTHLY_FIXED_DAY: 9,
    Archetype.MONTHLY_LAST_DAY: 9,
    Archetype.SEMI_MONTHLY: 12,
    Archetype.BIWEEKLY: 22,
    Archetype.WEEKLY: 8,
    Archetype.IRREGULAR: 4,
    Archetype.SAVINGS: 13,
    Archetype.CARD_PAID_IN_FULL: 8,
    Archetype.CARD_REVOLVING: 5,
    Archetype.BUSINESS_INVOICES: 6,
    Archetype.BUSINESS_RETAIL: 4,
}
LIVES: Final[Mapping[Life, int]] = {
    Life.FULL: 83,
    Life.NEW: 5,
    Life.WEEKS: 2,
    Life.THREE_DAYS: 1,
    Life.TWO_DAYS: 1,
    Life.ONE_DAY: 1,
    Life.CLOSED: 4,
    Life.DORMANT: 3,
}
FEEDS: Final[Mapping[Feed, int]] = {Feed.MOVES: 78, Feed.DAILY: 12, Feed.WEEKDAYS: 5, Feed.PATCHY: 5}
CURRENCIES: Final[Mapping[Currency, int]] = {Currency.USD: 88, Currency.EUR: 7, Currency.GBP: 5}


def code_of(kind: StrEnum) -> int:
    """Return the place of a kind among those of its class: arrays of kinds hold these codes."""
    return list(type(kind)).index(kind)


def account_type(archetype: Archetype) -> AccountType:
    """Return the account type of an archetype."""
    match archetype:
        case Archetype.SAVINGS:
            return AccountType.SAVINGS
        case Archetype.CARD_PAID_IN_FULL | Archetype.CARD_REVOLVING:
            return AccountType.CREDIT_CARD
        case Archetype.BUSINESS_INVOICES | Archetype.BUSINESS_RETAIL:
            return AccountType.BUSINESS
        case _:
            return AccountType.CHECKING
