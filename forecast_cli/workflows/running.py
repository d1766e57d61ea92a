"""What every run over shards has in common: read and check, cut, do what is missing, end with the manifest."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core.columns import UNIQUE_ID
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.freed import give_back_memory
from forecast_cli.core.progress import NullProgress, Progress
from forecast_cli.core.text import counted
from forecast_cli.data.contract.check import Contract
from forecast_cli.data.findings import Action, Finding
from forecast_cli.data.scan.amounts import check_amounts
from forecast_cli.data.scan.order import is_scattered
from forecast_cli.data.source import Source
from forecast_cli.engine.apart import run_apart
from forecast_cli.engine.compiling import compile_loops, compiled_modules
from forecast_cli.engine.crew import worker_context
from forecast_cli.engine.environment import environment
from forecast_cli.engine.learning import accounts_taught, check_limit, learn_from
from forecast_cli.engine.local import run_shards
from forecast_cli.engine.memory import Load, Room, find_room, is_tight, memory_limit, refuse_too_little
from forecast_cli.engine.shards import Job, Shard, Work, choose_candidates, choose_models, cut_shards, shard_size
from forecast_cli.engine.tables import to_edge
from forecast_cli.models.pooled.learned import Learned
from forecast_cli.models.registry import ModelChoice, learns
from forecast_cli.store.atomic import read_back
from forecast_cli.store.fingerprint import fingerprint, identity, versions
from forecast_cli.store.layout import ACCOUNTS, FAILURES
from forecast_cli.store.learned_tables import read_learned
from forecast_cli.store.machine import available_memory, usable_cores
from forecast_cli.store.manifest import FileEntry, FindingRecord, InputEntry, InputRecord, Manifest
from forecast_cli.store.permissions import created_with
from forecast_cli.store.run_folder import OutputState, RunFolder, ShardReceipt, is_finished, open_run
from forecast_cli.workflows.ledgers import part_entries
from forecast_cli.workflows.overlap import refuse_overlap, refuse_remote
from forecast_cli.workflows.reading import CheckedInput, accept, count_statuses, look_before_run, summarize_input
from forecast_cli.workflows.results import ForecastRequest

#: What a command is seen doing.
_DOING: Final = {"forecast": "Forecasting", "backtest": "Replaying"}


@dataclass(frozen=True)
class Prepared:
    """A run that is ready to start: the input checked, the work cut, the output not touched yet.

    Forecasts are made ``back`` days before each origin. ``learned`` is what all accounts taught, where a model asks.
    ``in_order`` is the input as it was put in order by account, where that was needed.
    """

    command: str
    output: Path
    settings: Settings
    checked: CheckedInput
    contract: Contract
    models: tuple[ModelChoice, ...]
    shards: tuple[Shard, ...]
    identity: dict[str, Any]
    started: float
    room: Room
    back: tuple[int, ...] = (0,)
    learned: Learned | None = None
    in_order: Source | None = None

    @property
    def source(self) -> Source:
        """Return what shards are read from."""
        return self.in_order or self.checked.source

    @property
    def spill_bytes(self) -> int | None:
        """Return the bytes on disk that putting the rows in order takes, at most; None where they need not be."""
        source, ranges = self.checked.source, ((shard.first_id, shard.last_id) for shard in self.shards)
        if not is_scattered(source, self.settings.id_col, ranges):
            return None
        from forecast_cli.store.spill import spill_bytes  # pyarrow is heavy

        return spill_bytes(source, self.settings)

    @property
    def fingerprint(self) -> str:
        """Return the hash of all that decides the run's numbers."""
        return fingerprint(self.identity)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Return the columns that tell accounts apart in the tables that are written, by the user's names."""
        currency = self.settings.currency_col
        return (self.settings.id_col,) if currency is None else (self.settings.id_col, currency)

    @property
    def workers(self) -> int:
        """Return the worker processes to use."""
        return self.room.workers


#: Writes the tables of a whole run from its shards' and returns their entries in the manifest.
Finish = Callable[[Prepared, RunFolder, Sequence[ShardReceipt]], tuple[FileEntry, ...]]


@dataclass(frozen=True)
class Executed:
    """How a run went: whether it had been finished before, and how many shards had been."""

    reused: bool
    shards_resumed: int


def prepare(
    command: str,
    request: ForecastRequest,
    *,
    back: tuple[int, ...] = (0,),
    progress: Progress | None = None,
    begins: bool = False,
) -> Prepared:
    """Read and check the input, cut the work: each account is forecast ``back`` days before its origin. Writes nothing.

    Where the run ``begins`` after it, what workers are made from is started first, and lasts as long as this process.
    Raises InputRejectedError, ConfigError, also where what is left to do does not fit into ``--memory``, and
    OutputConflictError where the output lies inside the input.
    """
    started, settings = time.monotonic(), request.settings
    models = choose_models(settings)
    check_limit(settings)
    refuse_remote(request.output)
    refuse_overlap(request.input, request.output)
    limit, workers = memory_limit(settings, available_memory()), settings.jobs or usable_cores()
    progress = progress or NullProgress()
    if begins and not is_tight(limit):
        _begin_workers(settings, models)
    progress.start("Looking at the input")
    checked = _look(request.input, settings, workers, tight=is_tight(limit))
    progress.finish()
    contract = accept(checked)
    check_amounts(checked.source, settings)
    ids = contract.ledger.get_column(UNIQUE_ID)
    shards = cut_shards(ids, shard_size(settings, models, ids.n_unique(), times=len(back)))
    load = Load(
        ids.len(), max((shard.accounts for shard in shards), default=1), _longest(contract, settings), len(back)
    )
    made_from = identity(command, checked.source, settings)
    if request.force or not is_finished(request.output, made_from, fingerprint(made_from)):
        refuse_too_little(settings, models, load)
    return Prepared(
        command=command,
        output=request.output,
        settings=settings,
        checked=checked,
        contract=contract,
        models=models,
        shards=shards,
        identity=made_from,
        started=started,
        room=find_room(models, load, workers=workers, limit=limit),
        back=back,
    )


def _begin_workers(settings: Settings, models: Sequence[ModelChoice]) -> None:
    """Start what workers are made from, so that it imports while the input is looked at.

    Where there is no room for it, that is told once workers are needed.
    """
    with suppress(OSError):
        worker_context(models, learns=settings.fitted is None and learns(models))


def _look(path: str, settings: Settings, workers: int, *, tight: bool) -> CheckedInput:
    """Hold the input against the contract; where memory is ``tight``, in a process that takes what it took with it."""
    if tight:
        return run_apart("looking at the input", look_before_run, path, settings)
    return look_before_run(path, settings, threads=workers)


def _longest(contract: Contract, settings: Settings) -> int:
    """Return the days of the longest history that is used."""
    days = contract.ledger.select(pl.col("last") - pl.col("first")).to_series().dt.total_days().max()
    return min(int(str(days)) + 1, settings.max_history) if days is not None else 1


def execute(
    prepared: Prepared,
    work: Work,
    finish: Finish,
    *,
    force: bool,
    progress: Progress,
    meanwhile: Callable[[], None] | None = None,
) -> Executed:
    """Do the shards that are not done yet and end with the manifest; leave a finished run alone.

    ``meanwhile`` gets ready what ``finish`` will need, beside the workers, while this process only waits for them.
    Raises OutputConflictError, OutputBusyError, OutputNotWrittenError or WorkerLostError; finished shards are kept.
    """
    _pass_on_warnings(prepared.checked.findings, progress)
    with (
        created_with(int(prepared.settings.mode, 8)),
        open_run(prepared.output, prepared.identity, prepared.fingerprint, force=force) as (run, state),
    ):
        if state is OutputState.FINISHED:
            return Executed(reused=True, shards_resumed=0)
        if state is OutputState.DAMAGED:
            progress.warn(f"{prepared.output}: files of the finished run are gone or cut short; it is done again")
        done = run.take_up()
        if len(done) < len(prepared.shards):
            prepared = replace(prepared, in_order=_put_in_order(prepared, run, progress))
        with environment(prepared.room.variables):
            give_back_memory()
            if prepared.room.is_tight and len(done) < len(prepared.shards):
                progress.start("Compiling")
                run_apart("compiling", compile_loops, compiled_modules(prepared.models))
                progress.finish()
            prepared = replace(prepared, learned=_learn(prepared, progress))
            give_back_memory()
            with _beside(meanwhile if len(done) < len(prepared.shards) else None):
                receipts = _run_missing(prepared, run, work, done=list(done.values()), progress=progress)
        _tell_taken_apart(receipts, progress)
        progress.start("Writing the tables")
        run.finish(_manifest(prepared, receipts, finish(prepared, run, receipts)))
        progress.finish()
        return Executed(reused=False, shards_resumed=len(done))


def _put_in_order(prepared: Prepared, run: RunFolder, progress: Progress) -> Source | None:
    """Return the input put in order by account in files of the run's own; None where it lies in order."""
    if prepared.spill_bytes is None:
        return None
    from forecast_cli.store.spill import spill

    ids = prepared.contract.ledger[UNIQUE_ID].unique().sort()
    progress.start("Putting rows in order", prepared.checked.source.rows)
    source = spill(prepared.checked.source, prepared.settings, ids, run.spill, advance=progress.advance)
    progress.finish()
    return source


def _learn(prepared: Prepared, progress: Progress) -> Learned | None:
    """Return what all accounts teach, or what an earlier run learned; None where no model asks for it."""
    if not learns(prepared.models):
        return None
    settings = prepared.settings
    if settings.fitted is not None:
        learned = read_learned(Path(settings.fitted), h=settings.horizon)
        _refuse_others(choose_candidates(settings), learned, settings.fitted)
        return learned
    progress.start("Learning from the past")
    threads = 1 if prepared.room.is_tight else prepared.workers
    given = (prepared.source, settings, accounts_taught(prepared.contract), prepared.back, threads)
    context = None if prepared.room.is_tight else worker_context(prepared.models, learns=True)
    learned = run_apart("learning", learn_from, *given, context=context)
    progress.finish()
    return learned


def _refuse_others(candidates: Sequence[ModelChoice], learned: Learned, fitted: str) -> None:
    """Raise ConfigError where ``candidates`` were not weighed by the run whose learned part is used."""
    missing = [one.label for one in candidates if one.name not in learned.candidates]
    if missing:
        raise ConfigError(
            f"--fitted {fitted}: candidates {', '.join(missing)} were not weighed there "
            f"({', '.join(learned.candidates) or 'none'} were)",
            "leave --candidates out, or learn anew without --fitted",
        )


@contextmanager
def _beside(work: Callable[[], None] | None) -> Iterator[None]:
    """Do ``work`` in a thread. No daemon: it may be in native code, which an ending interpreter must not cut off."""
    thread = threading.Thread(target=work) if work else None
    if thread:
        thread.start()
    yield
    if thread:
        thread.join()


def _pass_on_warnings(findings: Sequence[Finding], progress: Progress) -> None:
    for finding in findings:
        if finding.action in (Action.WARN, Action.QUARANTINE):
            hint = f"; {finding.hint}" if finding.hint else ""
            progress.warn(f"{finding.message} [{finding.rule}]{hint}")


def _run_missing(
    prepared: Prepared, run: RunFolder, work: Work, *, done: Sequence[ShardReceipt], progress: Progress
) -> list[ShardReceipt]:
    """Run the shards that are not committed yet, commit each as it comes, and return the receipts of all, in order."""
    known = {receipt.index for receipt in done}
    missing = [shard for shard in prepared.shards if shard.index not in known]
    job = Job(prepared.source, prepared.settings, prepared.contract.origin, run.staging, work, prepared.learned)
    progress.start(_DOING[prepared.command], sum(shard.accounts for shard in prepared.shards))
    progress.advance(sum(receipt.accounts for receipt in done))
    receipts, room = list(done), prepared.room
    with closing(run_shards(job, missing, jobs=room.workers, at_once=room.at_once, warn=progress.warn)) as finished:
        for receipt in finished:
            run.commit(receipt)
            receipts.append(receipt)
            progress.advance(receipt.accounts)
    progress.finish()
    return sorted(receipts, key=lambda receipt: receipt.index)


def _tell_taken_apart(receipts: Sequence[ShardReceipt], progress: Progress) -> None:
    """Say once what would else show in nothing but the time that a run takes."""
    errors = [error for receipt in receipts for error in receipt.taken_apart]
    if errors:
        progress.warn(
            f"a model raised over {counted(len(errors), 'block')} of accounts ({', '.join(sorted(set(errors)))}), done "
            "one account at a time instead: the same numbers, many times slower; accounts that raise by themselves "
            f"stand in {FAILURES}; where none does, please report it"
        )


def _manifest(prepared: Prepared, receipts: Sequence[ShardReceipt], tables: tuple[FileEntry, ...]) -> Manifest:
    parts = part_entries(receipts)
    accounts = read_back(prepared.output / ACCOUNTS)
    _account_for_everyone(prepared, accounts)
    return Manifest(
        command=prepared.command,
        fingerprint=prepared.fingerprint,
        versions=versions(),
        settings=prepared.settings.affecting_output(prepared.command),
        seed=prepared.settings.seed,
        input=_input_record(prepared.checked),
        accounts={status.value: count for status, count in count_statuses(accounts).items()},
        forecast_rows=sum(part.rows for part in parts),
        shards=len(prepared.shards),
        files=(*parts, *tables),
        findings=tuple(_finding_record(finding) for finding in prepared.checked.findings),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - prepared.started, 3),
        cpu_seconds=round(sum(receipt.cpu_seconds for receipt in receipts), 3),
    )


def _account_for_everyone(prepared: Prepared, accounts: pl.DataFrame) -> None:
    """Raise where the accounts that came out are not those that went in: a bug that must not end as a finished run."""
    went_in = to_edge(prepared.contract.ledger, prepared.checked.source, prepared.settings)
    keys = went_in.columns[: went_in.columns.index("status")]
    if not accounts.select(keys).equals(went_in.select(keys)):
        raise AssertionError(f"{went_in.height} accounts went in, {accounts.height} came out, and not the same ones")


def _input_record(checked: CheckedInput) -> InputRecord:
    summary = summarize_input(checked)
    return InputRecord(
        root=summary.root,
        files=tuple(
            InputEntry(path=file.path, rows=file.rows, bytes=file.size, sha256=file.sha256)
            for file in checked.source.files
        ),
        rows=summary.rows,
        accounts=summary.accounts,
        origin=summary.origin.isoformat() if summary.origin else None,
        verified=summary.verified,
    )


def _finding_record(finding: Finding) -> FindingRecord:
    return FindingRecord(
        rule=finding.rule,
        title=finding.title,
        action=finding.action.value,
        unit=finding.unit,
        count=finding.count,
        message=finding.message,
    )
