"""Attempts at a shard: what to try next when a worker was lost over it, until the guilty account is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import polars as pl

from forecast_cli.core.ids import Key
from forecast_cli.engine.shards import Shard, Task, split_shard

#: Into so many parts a shard is split again where its worker was killed before any account could be blamed.
_FINER: Final = 8
#: So often an account may end a worker before it is set aside: the system may have picked any of them.
_CHANCES: Final = 2
#: Seconds for an account by itself, where the block it is in has used up the limit.
_ALONE: Final = 2.0


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
    """One try at a shard, in ``parts``, after losses that went before.

    ``one_by_one``: account by account, so that the next loss has a name. ``outlasted``: a block of accounts kept a
    worker waiting for too long, and which of them did is not known yet. ``deaths``: how many workers ended over each
    account. ``set_aside``: the accounts that are not tried again, each with its reason.
    """

    shard: Shard
    parts: int = 1
    one_by_one: bool = False
    outlasted: bool = False
    deaths: Mapping[Key, int] = field(default_factory=dict)
    set_aside: Mapping[Key, str] = field(default_factory=dict)

    @property
    def task(self) -> Task:
        """Return what a worker is to do."""
        aside, unlisted = tuple(self.set_aside.items()), pl.DataFrame()
        parts = tuple(replace(part, members=unlisted, set_aside=aside) for part in self._parts())
        return Task(parts, one_by_one=self.one_by_one)

    def patience(self, limit: float) -> float:
        """Return the seconds an account may take, of ``limit``: little is left of it after a block has used it up."""
        return min(limit, _ALONE) if self.outlasted else limit

    def after(self, lost: LostWorker) -> "Attempt | None":
        """Return the next attempt, or None where there is nothing left to try."""
        if lost.account is not None:
            return None if lost.account in self.set_aside else self._blame(lost, lost.account)
        if lost.loss is Loss.TIMEOUT:
            return replace(self, one_by_one=True, outlasted=True)
        if not self.one_by_one:
            return replace(self, one_by_one=True)
        return replace(self, parts=self.parts * _FINER) if self.parts < self.shard.accounts else None

    def _blame(self, lost: LostWorker, account: Key) -> "Attempt":
        """Set an account aside that takes too long, and others with it again; or one that ended its second worker."""
        if lost.loss is Loss.TIMEOUT:
            return replace(self._without(account, f"{lost.loss}: {lost.how}"), one_by_one=False, outlasted=False)
        deaths = self.deaths.get(account, 0) + 1
        again = replace(self, deaths=dict(self.deaths) | {account: deaths})
        return again if deaths < _CHANCES else again._without(account, f"{lost.loss}: {lost.how}, twice")

    def _without(self, account: Key, reason: str) -> "Attempt":
        return replace(self, set_aside=dict(self.set_aside) | {account: reason})

    def _parts(self) -> tuple[Shard, ...]:
        return split_shard(self.shard, self.parts) if self.parts > 1 else (self.shard,)
