"""The ledgers of a whole run, put together from those of its shards."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from forecast_cli.core.ledger import Status
from forecast_cli.store.layout import ACCOUNTS, FAILURES
from forecast_cli.store.manifest import FileEntry
from forecast_cli.store.run_folder import ShardReceipt
from forecast_cli.store.staging import write_table
from forecast_cli.workflows.results import FailureGroup

_EXAMPLES = 3


def write_ledgers(output: Path, receipts: Sequence[ShardReceipt]) -> tuple[FileEntry, ...]:
    """Write ``accounts.parquet`` and ``failures.parquet`` from the shards' ledgers, in the order of the shards."""
    ordered = sorted(receipts, key=lambda receipt: receipt.index)
    named = ((ACCOUNTS, 1), (FAILURES, 2))
    return tuple(
        write_table(pl.concat(pl.read_parquet(output / receipt.files[place].path) for receipt in ordered), output, name)
        for name, place in named
    )


def part_entries(receipts: Iterable[ShardReceipt]) -> tuple[FileEntry, ...]:
    """Return the manifest's entries of the forecasts' part files, in the order of the shards."""
    parts = (receipt.files[0] for receipt in sorted(receipts, key=lambda receipt: receipt.index))
    return tuple(FileEntry(path=part.path, rows=part.rows, bytes=part.bytes, sha256=part.sha256) for part in parts)


def group_failures(failures: pl.DataFrame, id_col: str) -> tuple[FailureGroup, ...]:
    """Group what did not go as asked by status, model and error, the worst and the most numerous first."""
    severity = {status.value: rank for rank, status in enumerate(Status)}
    groups = (
        failures.with_columns(
            pl.col(id_col).cast(pl.String), severity=pl.col("status").replace_strict(severity, return_dtype=pl.Int8)
        )
        .group_by("severity", "status", "model", "model_used", "error")
        .agg(
            message=pl.col("message").first(),
            count=pl.len(),
            examples=pl.col(id_col).head(_EXAMPLES),
        )
        .sort("severity", "count", "model", "error", descending=[True, True, False, False], nulls_last=True)
    )
    return tuple(
        FailureGroup(
            status=Status(row["status"]),
            model=row["model"],
            model_used=row["model_used"],
            error=row["error"],
            message=row["message"],
            count=row["count"],
            examples=tuple(row["examples"]),
        )
        for row in groups.iter_rows(named=True)
    )
