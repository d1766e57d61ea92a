"""Tables of a whole run, merged from those of its shards."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from forecast_cli.core.ledger import SEVERITY, Status
from forecast_cli.store.layout import FORECASTS
from forecast_cli.store.manifest import FileEntry
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.tables import write_parts
from forecast_cli.workflows.results import FailureGroup

_EXAMPLES = 3


def shard_paths(output: Path, receipts: Iterable[ShardReceipt], name: str) -> list[Path]:
    """Return the path of each shard's rows of the table ``name``, in the order of shards."""
    return [output / receipt.file_of(name).path for receipt in receipts]


def merge_tables(output: Path, receipts: Sequence[ShardReceipt], names: Iterable[str]) -> tuple[FileEntry, ...]:
    """Write the tables ``names`` of the whole run from those of its shards, and return their manifest entries."""
    return tuple(write_parts(shard_paths(output, receipts, name), output, name) for name in names)


def part_entries(receipts: Iterable[ShardReceipt]) -> tuple[FileEntry, ...]:
    """Return the manifest entries of the part files of forecasts."""
    parts = (receipt.file_of(FORECASTS) for receipt in receipts)
    return tuple(FileEntry(path=part.path, rows=part.rows, bytes=part.bytes, sha256=part.sha256) for part in parts)


def group_failures(failures: pl.DataFrame, id_col: str) -> tuple[FailureGroup, ...]:
    """Group failures by status, model, replacement and error; the worst status first, then the largest group."""
    severity = pl.col("status").replace_strict(SEVERITY, return_dtype=pl.Int8)
    groups = (
        failures.with_columns(pl.col(id_col).cast(pl.String))
        .group_by("status", "model", "model_used", "error")
        .agg(
            message=pl.col("message").first(),
            count=pl.len(),
            examples=pl.col(id_col).head(_EXAMPLES),
        )
        .sort(
            *(severity, "count", "model", "error", "model_used"),
            descending=[True, True, False, False, False],
            nulls_last=True,
        )
    )
    return tuple(
        FailureGroup(**row | {"status": Status(row["status"]), "examples": tuple(row["examples"])})
        for row in groups.iter_rows(named=True)
    )
