"""Sums and means of grouped rows that give the same bits on any number of cores.

polars adds up a group in one part per thread, so the last bits depend on the machine. Here numpy adds the rows of each
group in an order that depends on these rows alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

_COUNT: Final = "rows of the group"


@dataclass(frozen=True)
class Groups:
    """Rows sorted by group: ``keys`` has a row for each of k groups; ``starts`` and ``counts`` [k] of their rows."""

    rows: pl.DataFrame
    keys: pl.DataFrame
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]

    def values(self, value: pl.Expr) -> NDArray[np.float64]:
        """Return ``value`` of each row, [rows], NaN where it is null."""
        return self.rows.select(value.cast(pl.Float64).alias("value"))["value"].to_numpy()

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the rows' ``values`` over each group, [k]; NaN if one of them is NaN."""
        total: NDArray[np.float64] = np.add.reduceat(values, self.starts)
        return total

    def means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of the rows' ``values`` over each group, [k]; NaN if one of them is NaN."""
        return self.sums(values) / self.counts

    def with_columns(self, figures: dict[str, NDArray[np.float64]]) -> pl.DataFrame:
        """Return the keys with a column for each of ``figures`` [k], null where it is NaN."""
        return self.keys.with_columns(
            pl.Series(name, values, dtype=pl.Float64, nan_to_null=True) for name, values in figures.items()
        )


def group_rows(rows: pl.DataFrame, by: Sequence[str], *, within: Sequence[str] = ()) -> Groups:
    """Sort ``rows`` by ``by``, then ``within``, then their present order, and group them by ``by``."""
    ordered = rows.sort(*by, *within, maintain_order=True)
    counted = ordered.group_by(by, maintain_order=True).agg(pl.len().alias(_COUNT))
    counts = counted[_COUNT].cast(pl.Int64).to_numpy()
    return Groups(ordered, counted.drop(_COUNT), np.cumsum(counts) - counts, counts)
