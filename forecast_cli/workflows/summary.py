"""Summary of a finished run, read back from its output."""

import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.ledger import Status
from forecast_cli.core.risk_columns import PROB_BELOW, THRESHOLD_NAME, WINDOW
from forecast_cli.models.registry import finds_events, parse_model
from forecast_cli.risk.lows import windows_within
from forecast_cli.store.layout import FAILURES, FORECASTS, MANIFEST, METRICS, RISK
from forecast_cli.store.manifest import Manifest, read_manifest
from forecast_cli.store.tables import raise_read_back_errors, read_back, scan_table
from forecast_cli.workflows.preparing import Prepared
from forecast_cli.workflows.reading import count_quarantined
from forecast_cli.workflows.results import ForecastRequest, ForecastRun, InputSummary, LowBalanceCount, WrittenFile
from forecast_cli.workflows.running import Executed
from forecast_cli.workflows.shard_tables import group_failures

if TYPE_CHECKING:
    from forecast_cli.reports.run_metrics import Change

#: Smallest share of paths below a threshold at which an account counts as likely to run low.
LIKELY: Final = 0.5


def summarize_run(request: ForecastRequest, prepared: Prepared, done: Executed) -> ForecastRun:
    """Return the result of a finished run, read from its output."""
    folder = prepared.output
    manifest, failures = read_manifest(folder), read_back(folder / FAILURES)
    return ForecastRun(
        output=request.output,
        input=summarize_source(manifest),
        accounts={status: manifest.accounts.get(status.value, 0) for status in Status},
        models=tuple(manifest.settings["model"]),
        holidays=_calendar_used(manifest.settings),
        horizon=manifest.settings["horizon"],
        levels=tuple(manifest.settings["level"]),
        forecast_rows=manifest.forecast_rows,
        shards=manifest.shards,
        shards_resumed=done.shards_resumed,
        reused=done.reused,
        failures=group_failures(failures, manifest.settings["id_col"]),
        findings=prepared.checked.findings,
        low_balances=count_low_balances(folder, manifest.settings),
        change=_change(folder / METRICS),
        files=list_files(manifest, folder),
        fingerprint=manifest.fingerprint,
        seconds=time.monotonic() - prepared.started,
        max_failed=request.settings.max_failed,
        max_skipped=request.settings.max_skipped,
    )


def _change(path: Path) -> "Change | None":
    """Return the change since an earlier run that the run's metrics hold."""
    from forecast_cli.reports.run_metrics import parse_run_metrics  # slow, and only the end of a run needs it

    with raise_read_back_errors(path):
        content = path.read_bytes()
    return parse_run_metrics(content, where=str(path)).change


def _calendar_used(settings: Mapping[str, Any]) -> str | None:
    """Return the calendar that moves payments, None if no model detects payments."""
    seasons = tuple(settings["season_length"])
    finds = finds_events([parse_model(name, seasons) for name in settings["model"]])
    return str(settings["holidays"]) if finds else None


def count_low_balances(output: Path, settings: Mapping[str, Any]) -> tuple[LowBalanceCount, ...]:
    """Count the accounts likely to fall below each threshold, by the first model, in the order of the settings."""
    first = pl.col(c.MODEL) == first_model(settings)
    counts = (
        scan_table(output / RISK)
        .filter(first)
        .group_by(THRESHOLD_NAME, WINDOW)
        .agg(accounts=pl.len(), likely=(pl.col(PROB_BELOW) >= LIKELY).sum())
        .sort(WINDOW)
        .collect()
    )
    windows = windows_within(settings["horizon"])
    found = {(name, window): figures for name, window, *figures in counts.iter_rows()}
    return tuple(
        LowBalanceCount(
            threshold=name,
            accounts=found.get((name, windows[0]), (0, 0))[0],
            windows=windows,
            likely=tuple(found.get((name, window), (0, 0))[1] for window in windows),
        )
        for name in settings["threshold"]
    )


def first_model(settings: Mapping[str, Any]) -> str:
    """Return the label of a run's first model, from the settings of its manifest."""
    return parse_model(settings["model"][0], tuple(settings["season_length"])).label


def summarize_source(manifest: Manifest) -> InputSummary:
    """Return a summary of the input that a finished run read."""
    record = manifest.input
    return InputSummary(
        root=record.root,
        files=len(record.files),
        bytes=sum(file.bytes for file in record.files),
        rows=record.rows,
        accounts=record.accounts,
        origin=date.fromisoformat(record.origin) if record.origin else None,
        verified=record.verified,
        quarantined_files=count_quarantined(manifest.findings),
    )


def list_files(manifest: Manifest, output: Path) -> tuple[WrittenFile, ...]:
    """Return the files of a finished run; all part files of forecasts are one entry."""
    prefix = f"{FORECASTS}/"
    part_bytes = sum(entry.bytes for entry in manifest.files if entry.path.startswith(prefix))
    others = [entry for entry in manifest.files if not entry.path.startswith(prefix)]
    manifest_bytes = (output / MANIFEST).stat().st_size
    return (
        WrittenFile(prefix, manifest.forecast_rows, part_bytes),
        *(WrittenFile(entry.path, entry.rows, entry.bytes) for entry in others),
        WrittenFile(MANIFEST, 1, manifest_bytes),
    )
