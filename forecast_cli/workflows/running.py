"""Execution of a run over shards: does the missing shards, merges their tables and writes the manifest."""

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import polars as pl

from forecast_cli.config.choices import Executor
from forecast_cli.core.columns import UNIQUE_ID
from forecast_cli.core.machine import release_memory
from forecast_cli.core.progress import Progress, stage
from forecast_cli.core.text import counted
from forecast_cli.data.findings import Action, message_at
from forecast_cli.data.source import Source
from forecast_cli.engine.child_process import run_in_child_process
from forecast_cli.engine.compiling import compile_loops, compiled_modules
from forecast_cli.engine.environment import environment
from forecast_cli.engine.executors import open_executor
from forecast_cli.engine.learning import learn_from, select_learning_columns
from forecast_cli.engine.shards import Job, Work
from forecast_cli.engine.tables import to_user_columns
from forecast_cli.engine.worker_pool import worker_context
from forecast_cli.models.pooled.learned import Learned
from forecast_cli.models.registry import learns
from forecast_cli.store.layout import ACCOUNTS, FAILURES
from forecast_cli.store.manifest import FileEntry, FindingRecord, InputRecord, Manifest
from forecast_cli.store.permissions import created_with
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.run_folder import RunFolder
from forecast_cli.store.state import OutputState
from forecast_cli.store.tables import read_back
from forecast_cli.workflows.preparing import Prepared
from forecast_cli.workflows.reading import CheckedInput, count_statuses, summarize_input
from forecast_cli.workflows.shard_tables import part_entries

#: Description of each command's main stage, as progress shows it.
_DOING: Final = {"forecast": "Forecasting", "backtest": "Replaying", "score": "Scoring"}
#: Writes the merged tables of a run and returns their manifest entries.
Finish = Callable[[Prepared, Sequence[ShardReceipt]], tuple[FileEntry, ...]]


@dataclass(frozen=True)
class Executed:
    """How a run was done: whether a finished run was reused, and how many shards were already committed."""

    reused: bool
    shards_resumed: int


def execute(
    prepared: Prepared,
    work: Work,
    finish: Finish,
    *,
    force: bool,
    progress: Progress,
    meanwhile: Callable[[], None],
) -> Executed:
    """Do the shards that are missing, then merge the tables and write the manifest. A finished run is left as it is.

    ``work`` does one shard in a worker; ``finish`` writes the merged tables. ``meanwhile`` prepares what ``finish``
    needs, in a thread, while this process waits for the workers; if it fails, ``finish`` does it again.

    Raises OutputConflictError, OutputBusyError, OutputNotWrittenError, InputRejectedError or WorkerLostError. Shards
    that were committed are kept.
    """
    _pass_on_warnings(prepared.checked, progress)
    with (
        created_with(int(prepared.settings.mode, 8)),
        prepared.place.open(prepared.identity, force=force, warn=progress.warn) as (run, state),
    ):
        if state is OutputState.FINISHED:
            return Executed(reused=True, shards_resumed=0)
        if state is OutputState.DAMAGED:
            progress.warn(f"{prepared.place}: files of the finished run are missing or damaged, so it is done again")
        done = run.resume()
        missing = [shard for shard in prepared.shards if shard.index not in done]
        executor = prepared.settings.executor if missing else Executor.LOCAL
        job = Job(prepared.checked.source, prepared.settings, prepared.contract.origin, run.staging, work)
        with environment(prepared.room.variables), open_executor(executor, job, progress) as run_shards:
            source = _sort_if_scattered(prepared, run, progress) if missing else job.source
            release_memory()
            if missing and prepared.room.is_tight and executor is Executor.LOCAL:
                with stage(progress, "Compiling"):
                    run_in_child_process("compiling", compile_loops, compiled_modules(prepared.models))
            prepared = replace(prepared, learned=_learn(prepared, source, progress))
            job = replace(job, source=source, learned=prepared.learned)
            release_memory()
            with ThreadPoolExecutor(max_workers=1) as thread:
                if missing:
                    thread.submit(meanwhile)
                finished = run_shards(job, missing, room=prepared.room, warn=progress.warn)
                receipts = _commit_finished(prepared, run, finished, done=list(done.values()), progress=progress)
        _warn_of_repeated_blocks(receipts, progress)
        run.refuse_if_replaced()
        with stage(progress, "Writing the tables"):
            run.finish(_make_manifest(prepared, receipts, finish(prepared, receipts)))
        return Executed(reused=False, shards_resumed=len(done))


def _sort_if_scattered(prepared: Prepared, run: RunFolder, progress: Progress) -> Source:
    """Return the input, or, if its rows need sorting, the same sorted by account, in files inside the run's folder."""
    if prepared.spill_bytes is None:
        return prepared.checked.source
    from forecast_cli.store.spill import spill

    ids = prepared.contract.ledger[UNIQUE_ID].unique().sort()
    with stage(progress, "Sorting the input by account", prepared.checked.source.rows, "row"):
        return spill(prepared.checked.source, prepared.settings, ids, run.spill, advance=progress.advance)


def _learn(prepared: Prepared, source: Source, progress: Progress) -> Learned | None:
    """Return what was learned from all accounts, now or by an earlier run; None if no model needs it."""
    if prepared.learned is not None or not learns(prepared.models):
        return prepared.learned
    settings = prepared.settings
    threads = 1 if prepared.room.is_tight else prepared.room.workers
    with stage(progress, "Learning from the past"):
        contract, shortest = select_learning_columns(prepared.contract), prepared.shortest
        arguments = (source, settings, contract, prepared.back, shortest, threads)
        context = None if prepared.room.is_tight else worker_context(prepared.models, learns=True)
        return run_in_child_process("learning", learn_from, *arguments, context=context)


def _pass_on_warnings(checked: CheckedInput, progress: Progress) -> None:
    for finding in checked.findings:
        if finding.action in (Action.WARN, Action.QUARANTINE):
            hint = f"; {finding.hint}" if finding.hint else ""
            progress.warn(f"{message_at(finding, checked.source.root)}{hint}")


def _commit_finished(
    prepared: Prepared,
    run: RunFolder,
    finished: Generator[ShardReceipt],
    *,
    done: Sequence[ShardReceipt],
    progress: Progress,
) -> list[ShardReceipt]:
    """Commit each shard when it is ``finished``, and return all receipts, in the order of shards."""
    accounts, receipts = sum(shard.accounts for shard in prepared.shards), list(done)
    with stage(progress, _DOING[prepared.command], accounts), closing(finished):
        progress.advance(sum(receipt.accounts for receipt in done))
        for receipt in finished:
            run.commit(receipt)
            receipts.append(receipt)
            progress.advance(receipt.accounts)
    return sorted(receipts, key=lambda receipt: receipt.index)


def _warn_of_repeated_blocks(receipts: Sequence[ShardReceipt], progress: Progress) -> None:
    """Warn about blocks that were repeated account by account: otherwise only the longer run time would show it."""
    errors = [error for receipt in receipts for error in receipt.taken_apart]
    if errors:
        progress.warn(
            f"{counted(len(errors), 'block')} of accounts: a model raised {', '.join(sorted(set(errors)))} and was "
            f"run again one account at a time, which is many times slower; accounts it fails for are in {FAILURES}"
        )


def _make_manifest(prepared: Prepared, receipts: Sequence[ShardReceipt], tables: tuple[FileEntry, ...]) -> Manifest:
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
