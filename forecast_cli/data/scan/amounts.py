"""Amounts: daily values of a numeric input column for each account, such as its credit limit."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.config.settings import Settings
from forecast_cli.config.thresholds import EXPECTED, threshold_columns
from forecast_cli.core import columns as c
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.text import did_you_mean
from forecast_cli.data.panel import Panel
from forecast_cli.data.read_errors import collect
from forecast_cli.data.scan.attributes import read_schema, with_own_types
from forecast_cli.data.scan.canonical import AT, key_columns
from forecast_cli.data.scan.id_range import IdRange
from forecast_cli.data.scan.rows import scan_rows
from forecast_cli.data.source import InputFile, Source

_AMOUNT = "amount"


def validate_amounts(source: Source, settings: Settings) -> None:
    """Raise ConfigError if a ``--threshold`` column is missing from a file, or holds no numbers."""
    for column in threshold_columns(settings.threshold):
        for file in source.files:
            if file.rows:
                _check(file, read_schema(file, source), column)


def read_amounts(source: Source, settings: Settings, column: str, *, first_id: object, last_id: object) -> pl.DataFrame:
    """Return the amounts in ``column`` by account and day for a range of ids: keys, ds, amount, ascending by ds.

    A day's amount is that of its last instant; of several rows at that instant, the highest, so that the order of rows
    does not matter. Null on a day whose last instant has no finite number.
    """
    named = settings.model_copy(update={"balance_col": column})
    ids = IdRange(settings.id_col, source.key_dtype, first_id, last_id)
    typed = replace(source, files=tuple(with_own_types(file, source, {column}) for file in ids.files_of(source)))
    rows = scan_rows(typed, named, first_id=first_id, last_id=last_id)
    keys = key_columns(settings)
    finite = pl.when(pl.col(c.Y).is_finite()).then(pl.col(c.Y)).alias(_AMOUNT)
    dated = rows.filter(pl.col(c.DS).is_between(settings.earliest_date, settings.latest_date))
    amounts = collect(dated.select(*keys, c.DS, AT, finite), source)
    return (
        amounts.sort(c.DS, AT, _AMOUNT, nulls_last=False)
        .group_by(*keys, c.DS, maintain_order=True)
        .agg(pl.col(_AMOUNT).last())
    )


def amounts_on(amounts: pl.DataFrame, panel: Panel) -> NDArray[np.float64]:
    """Return each account's amount on its last day with a row up to its origin, [n]; NaN if null or without rows.

    ``amounts`` is the result of ``read_amounts``. Rows later than the origin are not used.
    """
    keys = panel.keys()
    origins = pl.Series(c.DS, panel.origins, dtype=pl.Date)
    asked = keys.with_columns(origins, place=pl.int_range(pl.len())).sort(c.DS)
    found = asked.join_asof(amounts, on=c.DS, by=keys.columns, strategy="backward", check_sortedness=False)
    return found.sort("place")[_AMOUNT].fill_null(np.nan).to_numpy()


def _check(file: InputFile, schema: Mapping[str, pl.DataType], column: str) -> None:
    dtype = schema.get(column)
    if dtype is None:
        close = did_you_mean(column, schema, otherwise=f"a threshold is {EXPECTED}.")
        raise ConfigError(
            f"{file.path}: no column '{column}' (--threshold)", f"{close} The file has: {', '.join(schema)}"
        )
    if not dtype.is_numeric() and dtype != pl.Null():
        cast = f'cast it, e.g. pl.col("{column}").cast(pl.Float64), or ' if dtype == pl.String() else ""
        raise ConfigError(
            f"{file.path}: column '{column}' is {dtype}, expected a number (--threshold)", f"{cast}name another column"
        )
