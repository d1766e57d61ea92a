"""Runs over two accounts, made with the store alone and without models."""

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from forecast_cli.store.fingerprint import fingerprint
from forecast_cli.store.layout import ACCOUNTS, FAILURES, FORECASTS
from forecast_cli.store.manifest import FileEntry, InputRecord, Manifest
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.run_folder import RunFolder
from forecast_cli.store.tables import stage

IDENTITY: Final[dict[str, Any]] = {
    "command": "forecast",
    "input": [["a", 1, "00"]],
    "settings": {"horizon": 30},
    "versions": {"polars": "2"},
}
OTHER: Final[dict[str, Any]] = IDENTITY | {"settings": {"horizon": 14}}
TABLE: Final = pl.DataFrame({"account_id": ["a", "b"], "mean": [1.0, 2.0]})


def manifest(identity: dict[str, Any] = IDENTITY, files: Iterable[FileEntry] = ()) -> Manifest:
    return Manifest(
        command="forecast",
        fingerprint=fingerprint(identity),
        versions={"polars": "2"},
        settings=identity["settings"],
        seed=0,
        input=InputRecord(root="in", files=(), rows=2, accounts=2, origin=None, verified="none"),
        accounts={"ok": 2},
        forecast_rows=2,
        shards=1,
        files=tuple(files),
        findings=(),
        finished_at="2026-01-01T00:00:00Z",
        seconds=1.0,
        cpu_seconds=1.0,
    )


def commit_one(run: RunFolder, index: int = 0, *, seconds: float = 0.5) -> ShardReceipt:
    files = tuple(stage(TABLE, run.staging, index, table) for table in (FORECASTS, ACCOUNTS, FAILURES))
    receipt = ShardReceipt(index, 2, seconds, files)
    run.commit(receipt)
    return receipt
