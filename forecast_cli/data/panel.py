"""Panel: the accounts of one shard as a dense block on a common daily axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True)
class Panel:
    """End-of-day balances of n accounts over t days, each row ending at its origin.

    ``ids`` [n], in the input's type, ascending. ``y`` [n, t] float64, in units of the balance, NaN before an
    account's first day and never after it. ``lengths`` [n] int64, days from the first day to the origin, both
    counted, at least 1. ``origins`` [n] datetime64[D], the day of the last column: the same for all accounts,
    or each account's own last day. ``currencies`` [n], where account and currency together are the key: ``ids`` then
    hold an account once for each of its currencies.
    """

    ids: pl.Series
    y: NDArray[np.float64]
    lengths: NDArray[np.int64]
    origins: NDArray[np.datetime64]
    currencies: pl.Series | None = None

    def __len__(self) -> int:
        return len(self.lengths)

    def series(self, row: int) -> NDArray[np.float64]:
        """Return the balances of one account, [length], first day to origin."""
        return self.y[row, self.y.shape[1] - int(self.lengths[row]) :]

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> "Panel":
        """Return the panel of ``rows`` alone, in that order, its axis cut to the longest of them."""
        index = np.asarray(rows, dtype=np.int64)
        longest = int(self.lengths[index].max(initial=0))
        return Panel(
            ids=self.ids.gather(index),
            y=self.y[index, self.y.shape[1] - longest :],
            lengths=self.lengths[index],
            origins=self.origins[index],
            currencies=None if self.currencies is None else self.currencies.gather(index),
        )
