"""Accounts of a finished forecast that are most likely to fall below a threshold: which, how likely, by when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from forecast_cli.config.thresholds import is_amount
from forecast_cli.core import columns as c
from forecast_cli.core import risk_columns as r
from forecast_cli.core.errors import CheckFailedError, UsageError
from forecast_cli.core.text import closest
from forecast_cli.data.files.addresses import Output
from forecast_cli.risk.lows import windows_within
from forecast_cli.store.layout import ACCOUNTS, FAILURES, RISK
from forecast_cli.workflows.places import open_finished_run
from forecast_cli.workflows.run_tables import (
    RunTables,
    choose_model,
    common_origin,
    find_missing_column,
    keys_of,
    reading_tables,
    tables_of,
)

#: The tables to read, all of them small.
_READ: Final = (ACCOUNTS, FAILURES, RISK)
#: Days; the default window is the longest one up to this.
_WITHIN: Final = 30
#: Condition: the account is already below the threshold on its origin.
_UNDER: Final = pl.col(r.BALANCE) < pl.col(r.THRESHOLD)
_FIGURES: Final = (r.BALANCE, r.THRESHOLD, r.PROB_BELOW, r.EXPECTED_LOW, r.LOW_Q05, r.LOW_Q50, r.DAYS_BELOW)


@dataclass(frozen=True)
class RiskiestRequest:
    """Request for the accounts at risk in the forecast at ``output``.

    ``threshold``: one of the run's, None for its first. ``window``: one of the run's, in days, None for the longest up
    to 30 days. ``model``: one of the run's, None for its first. ``least``: the smallest probability to list, 0 to 1.
    ``most``: the number of accounts to list, None for all. ``include_under``: also list accounts that are already below
    the threshold on their origin, whatever their probability.
    """

    output: Output
    threshold: str | None = None
    window: int | None = None
    model: str | None = None
    least: float = 0.5
    most: int | None = None
    include_under: bool = False


@dataclass(frozen=True)
class AtRisk:
    """One account at risk: its row of ``risk.parquet`` and facts from other tables. Money is in units of the balance.

    ``under``: the account is below the threshold on its ``origin``. ``model_used``: the model that made the forecast,
    which is the requested one or its replacement. ``flags``: those of ``accounts.parquet``.
    """

    account_id: Any
    currency: str | None
    origin: date
    balance: float
    threshold: float
    under: bool
    prob_below: float
    expected_low: float
    low_q05: float
    low_q50: float
    days_below: float
    first_below_q10: date | None
    first_below_q50: date | None
    first_below_q90: date | None
    model_used: str
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Riskiest:
    """Accounts most likely to fall below a threshold, and counts of all accounts.

    ``origin`` is None if each account has its own. Of all ``accounts`` of the input, ``without`` have no forecast or no
    such threshold; ``under`` are below it on their origin; ``likely`` are not, but fall below it with probability
    ``least`` or more. ``matching`` counts the accounts that meet the request, ``found`` lists the first of them, most
    likely first.
    """

    output: Output
    origin: date | None
    model: str
    threshold_name: str
    window: int
    least: float
    include_under: bool
    accounts: int
    without: int
    under: int
    likely: int
    matching: int
    found: tuple[AtRisk, ...]


def find_riskiest(request: RiskiestRequest) -> Riskiest:
    """Return the accounts of a finished forecast that are most likely to fall below a threshold.

    Raises UsageError for a threshold, window or model that the run does not have, CheckFailedError if a table to read
    is damaged or ``risk.parquet`` lacks a column, what ``tables_of`` raises, and ConfigError or OutputNotWrittenError
    if an address cannot be opened or read.
    """
    with open_finished_run(request.output, reads=_READ) as folder, reading_tables(folder):
        tables = tables_of(folder)
        tables.refuse_damaged(tables.paths(*_READ))
        return _find(tables, request)


def _find(tables: RunTables, request: RiskiestRequest) -> Riskiest:
    model = choose_model(tables, request.model)
    name = _choose_threshold(tables, request.threshold)
    window = _choose_window(tables, request.window)
    rows = _rows(tables, model, name, window)
    likely = pl.col(r.PROB_BELOW) >= request.least
    wanted = rows.filter(likely & ~_UNDER | pl.lit(request.include_under) & _UNDER)
    ordered = _in_order(wanted, keys_of(tables.manifest.settings))
    found = ordered if request.most is None else ordered.head(min(request.most, ordered.height))
    return Riskiest(
        output=request.output,
        origin=common_origin(tables),
        model=model,
        threshold_name=name,
        window=window,
        least=request.least,
        include_under=request.include_under,
        accounts=tables.manifest.input.accounts,
        without=tables.manifest.input.accounts - rows.height,
        under=rows.filter(_UNDER).height,
        likely=rows.filter(likely & ~_UNDER).height,
        matching=wanted.height,
        found=tuple(_accounts_at_risk(tables, found, model)),
    )


def _rows(tables: RunTables, model: str, name: str, window: int) -> pl.DataFrame:
    """Return the requested rows of the risk table; raise CheckFailedError if a column is missing."""
    risk = tables.scan(RISK)
    lack = find_missing_column(risk, r.RISK_COLUMNS)
    if lack is not None:
        raise CheckFailedError(f"{tables.output / RISK}: {lack}", "run the forecast again with --force")
    asked = (pl.col(c.MODEL) == model, pl.col(r.THRESHOLD_NAME) == name, pl.col(r.WINDOW) == window)
    return risk.filter(*asked).collect()


def _in_order(rows: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Sort accounts by probability, highest first, then by the day by which half of the paths have crossed."""
    half = r.FIRST_BELOW[1]
    return rows.sort(r.PROB_BELOW, half, *keys, descending=[True, False, *(False for _ in keys)], nulls_last=True)


def _accounts_at_risk(tables: RunTables, found: pl.DataFrame, model: str) -> Iterator[AtRisk]:
    """Yield the rows as accounts, joined with the ledger and the failures."""
    keys = keys_of(tables.manifest.settings)
    origin = common_origin(tables)
    ledger = tables.scan(ACCOUNTS).select(*keys, "flags", "last")
    replaced = tables.scan(FAILURES).filter(pl.col(c.MODEL) == model).select(*keys, "model_used")
    whole = (
        found.lazy()
        .join(ledger, on=keys, how="left", nulls_equal=True, maintain_order="left")
        .join(replaced, on=keys, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(pl.col("model_used").fill_null(model))
        .collect()
    )
    names = (*_FIGURES, *r.FIRST_BELOW, "model_used")
    for row in whole.iter_rows(named=True):
        yield AtRisk(
            account_id=row[keys[0]],
            currency=row[keys[1]] if len(keys) > 1 else None,
            origin=origin or row["last"],
            under=row[r.BALANCE] < row[r.THRESHOLD],
            flags=tuple(row["flags"]),
            **{name: row[name] for name in names},
        )


def _choose_threshold(tables: RunTables, asked: str | None) -> str:
    names: list[str] = tables.manifest.settings["threshold"]
    if not names:
        raise UsageError(f"{tables.output}: no low balances were forecast", "run the forecast again with a --threshold")
    if asked is None:
        return names[0]
    same = next((name for name in names if _is_same(name, asked)), None)
    if same is None:
        close, again = closest(asked, names), f"run the forecast again with --threshold {asked}"
        hint = f"did you mean '{close}'? If not, {again}" if close else f"name one of {', '.join(names)}, or {again}"
        raise UsageError(f"{tables.output}: no threshold '{asked}'", hint)
    return same


def _is_same(name: str, asked: str) -> bool:
    return name == asked or (is_amount(name) and is_amount(asked) and float(name) == float(asked))


def _choose_window(tables: RunTables, asked: int | None) -> int:
    windows = windows_within(tables.manifest.settings["horizon"])
    if asked is None:
        return max(days for days in windows if days <= _WITHIN)
    if asked not in windows:
        listed = ", ".join(str(days) for days in windows)
        raise UsageError(f"{tables.output}: no window of {asked} days", f"name one of {listed}")
    return asked
