"""Outcomes: what became of each account and each model, written into the two ledgers."""

from collections.abc import Sequence

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.ledger import FAILURES_SCHEMA, STATUS_ORDER, Flag, Status
from forecast_cli.data.scan.canonical import CURRENCY
from forecast_cli.models.ladder import LadderForecast

#: Place of an account in its shard's panel.
_ROW = "row"
_RANK = {status.value: rank for rank, status in enumerate(STATUS_ORDER)}
_KEYS = (c.UNIQUE_ID, CURRENCY)


def settle_ledger(
    ledger: pl.DataFrame, labels: Sequence[str], ladders: Sequence[LadderForecast], *, seconds: float
) -> pl.DataFrame:
    """Return a shard's ledger with what the models did: the worst status over them, the reason, and their flags.

    ``seconds`` is the CPU time an account of the panel took; accounts that were set aside took none.
    """
    told = _worst(_outcomes(labels, ladders))
    flags = _flags(ladders)
    return (
        _with_rows(ledger)
        .join(told, on=_ROW, how="left", maintain_order="left")
        .join(flags, on=_ROW, how="left", maintain_order="left")
        .with_columns(
            status=pl.coalesce("told_status", "status"),
            reason=pl.coalesce("told_reason", "reason"),
            flags=pl.concat_list("flags", pl.col("told_flags").fill_null([])).list.unique(maintain_order=True),
            seconds=pl.when(pl.col(_ROW).is_null()).then(0.0).otherwise(seconds),
        )
        .select(ledger.columns)
    )


def failure_rows(ledger: pl.DataFrame, labels: Sequence[str], ladders: Sequence[LadderForecast]) -> pl.DataFrame:
    """Return one row for each account and model that did not go as asked, in the order of accounts and models."""
    keys = _key_columns(ledger)
    reached = (
        _with_rows(ledger)
        .select(*keys, _ROW)
        .join(_outcomes(labels, ladders), on=_ROW, how="inner")
        .select(*keys, *FAILURES_SCHEMA)
    )
    order = pl.col(c.MODEL).replace_strict({label: place for place, label in enumerate(labels)}, return_dtype=pl.Int64)
    return pl.concat([contract_failures(ledger, labels), reached]).sort(*keys, order)


def contract_failures(ledger: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """Return a row for each model and each account that the data contract set aside before any model."""
    keys = _key_columns(ledger)
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


def _outcomes(labels: Sequence[str], ladders: Sequence[LadderForecast]) -> pl.DataFrame:
    """Return what each ladder tells of a row of the panel, as a table."""
    rows = [
        (outcome.row, label, outcome.model_used, outcome.status.value, outcome.error, outcome.message)
        for label, ladder in zip(labels, ladders, strict=True)
        for outcome in ladder.outcomes
    ]
    return pl.DataFrame(rows, schema={_ROW: pl.Int64, **FAILURES_SCHEMA}, orient="row")


def _worst(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return the worst status of each row, and the reason of the first model that has it."""
    reason = pl.format("{}: {}: {}", c.MODEL, "error", "message")
    used = pl.when(pl.col("model_used").is_not_null()).then(pl.format("; {} used instead", "model_used"))
    return (
        outcomes.with_columns(
            told_reason=pl.concat_str(reason, used.otherwise(pl.lit(""))),
            rank=pl.col("status").replace_strict(_RANK, return_dtype=pl.Int64),
        )
        .sort("rank", descending=True, maintain_order=True)
        .group_by(_ROW, maintain_order=True)
        .agg(told_status=pl.col("status").first(), told_reason=pl.col("told_reason").first())
    )


def _flags(ladders: Sequence[LadderForecast]) -> pl.DataFrame:
    """Return the flags of each row over all ladders, in the order flags are declared."""
    rows = zip(*(ladder.flags for ladder in ladders), strict=True)
    merged = [[flag.value for flag in Flag if any(flag in found for found in flags)] for flags in rows]
    return pl.DataFrame(
        {_ROW: range(len(merged)), "told_flags": merged}, schema={_ROW: pl.Int64, "told_flags": pl.List(pl.String)}
    )


def _with_rows(ledger: pl.DataFrame) -> pl.DataFrame:
    """Number the accounts that reached the models: the panel holds them in the ledger's order."""
    ready = pl.col("status") == Status.OK
    return ledger.with_columns(pl.when(ready).then(ready.cum_sum().cast(pl.Int64) - 1).alias(_ROW))


def _key_columns(ledger: pl.DataFrame) -> list[str]:
    return [name for name in _KEYS if name in ledger.columns]
