"""Panel: the accounts of one shard as a dense block on a common daily axis."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core.columns import CURRENCY, UNIQUE_ID


@dataclass(frozen=True)
class Panel:
    """End-of-day balances of n accounts over t days, each row ending at its origin.

    ``ids`` [n], in the input's type, ascending. ``y`` [n, t] float64, in units of the balance, NaN before an
    account's first day and never after it. ``lengths`` [n] int64, days from the first day to the origin, both
    counted, at least 1. ``origins`` [n] datetime64[D], the day of the last column: the same for all accounts,
    or each account's own last day. ``currencies`` [n], where account and currency together are the key: ``ids`` then
    hold an account once for each of its currencies. ``seed`` is the run's; each row draws from its own, ``seed_of``.
    ``holidays`` is the calendar whose weekends and holidays move payments.
    """

    ids: pl.Series
    y: NDArray[np.float64]
    lengths: NDArray[np.int64]
    origins: NDArray[np.datetime64]
    currencies: pl.Series | None = None
    seed: int = 0
    holidays: str = "US"

    def __len__(self) -> int:
        return len(self.lengths)

    def keys(self) -> pl.DataFrame:
        """Return the columns that tell the rows apart: ``unique_id``, and ``currency`` where there is any."""
        named = {UNIQUE_ID: self.ids, CURRENCY: self.currencies}
        return pl.DataFrame({name: column for name, column in named.items() if column is not None})

    def row_keys(self) -> list[tuple[object, ...]]:
        """Return what tells each row apart: its id, and its currency where there are any."""
        return self.keys().rows()

    def seed_of(self, row: int) -> int:
        """Return the seed of one account, 32 bits: a hash of the run's seed and its key, whatever stands around it."""
        key = tuple(column[row] for column in (self.ids, self.currencies) if column is not None)
        return _seed_of(self.seed, key)

    def seeds(self) -> NDArray[np.int64]:
        """Return the seed of each account, [n]."""
        return np.array([_seed_of(self.seed, key) for key in self.row_keys()], dtype=np.int64)

    def series(self, row: int) -> NDArray[np.float64]:
        """Return the balances of one account, [length], first day to origin."""
        return self.y[row, self.y.shape[1] - int(self.lengths[row]) :]

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> "Panel":
        """Return the panel of ``rows`` alone, in that order, its axis cut to the longest of them; itself for all."""
        index = np.asarray(rows, dtype=np.int64)
        longest = int(self.lengths[index].max(initial=0))
        if longest == self.y.shape[1] and np.array_equal(index, np.arange(len(self))):
            return self
        return replace(
            self,
            ids=self.ids.gather(index),
            y=self.y[index, self.y.shape[1] - longest :],
            lengths=self.lengths[index],
            origins=self.origins[index],
            currencies=None if self.currencies is None else self.currencies.gather(index),
        )

    def part(self, rows: slice) -> "Panel":
        """Return the panel of neighbouring rows, on the same axis, without a copy of their balances."""
        return replace(
            self,
            ids=self.ids[rows],
            y=self.y[rows],
            lengths=self.lengths[rows],
            origins=self.origins[rows],
            currencies=None if self.currencies is None else self.currencies[rows],
        )


def _seed_of(seed: int, key: Sequence[object]) -> int:
    text = "\x1f".join([str(seed), *map(str, key)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")


def cut_panel(panel: Panel, longest: int) -> Panel:
    """Return the last ``longest`` days of each account."""
    if panel.y.shape[1] <= longest:
        return panel
    y = panel.y[:, panel.y.shape[1] - longest :]
    return replace(panel, y=y, lengths=np.minimum(panel.lengths, longest))


def stack_panels(panels: Sequence[Panel]) -> Panel:
    """Return panels of one run, at least one, as one: their rows one after the other, on the axis of the longest."""
    longest = max(panel.y.shape[1] for panel in panels)
    y = np.full((sum(map(len, panels)), longest), np.nan)
    start = 0
    for panel in panels:
        y[start : start + len(panel), longest - panel.y.shape[1] :] = panel.y
        start += len(panel)
    currencies = [panel.currencies for panel in panels if panel.currencies is not None]
    return replace(
        panels[0],
        ids=pl.concat([panel.ids for panel in panels]),
        y=y,
        lengths=np.concatenate([panel.lengths for panel in panels]),
        origins=np.concatenate([panel.origins for panel in panels]),
        currencies=pl.concat(currencies) if currencies else None,
    )
