"""Attempts at a shard: what to try next when a worker was lost over it, until the guilty account is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import polars as pl

from forecast_cli.core.pace import Key
from forecast_cli.engine.shards import Shard, Task, split_shard

#: Into so many parts a shard is split again where its worker was killed before any account could be blamed.
_FINER: Final = 8
#: So often an account may end a worker or outlast it before it is set aside.
_CHANCES: Final = 2


class Loss(StrEnum):
    """Why a worker was lost; the word that the reason in the ledger begins with."""

    TIMEOUT = "timeout"
    KILLED = "killed"


@dataclass(frozen=True)
class LostWorker:
    """A worker that is no more: ``account`` is what it was at, where that is known; ``how`` is said in words."""

    loss: Loss
    how: str
    account: Key | None = None


@dataclass(frozen=True)
class Attempt:
    """One try at a shard, after ``losses`` that went before.

    ``suspected``: a worker was kept waiting for too long, and by which account is not known yet. ``blamed``: how often
    each account lost a worker. ``set_aside``: the accounts that are not tried again, each with its reason.
    """

    shard: Shard
    losses: int = 0
    parts: int = 1
    suspected: bool = False
    blamed: Mapping[Key, int] = field(default_factory=dict)
    set_aside: Mapping[Key, str] = field(default_factory=dict)

    @property
    def task(self) -> Task:
        """Return what a worker is to do; after a loss account by account, so that the next one is known by name."""
        aside, unlisted = tuple(self.set_aside.items()), pl.DataFrame()
        parts = tuple(replace(part, members=unlisted, set_aside=aside) for part in self._parts())
        return Task(parts, one_by_one=self.losses > 0)

    def after(self, lost: LostWorker) -> "Attempt | None":
        """Return the next attempt, or None where there is nothing left to try."""
        again = replace(self, losses=self.losses + 1)
        if lost.account is not None:
            return None if lost.account in self.set_aside else again._blame(lost, lost.account)
        if lost.loss is Loss.TIMEOUT:
            return replace(again, suspected=True)
        if self.losses == 0:
            return again
        finer = self.parts * _FINER
        return replace(again, parts=finer) if self.parts < self.shard.accounts else None

    def _blame(self, lost: LostWorker, account: Key) -> "Attempt":
        count = self.blamed.get(account, 0) + 1 + (self.suspected and lost.loss is Loss.TIMEOUT)
        blamed = dict(self.blamed) | {account: count}
        if count < _CHANCES:
            return replace(self, blamed=blamed, suspected=False)
        set_aside = dict(self.set_aside) | {account: f"{lost.loss}: {lost.how}, twice"}
        return replace(self, blamed=blamed, suspected=False, set_aside=set_aside)

    def _parts(self) -> tuple[Shard, ...]:
        return split_shard(self.shard, self.parts) if self.parts > 1 else (self.shard,)
