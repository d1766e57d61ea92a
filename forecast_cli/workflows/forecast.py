"""The main job: balances in, forecasts and an honest ledger out."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from forecast_cli.core.columns import UNIQUE_ID
from forecast_cli.core.errors import CheckFailedError
from forecast_cli.core.ledger import Status
from forecast_cli.core.progress import NullProgress, Progress
from forecast_cli.engine.outcomes import contract_failures
from forecast_cli.engine.shards import cpu_seconds, joining_seconds
from forecast_cli.engine.worker import forecast_shard
from forecast_cli.models.registry import finds_events
from forecast_cli.store.layout import ACCOUNTS, EVENTS, FAILURES, RISK, WEIGHTS
from forecast_cli.store.learned_tables import learned_frames
from forecast_cli.store.lock import refuse_if_held
from forecast_cli.store.manifest import FileEntry
from forecast_cli.store.read import read_manifest
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.run_folder import RunFolder
from forecast_cli.store.staging import write_table
from forecast_cli.store.state import validate_output
from forecast_cli.workflows.preparing import Prepared, prepare
from forecast_cli.workflows.reading import count_statuses, summarize_input
from forecast_cli.workflows.results import ForecastPlan, ForecastRequest, ForecastRun
from forecast_cli.workflows.running import execute
from forecast_cli.workflows.shard_tables import group_failures, merge_tables
from forecast_cli.workflows.summary import summarize_run

if TYPE_CHECKING:
    from forecast_cli.reports.run_metrics import Change

COMMAND = "forecast"


def run_forecast(request: ForecastRequest, progress: Progress | None = None) -> ForecastRun:
    """Forecast every account of the input and write the output folder, or take up where a run was cut off.

    Raises InputRejectedError (nothing written), ConfigError, OutputConflictError, OutputBusyError,
    OutputNotWrittenError or WorkerLostError; finished shards are kept.
    """
    refuse_if_held(request.output)
    progress = progress or NullProgress()
    prepared = prepare(COMMAND, request, progress=progress, begins=True)
    finish = partial(_finish, previous=request.previous, warn=progress.warn)
    done = execute(prepared, forecast_shard, finish, force=request.force, progress=progress, meanwhile=_load_metrics)
    return summarize_run(
        request,
        read_manifest(request.output),
        prepared.checked.findings,
        reused=done.reused,
        shards_resumed=done.shards_resumed,
        seconds=time.monotonic() - prepared.started,
    )


def plan_forecast(request: ForecastRequest) -> ForecastPlan:
    """Return what ``run_forecast`` would do, without writing anything. Raises what it would raise before it starts."""
    prepared = prepare(COMMAND, request)
    refuse_if_held(request.output)
    state, why = validate_output(request.output, prepared.identity, prepared.fingerprint, force=request.force)
    checked, contract = prepared.checked, prepared.contract
    labels = [choice.label for choice in prepared.models]
    ready = count_statuses(contract.ledger)[Status.OK]
    return ForecastPlan(
        request=request,
        input=summarize_input(checked),
        accounts=checked.accounts,
        set_aside=group_failures(contract_failures(contract.ledger, labels[:1]), UNIQUE_ID),
        findings=checked.findings,
        models=tuple(labels),
        shards=len(prepared.shards),
        jobs=prepared.workers,
        cpu_seconds=cpu_seconds(prepared.models, ready) + joining_seconds(prepared.settings, ready),
        output_state=f"{state}: {why}" if why else state.value,
        spill_bytes=prepared.spill_bytes,
        memory_bytes=prepared.room.limit,
        at_once=prepared.room.at_once,
    )


def _tables_of(prepared: Prepared) -> tuple[str, ...]:
    """Return the tables of the whole run that its shards wrote rows of."""
    events = (EVENTS,) if finds_events(prepared.models) else ()
    weights = (WEIGHTS,) if prepared.learned is not None and prepared.learned.candidates else ()
    return (RISK, *events, *weights, ACCOUNTS, FAILURES)


def _load_metrics() -> None:
    """Import what the end alone needs, and takes long to; where that fails, the end says so."""
    with suppress(Exception):
        import forecast_cli.workflows.run_metrics  # noqa: F401


def _finish(
    prepared: Prepared,
    run: RunFolder,
    receipts: Sequence[ShardReceipt],
    *,
    previous: Path | None,
    warn: Callable[[str], None],
) -> tuple[FileEntry, ...]:
    from forecast_cli.workflows.run_metrics import write_metrics_json

    tables = merge_tables(run, receipts, _tables_of(prepared))
    frames = {} if prepared.learned is None else learned_frames(prepared.learned)
    learned = tuple(write_table(frame, run.output, name) for name, frame in frames.items())
    change = _change(prepared, previous, warn) if previous else None
    return (*tables, *learned, write_metrics_json(prepared, receipts, change=change))


def _change(prepared: Prepared, folder: Path, warn: Callable[[str], None]) -> "Change | None":
    """Return what changed since the run before, in ``folder``; where that cannot be told, only say why."""
    from forecast_cli.workflows.run_change import Side, find_previous, made_otherwise, measure_change

    origin = prepared.contract.origin
    found = find_previous(folder, output=prepared.output, origin=origin.isoformat() if origin else None)
    if found is None:
        warn(f"--previous {folder}: holds no earlier forecast to compare with")
        return None
    try:
        change = measure_change(found, Side(prepared.output, prepared.told_settings, prepared.identity["versions"]))
    except CheckFailedError as error:
        warn(f"{error}; nothing is compared; {error.hint}")
        return None
    if change.made_from:
        warn(made_otherwise(change))
    return change
