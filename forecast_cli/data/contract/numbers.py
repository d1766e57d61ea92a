"""Numbers for keys: rows that name their account by a number are grouped and compared several times as fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

#: A number for each key, in the order in which keys come up.
NUMBER: Final = "number"


@dataclass(frozen=True)
class Numbered:
    """``rows``, in their order, with ``number`` in place of their key; ``keys``: a row for each number, ascending."""

    rows: pl.DataFrame
    keys: pl.DataFrame

    def codes(self, coded: pl.DataFrame, name: str) -> pl.Series:
        """Return for each row what ``coded``, a frame with ``number``, has under ``name``; null where it has none."""
        told = self.keys.join(coded.select(NUMBER, name), on=NUMBER, how="left", maintain_order="left")
        return told[name].gather(self.rows[NUMBER])


def number_keys(rows: pl.DataFrame, keys: Sequence[str]) -> Numbered:
    """Number the distinct ``keys`` of rows; cheap where the rows of a key follow each other."""
    runs = rows.select(_key(keys).rle().struct.unnest())
    named = runs.select(pl.col("value").alias(keys[0]) if len(keys) == 1 else pl.col("value").struct.unnest())
    distinct = named.unique(maintain_order=True).with_row_index(NUMBER)
    run = pl.Series(np.repeat(np.arange(runs.height, dtype=np.uint32), runs["len"].to_numpy())).set_sorted()
    if distinct.height < named.height:
        run = named.join(distinct, on=keys, how="left", nulls_equal=True, maintain_order="left")[NUMBER].gather(run)
    return Numbered(rows.drop(keys).with_columns(run.alias(NUMBER)), distinct)


def _key(keys: Sequence[str]) -> pl.Expr:
    return pl.struct(keys) if len(keys) > 1 else pl.col(*keys)
