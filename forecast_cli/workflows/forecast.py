"""The main job: balances in, forecasts and an honest ledger out."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from forecast_cli.core.columns import UNIQUE_ID
from forecast_cli.core.errors import OutputConflictError
from forecast_cli.core.ledger import Status
from forecast_cli.core.progress import NullProgress, Progress
from forecast_cli.data.contract.check import Contract
from forecast_cli.data.findings import Action
from forecast_cli.data.scan.rows import assert_unchanged
from forecast_cli.engine.local import run_shards, usable_cores
from forecast_cli.engine.outcomes import contract_failures
from forecast_cli.engine.shards import Job, Shard, choose_models, cpu_seconds, cut_shards, shard_size
from forecast_cli.models.registry import ModelChoice
from forecast_cli.store.fingerprint import fingerprint, identity, versions
from forecast_cli.store.layout import ACCOUNTS
from forecast_cli.store.lock import refuse_if_held
from forecast_cli.store.manifest import FileEntry, FindingRecord, InputEntry, InputRecord, Manifest
from forecast_cli.store.read import read_manifest
from forecast_cli.store.run_folder import OutputState, RunFolder, ShardReceipt, look, open_run
from forecast_cli.workflows.ledgers import group_failures, part_entries, write_ledgers
from forecast_cli.workflows.reading import CheckedInput, accept, check_whole_input, count_statuses, summarize_input
from forecast_cli.workflows.results import ForecastPlan, ForecastRequest, ForecastRun
from forecast_cli.workflows.summary import summarize_run

COMMAND = "forecast"


@dataclass(frozen=True)
class _Prepared:
    """A run that is ready to start: the input checked, the work cut, the output not touched yet."""

    request: ForecastRequest
    checked: CheckedInput
    contract: Contract
    models: tuple[ModelChoice, ...]
    shards: tuple[Shard, ...]
    identity: dict[str, Any]
    started: float

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.identity)

    def job(self, staging: Path) -> Job:
        settings = self.request.settings
        return Job(self.checked.source, settings, self.contract.origin, staging)


def run_forecast(request: ForecastRequest, progress: Progress | None = None) -> ForecastRun:
    """Forecast every account of the input and write the output folder, or take up where a run was cut off.

    Raises InputRejectedError (nothing written), ConfigError, OutputConflictError, OutputBusyError,
    OutputNotWrittenError or WorkerLostError; finished shards are kept.
    """
    progress = progress or NullProgress()
    refuse_if_held(request.output)
    prepared = _prepare(request)
    for finding in prepared.checked.findings:
        if finding.action is Action.WARN:
            progress.warn(f"{finding.message} [{finding.rule}]")
    with open_run(request.output, prepared.identity, prepared.fingerprint, force=request.force) as (run, state):
        resumed = len(run.receipts())
        if state is not OutputState.FINISHED:
            receipts = _run_missing(prepared, run, progress)
            run.finish(_manifest(prepared, receipts, write_ledgers(request.output, receipts)))
        return summarize_run(
            request,
            read_manifest(request.output),
            prepared.checked.findings,
            reused=state is OutputState.FINISHED,
            shards_resumed=resumed,
            seconds=time.monotonic() - prepared.started,
        )


def plan_forecast(request: ForecastRequest) -> ForecastPlan:
    """Return what ``run_forecast`` would do, without writing anything. Raises what it would raise before it starts."""
    prepared = _prepare(request)
    state, why = look(request.output, prepared.identity, prepared.fingerprint)
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
        jobs=_workers(request),
        cpu_seconds=cpu_seconds(prepared.models, ready),
        output_state=f"{state}: {why}" if why else state.value,
    )


def _prepare(request: ForecastRequest) -> _Prepared:
    """Read and check the input, cut the work. Writes nothing."""
    started = time.monotonic()
    settings = request.settings
    models = choose_models(settings)
    _refuse_overlap(request)
    checked = check_whole_input(request.input, settings)
    contract = accept(checked)
    ids = contract.ledger.get_column(UNIQUE_ID)
    size = shard_size(settings, models, ids.n_unique())
    made_from = identity(COMMAND, checked.source, settings)
    return _Prepared(request, checked, contract, models, cut_shards(ids, size), made_from, started)


def _refuse_overlap(request: ForecastRequest) -> None:
    """Refuse an output inside the input, or the same folder: the next run would read its own forecasts."""
    if "://" in request.input:
        return
    source, output = Path(request.input).resolve(), request.output.resolve()
    if output == source or (source.is_dir() and source in output.parents):
        raise OutputConflictError(
            f"{request.output}: lies inside the input {request.input}; the next run would read its own forecasts",
            "name an --output outside the input",
        )


def _run_missing(prepared: _Prepared, run: RunFolder, progress: Progress) -> list[ShardReceipt]:
    """Run the shards that are not committed yet, commit each as it comes, and return the receipts of all."""
    done = run.receipts()
    missing = [shard for shard in prepared.shards if shard.index not in done]
    progress.start("Forecasting", sum(shard.accounts for shard in prepared.shards))
    progress.advance(sum(receipt.accounts for receipt in done.values()))
    receipts = list(done.values())
    for receipt in run_shards(prepared.job(run.staging), missing, jobs=_workers(prepared.request)):
        run.commit(receipt)
        receipts.append(receipt)
        progress.advance(receipt.accounts)
    assert_unchanged(prepared.checked.source)
    progress.finish()
    return receipts


def _workers(request: ForecastRequest) -> int:
    return request.settings.jobs or usable_cores()


def _manifest(prepared: _Prepared, receipts: list[ShardReceipt], ledgers: tuple[FileEntry, ...]) -> Manifest:
    settings, source = prepared.request.settings, prepared.checked.source
    parts = part_entries(receipts)
    accounts = pl.read_parquet(prepared.request.output / ACCOUNTS, columns=["status"])
    summary = summarize_input(prepared.checked)
    files = tuple(
        InputEntry(path=file.path, rows=file.rows, bytes=file.size, sha256=file.sha256) for file in source.files
    )
    return Manifest(
        command=COMMAND,
        fingerprint=prepared.fingerprint,
        versions=versions(),
        settings=settings.affecting_output(),
        seed=settings.seed,
        input=InputRecord(
            root=summary.root,
            files=files,
            rows=summary.rows,
            accounts=accounts.height,
            origin=summary.origin.isoformat() if summary.origin else None,
            verified=summary.verified,
        ),
        accounts={status.value: count for status, count in count_statuses(accounts).items()},
        forecast_rows=sum(part.rows for part in parts),
        shards=len(prepared.shards),
        files=(*parts, *ledgers),
        findings=tuple(
            FindingRecord(
                rule=finding.rule,
                title=finding.title,
                action=finding.action.value,
                unit=finding.unit,
                count=finding.count,
                message=finding.message,
            )
            for finding in prepared.checked.findings
        ),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - prepared.started, 3),
        cpu_seconds=round(sum(receipt.cpu_seconds for receipt in receipts), 3),
    )
