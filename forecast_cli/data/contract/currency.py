"""Currencies: a column that is there but not named must not hide two currencies in one account."""

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.data.contract.tally import Rule, tally
from forecast_cli.data.findings import Action, Finding
from forecast_cli.data.scan.attributes import read_schema
from forecast_cli.data.scan.canonical import CURRENCY
from forecast_cli.data.scan.collect import reading
from forecast_cli.data.source import InputFile, Source


def find_unnamed_currency(source: Source, settings: Settings) -> str | None:
    """Return the text column called currency, in any case, that all files have and the settings do not name."""
    if settings.currency_col is not None or not source.files:
        return None
    named = {settings.id_col, settings.date_col, settings.balance_col}
    candidates = [
        name for name in _text_columns(source.files[0], source) if name.casefold() == CURRENCY and name not in named
    ]
    if not candidates or not all(candidates[0] in _text_columns(file, source) for file in source.files[1:]):
        return None
    return candidates[0]


def _text_columns(file: InputFile, source: Source) -> list[str]:
    with reading(file.path):
        schema = read_schema(file, source)
    return [name for name, dtype in schema.items() if isinstance(dtype, (pl.String, pl.Categorical, pl.Enum))]


def find_mixed_currencies(judged: pl.DataFrame, settings: Settings, *, currency_col: str) -> Finding | None:
    """Return a rejection where accounts hold several currencies and no column tells them apart."""
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
