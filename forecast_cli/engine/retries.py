"""Retries of a shard: what to try next when a worker was lost over it, until the account at fault is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import polars as pl

from forecast_cli.core.ids import Key
from forecast_cli.engine.shards import Shard, Task, split_shard

#: How many parts each part is split into where its worker was killed before any account could be blamed.
_SPLIT: Final = 8
#: How often an account may crash a worker before it is set aside: the system may have killed any worker.
_MAX_CRASHES: Final = 2
#: Seconds for one account alone, where its block has used up the limit.
_SECONDS_ALONE: Final = 2.0


class LossCause(StrEnum):
    """Why a worker was lost; the word that the reason in the ledger begins with."""

    TIMEOUT = "timeout"
    KILLED = "killed"


@dataclass(frozen=True)
class LostWorker:
    """A worker that ended or was killed: ``account`` is the one it worked on, where known; ``detail`` says how."""

    cause: LossCause
    detail: str
    account: Key | None = None


@dataclass(frozen=True)
class Attempt:
    """One try at a shard, in ``parts``, after losses that went before.

    ``one_by_one``: account by account, so that the next loss has a name. ``timed_out``: a block of accounts kept a
    worker busy for too long, and which of them did is not known yet. ``crashes``: how many workers ended over each
    account. ``set_aside``: the accounts that are not tried again, each with its reason.
    """

    shard: Shard
    parts: int = 1
    one_by_one: bool = False
    timed_out: bool = False
    crashes: Mapping[Key, int] = field(default_factory=dict)
    set_aside: Mapping[Key, str] = field(default_factory=dict)

    @property
    def task(self) -> Task:
        """Return what a worker is to do."""
        aside, unlisted = tuple(self.set_aside.items()), pl.DataFrame()
        parts = tuple(replace(part, members=unlisted, set_aside=aside) for part in self._parts())
        return Task(parts, one_by_one=self.one_by_one)

    def account_limit(self, limit: float) -> float:
        """Return the seconds an account may take, at most ``limit``; few once its block has used up the limit."""
        return min(limit, _SECONDS_ALONE) if self.timed_out else limit

    def next_attempt(self, lost: LostWorker) -> "Attempt | None":
        """Return the next attempt, or None where there is nothing left to try."""
        if lost.account is not None:
            return None if lost.account in self.set_aside else self._blame(lost, lost.account)
        if lost.cause is LossCause.TIMEOUT:
            return replace(self, one_by_one=True, timed_out=True)
        if not self.one_by_one:
            return replace(self, one_by_one=True)
        return replace(self, parts=self.parts * _SPLIT) if self.parts < self.shard.accounts else None

    def _blame(self, lost: LostWorker, account: Key) -> "Attempt":
        """Set aside an account that timed out, or that crashed its second worker; try the others again."""
        if lost.cause is LossCause.TIMEOUT:
            return replace(self._without(account, f"{lost.cause}: {lost.detail}"), one_by_one=False, timed_out=False)
        crashes = self.crashes.get(account, 0) + 1
        again = replace(self, crashes=dict(self.crashes) | {account: crashes})
        return again if crashes < _MAX_CRASHES else again._without(account, f"{lost.cause}: {lost.detail}, twice")

    def _without(self, account: Key, reason: str) -> "Attempt":
        return replace(self, set_aside=dict(self.set_aside) | {account: reason})

    def _parts(self) -> tuple[Shard, ...]:
        return split_shard(self.shard, self.parts) if self.parts > 1 else (self.shard,)
