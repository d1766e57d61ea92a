"""Spilled rows: the canonical rows of an input, regrouped by account, in temporary files of the run."""

from typing import Final

import polars as pl
import polars.selectors as cs

from forecast_cli.config.settings import Settings
from forecast_cli.config.thresholds import threshold_columns
from forecast_cli.core import columns as c
from forecast_cli.data.scan.canonical import AT, balance_rows, currency_rows
from forecast_cli.data.scan.id_range import IdRange
from forecast_cli.data.source import InputFile

#: Ids of 128 bits as they are stored: parquet has no integers of that size.
STORED_IDS: Final = cs.by_dtype(pl.Int128).cast(pl.Decimal(scale=0))


def amounts_kept(settings: Settings) -> tuple[str, ...]:
    """Return the input columns that a run reads as numbers: balances and thresholds."""
    return tuple(dict.fromkeys((settings.balance_col, *threshold_columns(settings.threshold))))


def texts_kept(settings: Settings) -> tuple[str, ...]:
    """Return the input columns that a run reads as text: currencies and segments."""
    named = [settings.currency_col] if settings.currency_col is not None else []
    return tuple(dict.fromkeys((*named, *settings.segment)))


def kept_rows(settings: Settings) -> list[pl.Expr]:
    """Return expressions for the columns that are spilled besides account, day and instant, from the raw columns."""
    amounts = [balance_rows(name).alias(_amount(name)) for name in amounts_kept(settings)]
    return amounts + [currency_rows(name).alias(_text(name)) for name in texts_kept(settings)]


def scan_spilled(files: list[InputFile], settings: Settings, ids: IdRange) -> pl.LazyFrame:
    """Return the rows of spilled ``files`` as ``scan_rows`` does; the settings may name only spilled columns."""
    lazy = pl.scan_parquet([file.path for file in files], glob=False, hive_partitioning=False)
    if ids.key_dtype == pl.Int128:
        lazy = lazy.with_columns(pl.col(c.UNIQUE_ID).cast(pl.Int128))
    columns = [c.UNIQUE_ID, c.DS, AT, pl.col(_amount(settings.balance_col)).alias(c.Y)]
    if settings.currency_col is not None:
        columns.append(pl.col(_text(settings.currency_col)).alias(c.CURRENCY))
    return lazy.filter(*ids.bounds(pl.col(c.UNIQUE_ID))).select(columns)


def _amount(column: str) -> str:
    return f"amount {column}"


def _text(column: str) -> str:
    return f"text {column}"
