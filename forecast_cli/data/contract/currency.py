"""Currencies: a currency column that the settings do not name must not hide two currencies in one account."""

from dataclasses import replace

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core.columns import CURRENCY
from forecast_cli.data.contract.tally import Rule, tally
from forecast_cli.data.findings import Action, Finding
from forecast_cli.data.read_errors import raise_read_errors
from forecast_cli.data.scan.attributes import read_schema, with_type
from forecast_cli.data.source import InputFile, Source


def find_unnamed_currency(source: Source, settings: Settings) -> tuple[Source, str | None]:
    """Return the name of a text column called currency (in any case) that the settings do not name, or None.

    All files must have it. A column that holds one currency according to all footers need not be read: None. Also
    returns the source, whose files then include the type of that column.
    """
    if settings.currency_col is not None or not source.files:
        return source, None
    texts = _text_columns(source.files[0], source)
    candidates = [name for name in texts if name.casefold() == CURRENCY and name not in settings.named_columns]
    if not candidates:
        return source, None
    files, name = [], candidates[0]
    if _is_constant(name, source):
        return source, None
    for file in source.files:
        dtype = _text_columns(file, source).get(name)
        if dtype is None:
            return source, None
        files.append(with_type(file, name, dtype))
    return replace(source, files=tuple(files)), name


def _is_constant(name: str, source: Source) -> bool:
    """Return whether a column holds the same value in all rows of the source, besides nulls."""
    values = {dict(file.constants).get(name) for file in source.files if file.rows}
    return len(values) == 1 and None not in values


def _text_columns(file: InputFile, source: Source) -> dict[str, pl.DataType]:
    with raise_read_errors(file.path, (file,), source.access):
        schema = read_schema(file, source)
    return {name: dtype for name, dtype in schema.items() if isinstance(dtype, (pl.String, pl.Categorical, pl.Enum))}


def find_mixed_currencies(judged: pl.DataFrame, settings: Settings, *, currency_col: str) -> Finding | None:
    """Return a rejection if accounts hold several currencies and the key does not separate them."""
    if settings.currency_col is not None or "currency_low" not in judged.columns:
        return None
    rule = Rule(
        rule="TS15",
        action=Action.REJECT,
        counts="accounts",
        measure=pl.col("currency_low") != pl.col("currency_high"),
        text=f"several currencies in column '{currency_col}' under one id; their balances cannot be one series",
        hint=f"make account and currency together the key: --currency-col {currency_col}",
    )
    return tally(judged, rule, n_rows=int(judged["n_rows"].sum()))
