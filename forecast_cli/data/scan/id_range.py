"""A range of account ids, and which files and rows may hold ids in it."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from forecast_cli.data.files.hive import NULL_PARTITION
from forecast_cli.data.source import InputFile, RowGroup, Source


@dataclass(frozen=True)
class IdRange:
    """Ids in ``column`` from ``first`` to ``last``, both included, of type ``key_dtype``; None is no bound.

    A null id is outside every bounded range.
    """

    column: str
    key_dtype: pl.DataType
    first: object = None
    last: object = None

    def files_of(self, source: Source) -> list[InputFile]:
        """Return the files of a source that have rows and may hold ids of the range."""
        return [file for file in source.files if file.rows and self.may_hold(file)]

    def may_hold(self, file: InputFile) -> bool:
        """Return whether a file may hold ids of the range, by its row groups or its hive folder."""
        if self.first is None and self.last is None:
            return True
        if self.column in dict(file.columns):
            return not file.groups or any(self.meets(group) for group in file.groups)
        value = dict(file.hive)[self.column]
        return value != NULL_PARTITION and self._contains(value)

    def meets(self, group: RowGroup) -> bool:
        """Return whether a row group may hold ids of the range."""
        if group.first is None or group.last is None:
            return True
        before: Any = group.last
        after: Any = group.first
        return (self.first is None or before >= self.first) and (self.last is None or after <= self.last)

    def rows(self, raw: pl.DataType | None) -> list[pl.Expr]:
        """Return filter conditions on the raw column of type ``raw``, in a form that row-group statistics support."""
        stored = pl.col(self.column)
        return self.bounds(
            stored if raw is None or raw == self.key_dtype or raw.is_integer() else stored.cast(self.key_dtype)
        )

    def bounds(self, key: pl.Expr) -> list[pl.Expr]:
        """Return filter conditions on ``key``, an expression of type ``key_dtype`` or comparable with it."""
        above = [key >= pl.lit(self.first, dtype=self.key_dtype)] if self.first is not None else []
        below = [key <= pl.lit(self.last, dtype=self.key_dtype)] if self.last is not None else []
        return above + below

    def _contains(self, value: str) -> bool:
        return (self.first is None or str(self.first) <= value) and (self.last is None or value <= str(self.last))
