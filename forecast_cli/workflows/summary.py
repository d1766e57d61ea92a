"""The summary of a finished run, read back from its output: what was just written, or was there already."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from forecast_cli.core.ledger import Status
from forecast_cli.data.findings import Finding
from forecast_cli.store.atomic import read_back
from forecast_cli.store.layout import FAILURES, FORECASTS
from forecast_cli.store.manifest import Manifest
from forecast_cli.workflows.ledgers import group_failures
from forecast_cli.workflows.results import ForecastRequest, ForecastRun, InputSummary, WrittenFile


def summarize_run(
    request: ForecastRequest,
    manifest: Manifest,
    findings: Sequence[Finding],
    *,
    reused: bool,
    shards_resumed: int,
    seconds: float,
) -> ForecastRun:
    """Return what a finished run's output holds."""
    failures = read_back(request.output / FAILURES)
    return ForecastRun(
        output=request.output,
        input=summarize_source(manifest),
        accounts={status: manifest.accounts.get(status.value, 0) for status in Status},
        models=tuple(manifest.settings["model"]),
        horizon=manifest.settings["horizon"],
        levels=tuple(manifest.settings["level"]),
        forecast_rows=manifest.forecast_rows,
        shards=manifest.shards,
        shards_resumed=shards_resumed,
        reused=reused,
        failures=group_failures(failures, manifest.settings["id_col"]),
        findings=tuple(findings),
        files=list_files(manifest, request.output),
        fingerprint=manifest.fingerprint,
        seconds=seconds,
        max_failed=request.settings.max_failed,
    )


def summarize_source(manifest: Manifest) -> InputSummary:
    """Return what a finished run read."""
    record = manifest.input
    return InputSummary(
        root=record.root,
        files=len(record.files),
        bytes=sum(file.bytes for file in record.files),
        rows=record.rows,
        accounts=record.accounts,
        origin=date.fromisoformat(record.origin) if record.origin else None,
        verified=record.verified,
    )


def list_files(manifest: Manifest, output: Path) -> tuple[WrittenFile, ...]:
    """Return the files of a finished run, part files as one."""
    parts = [entry for entry in manifest.files if entry.path.startswith(f"{FORECASTS}/")]
    others = [entry for entry in manifest.files if entry not in parts]
    manifest_bytes = (output / "manifest.json").stat().st_size
    return (
        WrittenFile(f"{FORECASTS}/", manifest.forecast_rows, sum(entry.bytes for entry in parts)),
        *(WrittenFile(entry.path, entry.rows, entry.bytes) for entry in others),
        WrittenFile("manifest.json", 1, manifest_bytes),
    )
