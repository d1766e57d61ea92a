"""Columns and types of the ledger's two tables."""

from typing import Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.ledger import Repair

REPAIRS_DTYPE: Final = pl.Struct({repair.value: pl.Int64 for repair in Repair})

#: Columns of the ledger of accounts inside a run; ``unique_id`` keeps the input's type.
ACCOUNTS_SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "status": pl.String,
    "reason": pl.String,
    "n_obs": pl.Int64,
    "first": pl.Date,
    "last": pl.Date,
    "repairs": REPAIRS_DTYPE,
    "flags": pl.List(pl.String),
    "seconds": pl.Float64,
}

#: Columns of ``failures.parquet`` after ``account_id``.
FAILURES_SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    c.MODEL: pl.String,
    "model_used": pl.String,
    "status": pl.String,
    "error": pl.String,
    "message": pl.String,
}
