"""Known past: the histories of accounts to learn from, and what was known of each before some days."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.config.settings import Settings
from forecast_cli.core.columns import UNIQUE_ID
from forecast_cli.core.hashes import hash_each
from forecast_cli.data.contract.past import read_past
from forecast_cli.data.panel import Panel
from forecast_cli.data.source import Source
from forecast_cli.models.pooled.windows import LOOK_BACK, MIN_TRAIN

#: Largest number of accounts from which a vintage is learned.
_MOST_ACCOUNTS: Final = 4_000


@dataclass(frozen=True)
class KnownPast:
    """The ``panel`` to learn from, and the last day ``known`` [n, v] of each account before each of ``days`` [v].

    The known day is -1 if an account is not chosen for a day, or has no balance before it.
    """

    panel: Panel
    days: NDArray[np.datetime64]
    known: NDArray[np.int64]

    @property
    def history(self) -> NDArray[np.int64]:
        """Return how many days are known of each account before each day, as far as windows rest on them, [n, v].

        Windows lie at most three years (``LOOK_BACK``) before the day, and not before the account moved.
        """
        last, (n, width) = self.panel.origins.astype(np.int64), self.panel.y.shape
        moved = np.column_stack([np.abs(np.diff(self.panel.y, axis=1)) > 0.0, np.ones(n, dtype=np.bool_)])
        first_move = last - width + 2 + moved.argmax(axis=1)  # the day after the last one if there is none
        first = np.maximum(last - self.panel.lengths + 1, first_move - MIN_TRAIN + 1)
        earliest = self.days.astype(np.int64) - LOOK_BACK - MIN_TRAIN + 1
        known = self.known - np.maximum(first[:, None], earliest) + 1
        return np.where((self.known < 0) | (self.known < first_move[:, None]), 0, np.maximum(known, 0))

    def take(self, places: NDArray[np.int64]) -> "KnownPast":
        """Return what is known before some of the days."""
        return replace(self, days=self.days[places], known=self.known[:, places])


@dataclass(frozen=True)
class LearningAccounts:
    """The ``ids`` [n] of the accounts that can be learned from, the days on which they ``began`` [n], and their hashes.

    ``hashes`` [n] choose among them; None if there are few.
    """

    ids: pl.Series
    began: NDArray[np.datetime64]
    hashes: NDArray[np.uint64] | None

    @classmethod
    def from_ledger(cls, ledger: pl.DataFrame, seed: int) -> "LearningAccounts":
        """Return the accounts of a ledger."""
        ids = ledger[UNIQUE_ID]
        return cls(ids, ledger["first"].to_numpy(), _hashes(ids, seed) if len(ids) > _MOST_ACCOUNTS else None)

    def count(self, latest: np.datetime64) -> int:
        """Return the number of accounts that had begun by ``latest``."""
        return int(np.count_nonzero(self.began <= latest))

    def choose(self, latest: np.datetime64) -> pl.Series:
        """Return the ids of those that had begun by ``latest``; if there are many, of those with the lowest hashes.

        The choice does not depend on accounts that began later.
        """
        early = np.flatnonzero(self.began <= latest)
        if self.hashes is not None and len(early) > _MOST_ACCOUNTS:
            early = np.sort(early[np.argsort(self.hashes[early], kind="stable")[:_MOST_ACCOUNTS]])
        return self.ids.gather(early)


def read_known_past(
    source: Source, settings: Settings, days: NDArray[np.datetime64], chosen: Sequence[pl.Series], *, longest: int
) -> KnownPast:
    """Read the last ``longest`` days of the ids ``chosen`` for any of ``days`` [v].

    Raises InputRejectedError if a file cannot be read.
    """
    ids = pl.concat([pl.Series(UNIQUE_ID, [], dtype=source.key_dtype), *chosen])
    past = read_past(source, settings, ids.unique(), longest=longest)
    known = np.full((len(past.panel), len(days)), -1, dtype=np.int64)
    for place, (day, some) in enumerate(zip(days, chosen, strict=True)):
        known[:, place] = np.where(past.panel.ids.is_in(some.implode()).to_numpy(), past.last_before(day), -1)
    return KnownPast(past.panel, days, known)


def _hashes(ids: pl.Series, seed: int) -> NDArray[np.uint64]:
    """Return a hash of each id with the run's seed, [n]."""
    return hash_each((name.encode() for name in ids.cast(pl.String)), before=f"{seed}\x1f".encode())
