"""Attributes: values of further input columns for each account, such as its type."""

from collections.abc import Collection, Set
from dataclasses import replace
from typing import IO, cast

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.text import did_you_mean
from forecast_cli.data.files.storage import storage_of
from forecast_cli.data.read_errors import collect
from forecast_cli.data.scan.canonical import AT
from forecast_cli.data.scan.rows import scan_rows
from forecast_cli.data.scan.spilled import amounts_kept, texts_kept
from forecast_cli.data.source import InputFile, Source


def read_attribute(
    source: Source, settings: Settings, column: str, *, first_id: object, last_id: object
) -> pl.DataFrame:
    """Return the values in ``column`` by account and day for a range of ids: unique_id, ds, ``column``, in this order.

    Values are text and not null. A day's value is that of its last instant; of several at that instant, the last in
    alphabetical order, so that the order of rows does not matter. The column is read in the same way as a currency
    column.
    """
    named = settings.model_copy(update={"currency_col": column})
    typed = replace(source, files=tuple(with_type(file, column, pl.String()) for file in source.files))
    rows = scan_rows(typed, named, first_id=first_id, last_id=last_id)
    dated = rows.filter(pl.col(c.DS).is_between(settings.earliest_date, settings.latest_date))
    values = collect(dated.select(c.UNIQUE_ID, c.DS, AT, c.CURRENCY).drop_nulls(c.CURRENCY), source)
    return (
        values.sort(c.UNIQUE_ID, c.DS, AT, c.CURRENCY, nulls_last=False)
        .group_by(c.UNIQUE_ID, c.DS, maintain_order=True)
        .agg(pl.col(c.CURRENCY).last().alias(column))
    )


def validate_attributes(source: Source, settings: Settings, reserved: Collection[str]) -> None:
    """Raise ConfigError if a ``--segment`` column is missing from a file or has a ``reserved`` name."""
    for column in settings.segment:
        if column in reserved:
            raise ConfigError(f"--segment {column}: the windows have a column of that name", "rename it in the input")
        for file in source.files:
            names = list(read_schema(file, source)) if file.rows else [column]
            if column not in names:
                hint = _hint(column, [name for name in names if name not in reserved])
                raise ConfigError(f"{file.path}: no column '{column}' (--segment)", hint)


def read_schema(file: InputFile, source: Source) -> dict[str, pl.DataType]:
    """Return all columns of a file and their types, including the keys of its hive folders, which are text."""
    with storage_of(source.access).open(file.path) as opened:
        return {**pl.read_parquet_schema(cast("IO[bytes]", opened)), **{name: pl.String() for name, _ in file.hive}}


def with_type(file: InputFile, column: str, dtype: pl.DataType) -> InputFile:
    """Return a file with the type of ``column`` added; unchanged if the column is a hive folder above it."""
    return file if column in dict(file.hive) else replace(file, columns=(*file.columns, (column, dtype)))


def with_kept_columns(source: Source, settings: Settings) -> Source:
    """Return the source with the types of all columns that are spilled added to its files."""
    names = {*amounts_kept(settings), *texts_kept(settings)}
    return replace(source, files=tuple(with_own_types(file, source, names) for file in source.files))


def with_own_types(file: InputFile, source: Source, names: Set[str]) -> InputFile:
    """Return a file with the types of the columns ``names`` added; it, or a folder above it, must have each of them."""
    missing = sorted(names - dict(file.columns).keys() - dict(file.hive).keys()) if file.rows else []
    if not missing:
        return file
    schema = read_schema(file, source)
    return replace(file, columns=(*file.columns, *((name, schema[name]) for name in missing)))


def _hint(column: str, names: Collection[str]) -> str:
    close = did_you_mean(column, names, otherwise="name a column that every file has.")
    return f"{close} Segments can be: {', '.join(names) or 'none of its columns'}"
