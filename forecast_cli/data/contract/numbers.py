"""Numbers for keys: rows that name their account by a number are grouped and compared several times as fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

#: A number for each key, in the order in which keys come up.
NUMBER: Final = "number"
#: Rows of a run.
LENGTH: Final = "length"


@dataclass(frozen=True)
class Numbered:
    """``rows``, in their order, with ``number`` in place of their key; ``keys``: a row for each number, ascending."""

    rows: pl.DataFrame
    keys: pl.DataFrame

    def codes(self, coded: pl.DataFrame, name: str) -> pl.Series:
        """Return for each row what ``coded``, a frame with ``number``, has under ``name``; null where it has none.

        The column of numbers itself, not a copy, where they are the same.
        """
        told = self.keys.join(coded.select(NUMBER, name), on=NUMBER, how="left", maintain_order="left")[name]
        own = self.rows[NUMBER]
        return own.alias(name) if told.equals(self.keys[NUMBER], check_dtypes=True) else told.gather(own)


def number_keys(rows: pl.DataFrame, keys: Sequence[str]) -> Numbered:
    """Number the distinct ``keys`` of rows; cheap where the rows of a key follow each other."""
    return number_runs(without(rows, keys), find_runs(rows, keys))


def number_runs(rows: pl.DataFrame, runs: pl.DataFrame) -> Numbered:
    """Number the distinct keys of ``runs``, as ``find_runs`` gives them, that ``rows``, without their keys, lie in.

    Rows in one piece of memory are gathered and grouped quicker than those of many.
    """
    keys = [name for name in runs.columns if name != LENGTH]
    distinct = runs.select(keys).unique(maintain_order=True).with_row_index(NUMBER)
    run = pl.Series(np.repeat(np.arange(runs.height, dtype=np.uint32), runs[LENGTH].to_numpy())).set_sorted()
    if distinct.height < runs.height:
        told = runs.join(distinct, on=keys, how="left", nulls_equal=True, maintain_order="left")
        run = told[NUMBER].gather(run)
    return Numbered(rows.rechunk().with_columns(run.alias(NUMBER)), distinct)


def find_runs(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Return the runs of rows with the same ``keys``, in their order: the keys, and ``length`` in rows."""
    key = rows[keys[0]] if len(keys) == 1 else rows.select(pl.struct(keys)).to_series()
    value = pl.col("value").alias(keys[0]) if len(keys) == 1 else pl.col("value").struct.unnest()
    return key.rle().struct.unnest().select(value, pl.col("len").alias(LENGTH))


def without(rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return ``rows`` without some columns, the others as they lie: ``drop`` first copies all that lie in pieces."""
    return rows[[name for name in rows.columns if name not in names]]
