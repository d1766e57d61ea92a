"""Short notation for rows as ``scan_rows`` returns them, and for what the contract reports about them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.data.contract.check import Contract, check_pieces
from forecast_cli.data.contract.series import ShardInput, build_shard
from forecast_cli.data.findings import Action, Finding

START = date(2024, 1, 1)
SCHEMA = {"unique_id": pl.String, "ds": pl.Date, "at": pl.Datetime("us"), "y": pl.Float64}

Row = tuple[object, date | None, float | None]


def rows(*parts: Iterable[Row], id_dtype: type[pl.DataType] = pl.String) -> pl.DataFrame:
    """Return dated rows from (id, day, balance)."""
    whole = [(unique_id, day, None, balance) for part in parts for unique_id, day, balance in part]
    return pl.DataFrame(whole, schema={**SCHEMA, "unique_id": id_dtype}, orient="row")


def timed(*parts: Iterable[tuple[str, datetime, float | None]]) -> pl.DataFrame:
    """Return rows from (id, instant, balance)."""
    whole = [(unique_id, at.date(), at, balance) for part in parts for unique_id, at, balance in part]
    return pl.DataFrame(whole, schema=SCHEMA, orient="row")


def daily(unique_id: object, balances: Sequence[float | None], start: date = START) -> list[Row]:
    """Return one row for each day."""
    return [(unique_id, start + timedelta(days=day), balance) for day, balance in enumerate(balances)]


def check_rows(*pieces: pl.DataFrame, settings: Settings) -> Contract:
    """Check rows that are read in ``pieces``."""
    return check_pieces(lambda **_range: (piece.lazy() for piece in pieces), settings)


def check(frame: pl.DataFrame, **settings: object) -> Contract:
    return check_rows(frame, settings=Settings.model_validate(settings))


def shard(frame: pl.DataFrame, **settings: object) -> ShardInput:
    """Return the shard of all rows, with the origin from their contract."""
    chosen = Settings.model_validate(settings)
    return build_shard(frame, chosen, origin=check_rows(frame, settings=chosen).origin)


def account(found: Contract | ShardInput, unique_id: object) -> dict[str, object]:
    """Return the ledger row of one account, with its repairs as additional entries."""
    (row,) = found.ledger.filter(pl.col("unique_id") == unique_id).to_dicts()
    return row | row["repairs"]


def finding(contract: Contract, rule: str, action: Action) -> Finding:
    (only,) = (found for found in contract.findings if (found.rule, found.action) == (rule, action))
    return only


def rules(contract: Contract) -> set[str]:
    return {found.rule for found in contract.findings}


def balances(found: ShardInput, unique_id: object) -> list[float]:
    """Return the filled balances of one account of the panel."""
    return found.panel.series(found.panel.ids.to_list().index(unique_id)).tolist()
