"""Outcomes: the tables of accounts, with the status of each, and of failures, with those of each model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.core.ledger import SEVERITY, Flag, Status, describe_failure
from forecast_cli.core.ledger_schemas import FAILURES_SCHEMA
from forecast_cli.models.ladder import LadderForecast

#: Column with the row of an account in its shard's panel.
_ROW = "row"
#: Column with the error and the message of a failure, as people read them.
_FAILURE = "failure"


@dataclass(frozen=True)
class ModelForecast:
    """The forecast of the model ``label`` for the ``rows`` [n] of a shard's panel."""

    label: str
    ladder: LadderForecast
    rows: NDArray[np.int64]


def taken_apart(forecasts: Sequence[ModelForecast]) -> tuple[str, ...]:
    """Return the errors of blocks of accounts that were then forecast one account at a time."""
    return tuple(error for one in forecasts for error in one.ladder.forecast.taken_apart)


def complete_ledger(ledger: pl.DataFrame, forecasts: Sequence[ModelForecast], *, seconds: float) -> pl.DataFrame:
    """Return a shard's ledger with the outcome of the models: the worst status over them, its reason, and all flags.

    ``seconds`` is the CPU time of each account of the panel; other accounts get 0.
    """
    return (
        with_panel_rows(ledger)
        .join(_worst(_outcomes(forecasts)), on=_ROW, how="left", maintain_order="left")
        .join(_flags(forecasts), on=_ROW, how="left", maintain_order="left")
        .with_columns(
            status=pl.coalesce("model_status", "status"),
            reason=pl.coalesce("model_reason", "reason"),
            flags=pl.concat_list("flags", pl.col("model_flags").fill_null([])).list.unique(maintain_order=True),
            seconds=pl.when(pl.col(_ROW).is_null()).then(0.0).otherwise(seconds),
        )
        .select(ledger.columns)
    )


def add_flag(ledger: pl.DataFrame, before: pl.DataFrame, marked: NDArray[np.bool_], flag: Flag) -> pl.DataFrame:
    """Add ``flag`` to the panel's accounts that are ``marked`` [n]; ``before`` is the ledger as read with the panel."""
    if not marked.any():
        return ledger
    place = with_panel_rows(before)[_ROW]
    flagged = pl.Series(marked).gather(place).fill_null(value=False)
    return ledger.with_columns(flags=pl.when(flagged).then(flags_with(flag)).otherwise("flags"))


def flags_with(flag: Flag) -> pl.Expr:
    """Return the flags of each account in the ledger with ``flag`` among them, once."""
    return pl.concat_list("flags", pl.lit([flag.value])).list.unique(maintain_order=True)


def failure_rows(ledger: pl.DataFrame, forecasts: Sequence[ModelForecast]) -> pl.DataFrame:
    """Return a row for each account and model without the forecast requested, in the order of accounts and models.

    A model that forecast an account several times (in several windows) has a row for each failure.
    """
    keys, labels = c.keys_among(ledger.columns), list(dict.fromkeys(one.label for one in forecasts))
    reached = (
        with_panel_rows(ledger)
        .select(*keys, _ROW)
        .join(_outcomes(forecasts), on=_ROW, how="inner", maintain_order="right")
        .select(*keys, *FAILURES_SCHEMA)
    )
    order = pl.col(c.MODEL).replace_strict({label: place for place, label in enumerate(labels)}, return_dtype=pl.Int64)
    return pl.concat([contract_failures(ledger, labels), reached]).sort(*keys, order, maintain_order=True)


def contract_failures(ledger: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """Return a row for each model and each account that the data contract skipped or failed before any model ran."""
    keys = c.keys_among(ledger.columns)
    parts = pl.col("reason").str.splitn(": ", 2).struct
    return (
        ledger.filter(pl.col("status").is_in([Status.SKIPPED, Status.FAILED]))
        .join(pl.DataFrame({c.MODEL: list(labels)}, schema={c.MODEL: pl.String}), how="cross")
        .with_columns(
            pl.lit(None, dtype=pl.String).alias("model_used"),
            parts.field("field_0").alias("error"),
            pl.coalesce(parts.field("field_1"), "reason").alias("message"),
        )
        .select(*keys, *FAILURES_SCHEMA)
    )


def with_panel_rows(ledger: pl.DataFrame) -> pl.DataFrame:
    """Add ``row``, the account's row in the panel: the accounts with status ok, in order; null for others."""
    ready = pl.col("status") == Status.OK
    return ledger.with_columns(pl.when(ready).then(ready.cum_sum().cast(pl.Int64) - 1).alias(_ROW))


def _outcomes(forecasts: Sequence[ModelForecast]) -> pl.DataFrame:
    """Return the outcomes of accounts not forecast by the requested model as a table, model by model."""
    rows = [
        (
            one.rows[outcome.row],
            one.label,
            outcome.model_used,
            outcome.status.value,
            outcome.error,
            outcome.message,
            describe_failure(outcome.error, outcome.message),
        )
        for one in forecasts
        for outcome in one.ladder.outcomes
    ]
    return pl.DataFrame(rows, schema={_ROW: pl.Int64, **FAILURES_SCHEMA, _FAILURE: pl.String}, orient="row")


def _worst(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return the worst status of each row, and the reason from the first model with that status."""
    reason = pl.format("{}: {}", c.MODEL, _FAILURE)
    used = pl.when(pl.col("model_used").is_not_null()).then(pl.format("; {} used instead", "model_used"))
    return (
        outcomes.with_columns(
            model_reason=pl.concat_str(reason, used.otherwise(pl.lit(""))),
            rank=pl.col("status").replace_strict(SEVERITY, return_dtype=pl.Int64),
        )
        .sort("rank", descending=True, maintain_order=True)
        .group_by(_ROW, maintain_order=True)
        .agg(model_status=pl.col("status").first(), model_reason=pl.col("model_reason").first())
    )


def _flags(forecasts: Sequence[ModelForecast]) -> pl.DataFrame:
    """Return the flags of each row over all its forecasts, in the order of their declaration."""
    found: dict[int, set[Flag]] = {}
    for one in forecasts:
        for row, flags in zip(one.rows.tolist(), one.ladder.flags, strict=True):
            if flags:
                found.setdefault(row, set()).update(flags)
    rows = [(row, [flag.value for flag in Flag if flag in flags]) for row, flags in sorted(found.items())]
    return pl.DataFrame(rows, schema={_ROW: pl.Int64, "model_flags": pl.List(pl.String)}, orient="row")
