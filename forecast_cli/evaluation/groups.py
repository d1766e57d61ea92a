"""Groups: sums and means of sorted rows that come out in the same bits on any number of cores.

polars adds up a group in parts, one for each thread: the last bits depend on the machine. Here numpy adds, each group
in an order that only its own rows decide.
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
    """Rows in the order of their groups: ``keys``, a row for each of k groups; ``starts`` and ``counts`` [k]."""

    rows: pl.DataFrame
    keys: pl.DataFrame
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]

    def values(self, value: pl.Expr) -> NDArray[np.float64]:
        """Return ``value`` of each row, [rows], NaN where it has none."""
        return self.rows.select(value.cast(pl.Float64).alias("value"))["value"].to_numpy()

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the rows' ``values`` over each group, [k]; NaN where a row of it has none."""
        total: NDArray[np.float64] = np.add.reduceat(values, self.starts)
        return total

    def means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of the rows' ``values`` over each group, [k]; NaN where a row of it has none."""
        return self.sums(values) / self.counts

    def with_columns(self, figures: dict[str, NDArray[np.float64]]) -> pl.DataFrame:
        """Return the keys with a column for each figure [k], null where it is NaN."""
        return self.keys.with_columns(
            pl.Series(name, values, dtype=pl.Float64, nan_to_null=True) for name, values in figures.items()
        )


def group_rows(rows: pl.DataFrame, by: Sequence[str], *, within: Sequence[str] = ()) -> Groups:
    """Sort ``rows`` by ``by``, then by ``within``, then as they came, and cut them where ``by`` changes."""
    ordered = rows.sort(*by, *within, maintain_order=True)
    counted = ordered.group_by(by, maintain_order=True).agg(pl.len().alias(_COUNT))
    counts = counted[_COUNT].cast(pl.Int64).to_numpy()
    return Groups(ordered, counted.drop(_COUNT), np.cumsum(counts) - counts, counts)
