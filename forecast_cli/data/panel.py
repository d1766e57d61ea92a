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

    ``ids`` [n], in the input's type, ascending. ``y`` [n, t] float64, in units of the balance, NaN before an account's
    first day and never after it. ``lengths`` [n] int64, the days from the first day to the origin, both included, at
    least 1. ``origins`` [n] datetime64[D], the day of the last column: the same for all accounts, or each account's own
    last day. ``currencies`` [n] if the key is account and currency: ``ids`` then repeats an account for each of its
    currencies. ``seed`` is the run's; each row has its own seed derived from it, ``seed_of``. ``holidays`` names the
    calendar whose weekends and holidays shift payments.
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
        """Return the key columns of the rows: ``unique_id``, and ``currency`` if there are currencies."""
        named = {UNIQUE_ID: self.ids, CURRENCY: self.currencies}
        return pl.DataFrame({name: column for name, column in named.items() if column is not None})

    def row_keys(self) -> list[tuple[object, ...]]:
        """Return the key of each row: its id, and its currency if there are currencies."""
        return self.keys().rows()

    def seed_of(self, row: int) -> int:
        """Return the 32-bit seed of one row: a hash of the run's seed and the row's key, independent of other rows."""
        return _seed_of(self.seed, self.keys().row(row))

    def seeds(self) -> NDArray[np.int64]:
        """Return the seed of each row, [n]."""
        return np.array([_seed_of(self.seed, key) for key in self.row_keys()], dtype=np.int64)

    def series(self, row: int) -> NDArray[np.float64]:
        """Return the balances of one row, [length], from its first day to its origin."""
        return self.y[row, self.y.shape[1] - int(self.lengths[row]) :]

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> "Panel":
        """Return the panel of ``rows`` only, in that order, its axis cut to the longest of them.

        Returns the panel itself if ``rows`` are all rows in order and nothing is cut.
        """
        index = np.asarray(rows, dtype=np.int64)
        longest = int(self.lengths[index].max(initial=0))
        if longest == self.y.shape[1] and np.array_equal(index, np.arange(len(self))):
            return self
        return self._of(index, self.y[index, self.y.shape[1] - longest :])

    def part(self, rows: slice) -> "Panel":
        """Return the panel of a slice of rows, on the same axis, without copying their balances."""
        return self._of(rows, self.y[rows])

    def _of(self, rows: slice | NDArray[np.int64], y: NDArray[np.float64]) -> "Panel":
        """Return the panel of ``rows``, whose balances are ``y``."""
        return replace(
            self,
            ids=self.ids[rows],
            y=y,
            lengths=self.lengths[rows],
            origins=self.origins[rows],
            currencies=None if self.currencies is None else self.currencies[rows],
        )


def _seed_of(seed: int, key: Sequence[object]) -> int:
    text = "\x1f".join([str(seed), *map(str, key)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")


def cut_panel(panel: Panel, longest: int) -> Panel:
    """Return the panel with only the last ``longest`` days of each account."""
    if panel.y.shape[1] <= longest:
        return panel
    y = panel.y[:, panel.y.shape[1] - longest :]
    return replace(panel, y=y, lengths=np.minimum(panel.lengths, longest))


def stack_panels(panels: Sequence[Panel]) -> Panel:
    """Return the panels of one run, at least one, concatenated: rows in the given order, on the axis of the longest."""
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
