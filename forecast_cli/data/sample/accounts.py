"""Accounts of one block: archetype, lifetime, feed, currency and turnover of each."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast_cli.data.sample.draws import Bools, Floats, Ints, generator, skewed, whole_between
from forecast_cli.data.sample.kinds import (
    ARCHETYPES,
    CURRENCIES,
    FEEDS,
    LIVES,
    AccountType,
    Archetype,
    Feed,
    Life,
    account_type,
    code_of,
)
from forecast_cli.data.sample.spec import SampleSpec

BLOCK: Final = 1_000  # accounts that are always drawn together: ten decks of a hundred

_TYPE_OF: Final = np.array([code_of(account_type(archetype)) for archetype in Archetype])

#: Monthly turnover in cents: median, minimum and maximum, and the ``roots`` of its distribution (``skewed``).
_TURNOVER: Final = {
    AccountType.CHECKING: (380_000, 150_000, 1_800_000, 2),
    AccountType.SAVINGS: (25_000, 2_500, 250_000, 1),
    AccountType.CREDIT_CARD: (95_000, 10_000, 800_000, 2),
    AccountType.BUSINESS: (3_000_000, 500_000, 60_000_000, 1),
}


@dataclass(frozen=True)
class Accounts:
    """The n accounts of a block. Kinds [n] are the codes of ``code_of``.

    ``opened``, ``left`` and ``closed`` [n] are the first day, the last day on which the holder is active, and the last
    day of the account, as days of the sample. ``turnover`` [n] is money in or out per month, in cents.
    """

    block: int
    archetype: Ints
    life: Ints
    feed: Ints
    currency: Ints
    opened: Ints
    left: Ints
    closed: Ints
    turnover: Floats

    @property
    def types(self) -> Ints:
        """Return the codes [n] of the account types."""
        return _TYPE_OF[self.archetype]

    def rows_of(self, kind: AccountType | Archetype) -> Ints:
        """Return the rows of one account type or archetype."""
        kinds = self.types if isinstance(kind, AccountType) else self.archetype
        return np.flatnonzero(kinds == code_of(kind))

    @property
    def survives(self) -> Bools:
        """Return which accounts [n] are open on the sample's last day."""
        open_still: Bools = self.life != code_of(Life.CLOSED)
        return open_still


def draw_accounts(spec: SampleSpec, block: int) -> Accounts:
    """Draw the accounts of a block; every hundred of them are dealt the same kinds, each time in another order."""
    archetype = _shuffle_cards(spec, block, "archetype", ARCHETYPES.values())
    life = _shuffle_cards(spec, block, "life", LIVES.values())
    lengths = _lengths(life, generator(spec.seed, block, "length").random(BLOCK), spec.days)
    ends_early = life == code_of(Life.CLOSED)
    closed = np.where(ends_early, lengths, spec.days) - 1
    asleep = generator(spec.seed, block, "dormant").random(BLOCK)
    left = np.where(life == code_of(Life.DORMANT), np.floor(asleep * 0.5 * spec.days).astype(np.int64), closed)
    return Accounts(
        block=block,
        archetype=archetype,
        life=life,
        feed=_feeds(spec, block, life),
        currency=_shuffle_cards(spec, block, "currency", CURRENCIES.values()),
        opened=np.where(ends_early, 0, spec.days - lengths),
        left=left,
        closed=closed,
        turnover=_turnover(_TYPE_OF[archetype], generator(spec.seed, block, "turnover").random(BLOCK)),
    )


def _shuffle_cards(spec: SampleSpec, block: int, purpose: str, counts: Collection[int]) -> Ints:
    """Deal codes from shuffled decks of a hundred, each with ``counts`` of them, so that all have the same mix."""
    cards = np.repeat(np.arange(len(counts)), list(counts))
    draws = generator(spec.seed, block, purpose).random((BLOCK // len(cards), len(cards)))
    return cards[np.argsort(draws, axis=1, kind="stable")].ravel()


def _feeds(spec: SampleSpec, block: int, life: Ints) -> Ints:
    """Draw feeds; an account of one to three days has a row for each day, so that its age can be seen."""
    young = np.isin(life, [code_of(kind) for kind in (Life.ONE_DAY, Life.TWO_DAYS, Life.THREE_DAYS)])
    return np.where(young, code_of(Feed.DAILY), _shuffle_cards(spec, block, "feed", FEEDS.values()))


def _lengths(life: Ints, u: Floats, days: int) -> Ints:
    """Return the lifetime [n] of each account in days, 1 to ``days``."""
    by_life = {
        Life.NEW: whole_between(u, 22, max(22, days * 9 // 10)),
        Life.WEEKS: whole_between(u, 4, 21),
        Life.THREE_DAYS: np.full(len(u), 3),
        Life.TWO_DAYS: np.full(len(u), 2),
        Life.ONE_DAY: np.full(len(u), 1),
        Life.CLOSED: whole_between(u, days // 6, days * 9 // 10),
    }
    lengths: Ints = np.full(len(u), days)
    for kind, drawn in by_life.items():
        lengths = np.where(life == code_of(kind), drawn, lengths)
    return np.maximum(np.minimum(lengths, days), 1)


def _turnover(types: Ints, u: Floats) -> Floats:
    turnover = np.zeros(len(types))
    for name in AccountType:
        median, least, most, roots = _TURNOVER[name]
        turnover = np.where(types == code_of(name), np.clip(median * skewed(u, roots=roots), least, most), turnover)
    return np.rint(turnover)
