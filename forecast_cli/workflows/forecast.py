"""Forecast workflow: reads balances, writes forecasts, low-balance risk and a ledger of every account."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from forecast_cli.core.columns import UNIQUE_ID
from forecast_cli.core.errors import CheckFailedError, ConfigError, OutputNotWrittenError
from forecast_cli.core.ledger import Status
from forecast_cli.core.progress import NullProgress, Progress
from forecast_cli.data.files.addresses import Address, Output
from forecast_cli.engine.outcomes import contract_failures
from forecast_cli.engine.shards import cpu_seconds, joining_seconds
from forecast_cli.engine.worker import forecast_shard
from forecast_cli.models.registry import finds_events
from forecast_cli.store.layout import ACCOUNTS, FORECASTS, RISK
from forecast_cli.store.learned_tables import learned_frames
from forecast_cli.store.manifest import FileEntry
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.state import validate_output
from forecast_cli.store.tables import write_table
from forecast_cli.workflows.places import open_finished_run, open_work_folder
from forecast_cli.workflows.preparing import Prepared, RunKind, prepare
from forecast_cli.workflows.reading import count_statuses, summarize_input
from forecast_cli.workflows.results import ForecastPlan, ForecastRequest, ForecastRun
from forecast_cli.workflows.running import execute
from forecast_cli.workflows.shard_tables import group_failures, merge_tables
from forecast_cli.workflows.summary import summarize_run

if TYPE_CHECKING:
    from forecast_cli.reports.run_metrics import Change

COMMAND = "forecast"


def run_forecast(request: ForecastRequest, progress: Progress | None = None) -> ForecastRun:
    """Forecast every account of the input and write the output folder, or resume an interrupted run.

    ``request`` names input, output and settings; ``progress`` receives stages and warnings. A finished run with the
    same input, settings and versions is left as it is. Returns the run as read back from its output.

    Raises InputRejectedError (before the first shard, or later if a file of the input changes), ConfigError,
    OutputConflictError, OutputBusyError, OutputNotWrittenError or WorkerLostError. Shards that were committed are kept.
    """
    progress = progress or NullProgress()
    with open_work_folder(request.output, request.settings.read_timeout) as place:
        place.refuse_if_held()
        prepared = prepare(RunKind(COMMAND), request, place, progress=progress, begins=True)
        finish = partial(_finish, previous=request.previous, warn=progress.warn)
        done = execute(
            prepared, forecast_shard, finish, force=request.force, progress=progress, meanwhile=_load_metrics
        )
        return summarize_run(request, prepared, done)


def plan_forecast(request: ForecastRequest) -> ForecastPlan:
    """Return what ``run_forecast`` would do, without writing anything.

    Raises the errors that ``run_forecast`` raises before its first shard.
    """
    with open_work_folder(request.output, request.settings.read_timeout) as place:
        prepared = prepare(RunKind(COMMAND), request, place)
        place.refuse_if_held()
        state, why = validate_output(place.contents, prepared.identity, force=request.force)
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
        holidays=prepared.settings.holidays if finds_events(prepared.models) else None,
        shards=len(prepared.shards),
        jobs=prepared.room.workers,
        cpu_seconds=cpu_seconds(prepared.models, ready) + joining_seconds(prepared.settings, ready),
        output_state=state,
        output_why=why,
        spill_bytes=prepared.spill_bytes,
        memory_bytes=prepared.room.limit,
        at_once=prepared.room.at_once,
    )


def _load_metrics() -> None:
    """Import the slow modules that only the end of a run needs."""
    import forecast_cli.workflows.run_metrics  # noqa: F401


def _finish(
    prepared: Prepared,
    receipts: Sequence[ShardReceipt],
    *,
    previous: Output | None,
    warn: Callable[[str], None],
) -> tuple[FileEntry, ...]:
    from forecast_cli.workflows.run_metrics import write_metrics_json

    names = [file.table for file in receipts[0].files if file.table != FORECASTS]
    tables = merge_tables(prepared.output, receipts, names)
    frames = {} if prepared.learned is None else learned_frames(prepared.learned)
    learned = tuple(write_table(frame, prepared.output, name) for name, frame in frames.items())
    change = _change(prepared, previous, warn) if previous else None
    return (*tables, *learned, write_metrics_json(prepared, receipts, change=change))


def _change(prepared: Prepared, previous: Output, warn: Callable[[str], None]) -> "Change | None":
    """Return the change against the previous run at ``previous``, None with a warning if it cannot be determined."""
    from forecast_cli.workflows.run_change import Side, find_previous, measure_change, settings_warning

    origin = prepared.contract.origin
    try:
        with open_finished_run(previous, reads=(ACCOUNTS, FORECASTS, RISK)) as folder:
            found = find_previous(folder, output=prepared.output, origin=origin.isoformat() if origin else None)
            if found is None:
                warn(f"--previous {previous}: holds no earlier forecast to compare with")
                return None
            this = Side(prepared.output, prepared.recorded_settings, prepared.identity["versions"])
            change = measure_change(found, this)
    except (CheckFailedError, ConfigError, OutputNotWrittenError) as error:
        warn(f"{error}; no change is reported; {error.hint}")
        return None
    if isinstance(previous, Address):
        before = change.previous.model_copy(update={"output": str(previous)})
        change = change.model_copy(update={"previous": before})
    if change.made_from:
        warn(settings_warning(change))
    return change
