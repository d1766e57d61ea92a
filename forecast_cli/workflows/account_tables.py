"""One account's rows in a run's tables; no other rows are read."""

from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core import risk_columns as r
from forecast_cli.core.ledger import WITH_FORECAST, Status
from forecast_cli.store.layout import ACCOUNTS, FAILURES, FORECASTS, LEARNED_SCORES, RISK, WEIGHTS
from forecast_cli.workflows.account_key import AccountKey
from forecast_cli.workflows.explanation import AccountFan, Band, Share, Standing, ThresholdRisk, WindowRisk
from forecast_cli.workflows.run_tables import RunTables

#: Column for the part file of a row; no table of a run has a column of this name.
_PART: Final = "part file"


def rows_of(tables: RunTables, key: AccountKey, name: str, *, model: str | None = None) -> pl.DataFrame:
    """Return the account's rows of the table ``name``, only those of ``model`` if one is given."""
    rows = key.of(tables.scan(name))
    return (rows if model is None else rows.filter(pl.col(c.MODEL) == model)).collect()


def read_account_status(tables: RunTables, key: AccountKey, model: str) -> Standing:
    """Return the account's row of the ledger, and the outcome of ``model`` for it."""
    row = rows_of(tables, key, ACCOUNTS).row(0, named=True)
    failures = rows_of(tables, key, FAILURES).filter((pl.col(c.MODEL) == model) | pl.col(c.MODEL).is_null())
    forecast = row["status"] in WITH_FORECAST
    failure: dict[str, Any] | None = failures.row(0, named=True) if forecast and failures.height else None
    return Standing(
        status=Status(row["status"]),
        reason=row["reason"],
        flags=tuple(row["flags"] or ()),
        n_obs=row["n_obs"],
        first=row["first"],
        last=row["last"],
        repairs={name: count for name, count in (row["repairs"] or {}).items() if count},
        model=model,
        model_used=(failure["model_used"] if failure else model) if forecast else None,
        model_failure=failure["message"] if failure else None,
    )


def read_fan(tables: RunTables, key: AccountKey, model: str) -> AccountFan | None:
    """Return the forecast of ``model`` for the account, None if there is none.

    Raises CheckFailedError if a part file that holds rows of the account is damaged, or any part file if none does.
    """
    settings = tables.manifest.settings
    tables.refuse_damaged(tables.paths(FORECASTS)[:1])  # the columns of all part files are read from the first
    rows = key.of(tables.scan(FORECASTS, path_column=_PART)).filter(pl.col(c.MODEL) == model).collect().sort(c.STEP)
    tables.refuse_damaged(set(map(Path, rows[_PART])) or tables.paths(FORECASTS))
    if rows.is_empty():
        return None
    bands = (
        Band(float(level), tuple(rows[f"lo_{c.level_label(level)}"]), tuple(rows[f"hi_{c.level_label(level)}"]))
        for level in sorted(settings["level"])
    )
    return AccountFan(tuple(rows[settings["date_col"]]), tuple(rows[c.MEAN]), tuple(rows[c.MEDIAN]), tuple(bands))


def read_risk(tables: RunTables, key: AccountKey, model: str) -> tuple[ThresholdRisk, ...]:
    """Return the risk for each threshold, in the order of the run's settings; empty if the run has no risk table."""
    if not tables.has(RISK):
        return ()
    rows = rows_of(tables, key, RISK, model=model).sort(r.WINDOW)
    groups = rows.group_by(r.THRESHOLD_NAME, maintain_order=True)
    found = {str(name[0]): _threshold(str(name[0]), own) for name, own in groups}
    asked = [name for name in tables.manifest.settings["threshold"] if name in found]
    return tuple(found[name] for name in asked)


class LearnedVintage(NamedTuple):
    """What was learned from data before ``as_of``: from how many ``windows``, and up to which ``horizon``, in days.

    Windows show the first ``learned_days`` of the horizon.
    """

    as_of: date
    windows: int
    horizon: int
    learned_days: int


def read_learned_vintage(tables: RunTables, origin: date, *, first_month: bool) -> LearnedVintage | None:
    """Return the learned state in use at ``origin``, None if nothing had been learned by then.

    Accounts in their ``first_month`` have one of their own, except in tables of version 12 and before. Those of version
    15 and before learned the whole horizon.
    """
    if not tables.has(LEARNED_SCORES):
        return None
    scores = tables.scan(LEARNED_SCORES).filter(pl.col("as_of") <= origin)
    if "first_month" in scores.collect_schema():
        scores = scores.filter(pl.col("first_month") == first_month)
    if "learned_days" not in scores.collect_schema():
        scores = scores.with_columns(learned_days="horizon")
    vintages = scores.group_by(LearnedVintage._fields).agg(scored=pl.col("score").is_not_null().any())
    latest = vintages.sort("as_of").tail(1).filter("scored").drop("scored").collect()
    return LearnedVintage(*latest.row(0)) if latest.height else None


def read_shares(tables: RunTables, key: AccountKey, model: str) -> tuple[Share, ...]:
    """Return the weights of the candidate that was combined with ``model`` for the account, by days ahead."""
    if not tables.has(WEIGHTS):
        return ()
    rows = rows_of(tables, key, WEIGHTS, model=model).sort("from_step")
    return tuple(Share(*row) for row in rows.select("candidate", "from_step", "to_step", "weight").iter_rows())


def _threshold(name: str, rows: pl.DataFrame) -> ThresholdRisk:
    windows = tuple(
        WindowRisk(row[r.WINDOW], row[r.PROB_BELOW], row[r.EXPECTED_LOW], row[r.LOW_Q05], row[r.DAYS_BELOW])
        for row in rows.iter_rows(named=True)
    )
    longest = rows.row(-1, named=True)
    early, middle, late = (longest[column] for column in r.FIRST_BELOW)
    return ThresholdRisk(name, float(longest[r.THRESHOLD]), windows, (early, middle, late))
