"""Retries of a shard after the loss of a worker, until the account at fault is known; and what is said of the loss."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import polars as pl

from forecast_cli.core.ids import Key, mark_id
from forecast_cli.core.text import counted
from forecast_cli.engine.shards import Shard, Task, split_shard

#: Number of parts into which each part is split if its worker was killed and no account can be blamed.
_SPLIT: Final = 8
#: Number of workers lost on an account after which it is failed; a single one may have been killed by the system.
_MAX_CRASHES: Final = 2
#: Seconds for each account after its block has exceeded the limit.
_SECONDS_ALONE: Final = 2.0


class LossCause(StrEnum):
    """Why a worker was lost; the reason in the ledger begins with this word."""

    TIMEOUT = "timeout"
    KILLED = "killed"


@dataclass(frozen=True)
class LostWorker:
    """A worker that ended or was killed: the ``account`` it worked on, None if not known, and how (``detail``)."""

    cause: LossCause
    detail: str
    account: Key | None = None


@dataclass(frozen=True)
class Attempt:
    """One attempt at a shard, in ``parts``, after earlier losses.

    With ``one_by_one``, accounts are forecast one at a time, so that the next loss can be attributed to one.
    ``timed_out`` means that a block of accounts took too long, and that the account at fault is not known yet.
    ``crashes`` is the number of workers lost on each account. ``set_aside`` are the accounts that are not tried again,
    each with its reason.
    """

    shard: Shard
    parts: int = 1
    one_by_one: bool = False
    timed_out: bool = False
    crashes: Mapping[Key, int] = field(default_factory=dict)
    set_aside: Mapping[Key, str] = field(default_factory=dict)

    @property
    def task(self) -> Task:
        """Return the task for a worker."""
        reasons, unlisted = tuple(self.set_aside.items()), pl.DataFrame()
        parts = split_shard(self.shard, self.parts) if self.parts > 1 else (self.shard,)
        return Task(
            tuple(replace(part, members=unlisted, set_aside=reasons) for part in parts), one_by_one=self.one_by_one
        )

    def account_limit(self, limit: float) -> float:
        """Return the seconds an account may take: ``limit``, or at most 2 after its block has exceeded the limit."""
        return min(limit, _SECONDS_ALONE) if self.timed_out else limit

    def next_attempt(self, lost: LostWorker) -> "Attempt | None":
        """Return the next attempt, or None if there is nothing left to try."""
        if lost.account is not None:
            return None if lost.account in self.set_aside else self._exclude_or_retry(lost, lost.account)
        if lost.cause is LossCause.TIMEOUT:
            return replace(self, one_by_one=True, timed_out=True)
        if not self.one_by_one:
            return replace(self, one_by_one=True)
        return replace(self, parts=self.parts * _SPLIT) if self.parts < self.shard.accounts else None

    def _exclude_or_retry(self, lost: LostWorker, account: Key) -> "Attempt":
        """Set aside an account that timed out, or that crashed its second worker; try the others again."""
        if lost.cause is LossCause.TIMEOUT:
            return replace(
                self._exclude_account(account, f"{lost.cause}: {lost.detail}"), one_by_one=False, timed_out=False
            )
        crashes = self.crashes.get(account, 0) + 1
        again = replace(self, crashes=dict(self.crashes) | {account: crashes})
        return (
            again if crashes < _MAX_CRASHES else again._exclude_account(account, f"{lost.cause}: {lost.detail}, twice")
        )

    def _exclude_account(self, account: Key, reason: str) -> "Attempt":
        return replace(self, set_aside=dict(self.set_aside) | {account: reason})


def describe_timeout(limit: float) -> str:
    """Describe an account that exceeded its time limit."""
    return f"no answer within {limit:g} s (--account-timeout)"


def describe_exit(code: int | None) -> str:
    """Describe a worker that ended with ``code``: an exit code, or minus the number of the signal that killed it."""
    return f"its worker process ended with {explain_exit_code(code)}"


def describe_to_user(attempt: Attempt, lost: LostWorker, following: Attempt | None) -> str:
    """Describe a loss and what is tried next for the user, with the account's id marked (``mark_id``)."""
    shard = attempt.shard
    where = f"account {mark_id('/'.join(map(str, lost.account)))}" if lost.account else f"shard {shard.index}"
    of = f" of {counted(shard.accounts, 'account')}" if lost.account is None else ""
    if following is None:
        return f"{where}{of}: {lost.detail}"
    failed = lost.account is not None and lost.account in following.set_aside
    return f"{where}{of}: {lost.detail}; {'it is recorded as failed' if failed else 'trying again, account by account'}"


def explain_exit_code(code: int | None) -> str:
    """Return the exit code in words, or the signal that ended a process and its most likely reason."""
    if code is None or code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name if -code in signal.valid_signals() else f"signal {-code}"
    return f"{name}, most likely for want of memory" if name == "SIGKILL" else name
