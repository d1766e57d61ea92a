"""The accounts of a finished forecast that are likeliest to run low: which, how likely, by when."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core import risk as r
from forecast_cli.core.errors import CheckFailedError, UsageError
from forecast_cli.core.text import did_you_mean
from forecast_cli.data.scan.collect import read_errors
from forecast_cli.risk.events import windows_within
from forecast_cli.store.layout import RISK
from forecast_cli.store.read import read_manifest
from forecast_cli.workflows.run_tables import RunTables, choose_model, common_origin, damaged, tables_of

#: The window told of where none is named: the longest within it.
_WITHIN: Final = 30


@dataclass(frozen=True)
class RiskiestRequest:
    """The accounts of the forecast in ``output`` to list.

    ``threshold`` as the run was asked for it, ``within`` one of its windows in days, ``model`` one of its models; None:
    the first threshold, the longest window up to 30 days, the first model. ``least`` probability, 0 to 1; ``most``
    accounts. ``under``: list accounts that are under the threshold already, too.
    """

    output: Path
    threshold: str | None = None
    within: int | None = None
    model: str | None = None
    least: float = 0.5
    most: int = 20
    under: bool = False


@dataclass(frozen=True)
class AtRisk:
    """One account: its ``balance`` on the origin, and what ``risk.parquet`` says; money in units of the balance.

    ``first_below``: the days by which 10, 50 and 90 % of paths have been under the threshold, None beyond the window.
    """

    account_id: Any
    currency: str | None
    balance: float
    threshold: float
    prob_below: float
    first_below: tuple[date | None, date | None, date | None]
    expected_low: float
    low_q05: float
    days_below: float


@dataclass(frozen=True)
class Riskiest:
    """The accounts likeliest to run low, the likeliest first.

    ``accounts`` have a forecast and the threshold; ``under`` of them are under it on their origin, ``likely`` more are
    not but will be with the ``least`` probability or more. ``found``: the first of the ``listed`` ones, those that were
    asked for.
    """

    output: Path
    origin: date | None
    model: str
    threshold: str
    within: int
    least: float
    accounts: int
    under: int
    likely: int
    listed: int
    found: tuple[AtRisk, ...]


def find_riskiest(request: RiskiestRequest) -> Riskiest:
    """Return the accounts of a finished forecast that are likeliest to run low.

    Raises UsageError for a threshold, window or model that is not there, CheckFailedError for a folder that is no
    finished forecast or a damaged one, OutputBusyError.
    """
    tables = tables_of(request.output, read_manifest(request.output))
    try:
        return _find(tables, request)
    except read_errors() as error:
        raise damaged(request.output, error) from None


def _find(tables: RunTables, request: RiskiestRequest) -> Riskiest:
    settings = tables.manifest.settings
    model = choose_model(tables, request.model)
    threshold = _choose_threshold(tables, request.threshold)
    within = _choose_window(tables, request.within)
    asked = (pl.col(c.MODEL) == model, pl.col(r.THRESHOLD_NAME) == threshold, pl.col(r.WINDOW) == within)
    rows = tables.scan(RISK).filter(*asked).collect()
    under = rows[r.BALANCE] < rows[r.THRESHOLD]
    likely = rows[r.PROB_BELOW] >= request.least
    listed = rows.filter(likely if request.under else likely & ~under)
    keys = [settings["id_col"], *([settings["currency_col"]] if settings["currency_col"] else [])]
    return Riskiest(
        output=tables.output,
        origin=common_origin(tables),
        model=model,
        threshold=threshold,
        within=within,
        least=request.least,
        accounts=rows.height,
        under=int(under.sum()),
        likely=int((likely & ~under).sum()),
        listed=listed.height,
        found=tuple(_at_risk(row, keys) for row in _in_order(listed, keys).head(request.most).iter_rows(named=True)),
    )


def _in_order(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Put the likeliest first, of equals the ones that cross first, then those that go lowest."""
    _, half, _ = r.FIRST_BELOW
    falls = [True, False, False, *(False for _ in keys)]
    return rows.sort(r.PROB_BELOW, half, r.EXPECTED_LOW, *keys, descending=falls, nulls_last=True)


def _at_risk(row: dict[str, Any], keys: list[str]) -> AtRisk:
    early, half, late = (row[name] for name in r.FIRST_BELOW)
    return AtRisk(
        account_id=row[keys[0]],
        currency=row[keys[1]] if len(keys) > 1 else None,
        balance=row[r.BALANCE],
        threshold=row[r.THRESHOLD],
        prob_below=row[r.PROB_BELOW],
        first_below=(early, half, late),
        expected_low=row[r.EXPECTED_LOW],
        low_q05=row[r.LOW_Q05],
        days_below=row[r.DAYS_BELOW],
    )


def _choose_threshold(tables: RunTables, asked: str | None) -> str:
    names: list[str] = tables.manifest.settings["threshold"]
    if not names or not tables.has(RISK):
        raise CheckFailedError(f"{tables.output}: no low balances were forecast", "name a --threshold to forecast")
    if asked is None:
        return names[0]
    if asked not in names:
        hint = did_you_mean(asked, names, otherwise=f"it was asked for {', '.join(names)}")
        raise UsageError(f"{tables.output}: no threshold '{asked}'", hint)
    return asked


def _choose_window(tables: RunTables, asked: int | None) -> int:
    windows = windows_within(tables.manifest.settings["horizon"])
    if asked is None:
        return max(days for days in windows if days <= _WITHIN)
    if asked not in windows:
        raise UsageError(
            f"{tables.output}: no window of {asked} days", f"it has {', '.join(str(days) for days in windows)}"
        )
    return asked
