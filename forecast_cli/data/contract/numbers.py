"""Numbered keys: rows that identify their account by a number can be grouped and compared several times as fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

#: Column: the number of each key, in order of first occurrence.
NUMBER: Final = "number"
#: Column: the number of rows in a run.
_LENGTH: Final = "length"


@dataclass(frozen=True)
class Numbered:
    """``rows``, in their order, with ``number`` in place of their key; ``keys``, one row for each number, ascending."""

    rows: pl.DataFrame
    keys: pl.DataFrame

    def codes(self, coded: pl.DataFrame, name: str) -> pl.Series:
        """Return for each row the value of column ``name`` in ``coded``, a frame with ``number``; null if it has none.

        Returns the column of numbers itself, not a copy, if the values are the numbers.
        """
        values = self.keys.join(coded.select(NUMBER, name), on=NUMBER, how="left", maintain_order="left")[name]
        own = self.rows[NUMBER]
        return own.alias(name) if values.equals(self.keys[NUMBER], check_dtypes=True) else values.gather(own)


def number_keys(rows: pl.DataFrame, keys: Sequence[str]) -> Numbered:
    """Number the distinct ``keys`` of rows; fast if the rows of a key are consecutive."""
    return number_runs(drop_columns(rows, keys), find_runs(rows, keys))


def number_runs(rows: pl.DataFrame, runs: pl.DataFrame) -> Numbered:
    """Number the distinct keys of ``runs`` (see ``find_runs``) and assign the numbers to ``rows``, which have no keys.

    The rows are copied into one chunk of memory, which makes gathering and grouping faster.
    """
    keys = [name for name in runs.columns if name != _LENGTH]
    distinct = runs.select(keys).unique(maintain_order=True).with_row_index(NUMBER)
    run = pl.Series(np.repeat(np.arange(runs.height, dtype=np.uint32), runs[_LENGTH].to_numpy())).set_sorted()
    if distinct.height < runs.height:
        numbers = runs.join(distinct, on=keys, how="left", nulls_equal=True, maintain_order="left")[NUMBER]
        run = numbers.gather(run)
    return Numbered(rows.rechunk().with_columns(run.alias(NUMBER)), distinct)


def find_runs(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Return the runs of consecutive rows with equal ``keys``, in order: the keys, and ``length`` in rows."""
    key = rows[keys[0]] if len(keys) == 1 else rows.select(pl.struct(keys)).to_series()
    value = pl.col("value").alias(keys[0]) if len(keys) == 1 else pl.col("value").struct.unnest()
    return key.rle().struct.unnest().select(value, pl.col("len").alias(_LENGTH))


def drop_columns(rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return ``rows`` without the columns ``names``, without a copy; ``drop`` would first rechunk the others."""
    return rows[[name for name in rows.columns if name not in names]]
