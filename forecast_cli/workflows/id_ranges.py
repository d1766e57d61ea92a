"""Ranges of account ids, so that tables of a finished run can be read some accounts at a time."""

from itertools import pairwise
from typing import Any

import polars as pl

#: First id of a range, and the first id after it; None is no bound. Null ids are in the range without a first id.
IdBounds = tuple[Any, Any]


def split_ids(ids: pl.Series, *, accounts: int) -> list[IdBounds]:
    """Return ranges of ``accounts`` distinct ``ids`` each, which together hold every id there may be."""
    firsts = ids.drop_nulls().unique().sort().gather_every(accounts)[1:].to_list()
    return list(pairwise([None, *firsts, None]))


def in_range(column: str, ids: IdBounds) -> pl.Expr:
    """Return whether the id in ``column`` lies in a range."""
    (first, after), value = ids, pl.col(column)
    below = pl.lit(value=True) if after is None else value < pl.lit(after)
    return (below | value.is_null()) if first is None else below & (value >= pl.lit(first))
