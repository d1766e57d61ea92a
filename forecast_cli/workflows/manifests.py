"""Manifest of a run: what it read, with which settings and versions, and what it wrote."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from forecast_cli.engine.tables import to_user_columns
from forecast_cli.store.layout import ACCOUNTS
from forecast_cli.store.manifest import FileEntry, FindingRecord, InputRecord, Manifest
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.tables import read_back
from forecast_cli.workflows.preparing import Prepared
from forecast_cli.workflows.reading import CheckedInput, count_statuses, summarize_input
from forecast_cli.workflows.shard_tables import part_entries


def make_manifest(prepared: Prepared, receipts: Sequence[ShardReceipt], tables: tuple[FileEntry, ...]) -> Manifest:
    """Return the manifest of a run whose merged ``tables`` are written.

    Raises AssertionError if the accounts of the output are not those of the input.
    """
    parts = part_entries(receipts)
    accounts = read_back(prepared.output / ACCOUNTS, [*prepared.settings.key_columns, "status"])
    _account_for_everyone(prepared, accounts)
    return Manifest(
        command=prepared.command,
        fingerprint=prepared.fingerprint,
        versions=prepared.identity["versions"],
        settings=prepared.recorded_settings,
        seed=prepared.settings.seed,
        input=_input_record(prepared.checked),
        accounts={status.value: count for status, count in count_statuses(accounts).items()},
        forecast_rows=sum(part.rows for part in parts),
        shards=len(prepared.shards),
        files=(*parts, *tables),
        findings=tuple(FindingRecord.model_validate(one, from_attributes=True) for one in prepared.checked.findings),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - prepared.started, 3),
        cpu_seconds=round(sum(receipt.cpu_seconds for receipt in receipts), 3),
    )


def _account_for_everyone(prepared: Prepared, accounts: pl.DataFrame) -> None:
    """Raise AssertionError if the accounts of the output are not those of the input: a bug that must stop the run."""
    expected = to_user_columns(prepared.contract.ledger, prepared.checked.source, prepared.settings)
    if not accounts.select(prepared.settings.key_columns).equals(expected.select(prepared.settings.key_columns)):
        raise AssertionError(f"{expected.height} accounts went in, {accounts.height} came out, and not the same ones")


def _input_record(checked: CheckedInput) -> InputRecord:
    summary = summarize_input(checked)
    return InputRecord(
        root=summary.root,
        files=tuple(
            FileEntry(path=file.path, rows=file.rows, bytes=file.size, sha256=file.sha256)
            for file in checked.source.files
        ),
        rows=summary.rows,
        accounts=summary.accounts,
        origin=summary.origin.isoformat() if summary.origin else None,
        verified=summary.verified,
    )
