"""Preparation of a run: the input is read and checked and the work is cut into shards; nothing is written."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from forecast_cli.config.choices import Executor
from forecast_cli.config.settings import Settings
from forecast_cli.core.columns import UNIQUE_ID
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.ledger import Status
from forecast_cli.core.machine import available_memory, usable_cores
from forecast_cli.core.progress import NullProgress, Progress, stage
from forecast_cli.data.contract.check import Contract
from forecast_cli.data.files.addresses import output_at
from forecast_cli.data.scan.amounts import validate_amounts
from forecast_cli.data.scan.order import is_scattered
from forecast_cli.engine.child_process import run_in_child_process
from forecast_cli.engine.environment import environment
from forecast_cli.engine.executors import refuse_missing_package
from forecast_cli.engine.learning import validate_candidates
from forecast_cli.engine.memory import Load, Room, find_room, is_tight, memory_limit, refuse_too_little, variables_for
from forecast_cli.engine.shards import Shard, choose_models, cut_shards, shard_size
from forecast_cli.engine.worker_pool import worker_context
from forecast_cli.evaluation.splits import extend_history
from forecast_cli.models.pooled.learned import Learned
from forecast_cli.models.recurring.calendar_doubts import calendar_doubts
from forecast_cli.models.registry import ModelChoice, finds_events, learns
from forecast_cli.store.fingerprint import fingerprint, identity
from forecast_cli.store.layout import REPORTED
from forecast_cli.store.state import OutputState, inspect_output
from forecast_cli.workflows.fitted import read_fitted, refuse_to_replace_fitted
from forecast_cli.workflows.overlap import refuse_unusable_output
from forecast_cli.workflows.places import Place
from forecast_cli.workflows.reading import CheckedInput, check_input_for_run, require_valid_input
from forecast_cli.workflows.results import ForecastRequest


@dataclass(frozen=True)
class Prepared:
    """A run that is ready to start: the input is checked, the work is cut into shards, the output is unchanged.

    ``settings`` are those of the request, with enough history for forecasts made ``back`` days before each origin, of
    accounts with ``shortest`` days or more.
    ``learned`` is what was learned from all accounts, if a model needs it; with ``--fitted`` it is set from the start.
    """

    command: str
    place: Place
    settings: Settings
    checked: CheckedInput
    models: tuple[ModelChoice, ...]
    shards: tuple[Shard, ...]
    identity: dict[str, Any]
    started: float
    room: Room
    back: tuple[int, ...]
    shortest: int
    learned: Learned | None

    @property
    def output(self) -> Path:
        """Return the folder that the run works in."""
        return self.place.folder

    @property
    def contract(self) -> Contract:
        """Return the contract of the input."""
        return require_valid_input(self.checked)

    @property
    def spill_bytes(self) -> int | None:
        """Return the most bytes on disk that sorting the rows by account takes; None if they need no sorting."""
        source, ranges = self.checked.source, ((shard.first_id, shard.last_id) for shard in self.shards)
        if not is_scattered(source, self.settings.id_col, ranges):
            return None
        from forecast_cli.store.spill import spill_bytes  # pyarrow is heavy

        return spill_bytes(source, self.settings)

    @property
    def recorded_settings(self) -> dict[str, Any]:
        """Return the settings that the manifest records: those of the request that affect what is written."""
        fitted = self.settings.fitted
        return {**self.identity["settings"], **({"fitted": str(output_at(fitted))} if fitted else {})}

    @property
    def fingerprint(self) -> str:
        """Return the hash of everything that affects the run's numbers."""
        return fingerprint(self.identity)


@dataclass(frozen=True)
class RunKind:
    """What a run does: its ``command``, and the days before each account's origin from which it forecasts (``back``).

    ``shortest`` is the fewest days of history of an account that it forecasts. ``models`` are those that run, None for
    those of the settings. ``made_of`` is what the run is made from beside input and settings; the manifest records it
    among these.
    """

    command: str
    back: tuple[int, ...] = (0,)
    shortest: int = 1
    models: tuple[ModelChoice, ...] | None = None
    made_of: Mapping[str, Any] = field(default_factory=dict)


def prepare(
    kind: RunKind, request: ForecastRequest, place: Place, *, progress: Progress | None = None, begins: bool = False
) -> Prepared:
    """Read and check the input and cut the work into shards, for a run that works in ``place``. Nothing is written.

    With ``begins`` the run starts after this call: the process that workers are forked from is started first, and lasts
    as long as this process.

    Raises InputRejectedError, ConfigError (also if the remaining work does not fit into ``--memory``), and
    OutputConflictError if the output lies inside the input or another run, or its name cannot be used.
    """
    started, back, progress = time.monotonic(), kind.back, progress or NullProgress()
    settings = extend_history(request.settings, days_back=max(back))
    models = choose_models(settings) if kind.models is None else kind.models
    validate_candidates(settings)
    refuse_missing_package(settings.executor)
    if request.force:
        refuse_to_replace_fitted(settings, request.output)
    learned, hash_of_learned = read_fitted(settings, models)
    refuse_unusable_output(request.input, request.output)
    limit, workers = memory_limit(settings, available_memory()), settings.jobs or usable_cores()
    if begins and not is_tight(limit):
        _begin_workers(settings, models, variables_for(limit, workers))
    checked = _check(request.input, settings, workers, tight=is_tight(limit), progress=progress)
    contract = require_valid_input(checked)
    last_day = _last_day(contract, days_ahead=settings.horizon - min(back))
    _warn_of_calendar(settings, models, last_day, progress)
    validate_amounts(checked.source, settings)
    ids = contract.ledger.get_column(UNIQUE_ID)
    shards = cut_shards(ids, shard_size(settings, models, ids.n_unique(), times=len(back)))
    load = _load(contract, shards, settings, kind)
    made_from = identity(kind.command, checked.source, request.settings, learned=hash_of_learned)
    made_from["settings"] |= kind.made_of
    try:
        refuse_too_little(settings, models, load)
    except ConfigError:  # a finished run is not repeated, so it needs no memory
        if request.force or inspect_output(place.contents, made_from)[0] is not OutputState.FINISHED:
            raise
    return Prepared(
        command=kind.command,
        place=place,
        settings=settings,
        checked=checked,
        models=models,
        shards=shards,
        identity=made_from,
        started=started,
        room=find_room(models, load, workers=workers, limit=limit),
        back=back,
        shortest=kind.shortest,
        learned=learned,
    )


def _begin_workers(settings: Settings, models: Sequence[ModelChoice], variables: Mapping[str, str]) -> None:
    """Start the process that workers are forked from, so that its imports overlap with the check of the input.

    It gets the environment ``variables``. With another executor, only learning needs it. An OSError is ignored here: it
    is raised again when workers are needed.
    """
    to_learn = settings.fitted is None and learns(models)
    if settings.executor is Executor.LOCAL or to_learn:
        with suppress(OSError), environment(variables):
            worker_context(models, learns=to_learn)


def _last_day(contract: Contract, *, days_ahead: int) -> date | None:
    """Return the last day to forecast, which is ``days_ahead`` of the last origin; None if there is no origin.

    Raises ConfigError if the calendar has no such day.
    """
    origin = contract.origin or contract.ledger.filter(status=Status.OK.value)["last"].max()
    if not isinstance(origin, date):
        return None
    try:
        return origin + timedelta(days=days_ahead)
    except OverflowError:
        raise ConfigError(
            f"{days_ahead} days ahead from {origin} is after {date.max}, the last day of the calendar",
            "set an earlier --latest-date, so that impossible dates are left out, or an earlier --as-of",
        ) from None


def _warn_of_calendar(
    settings: Settings, models: Sequence[ModelChoice], last_day: date | None, progress: Progress
) -> None:
    """Warn of doubts about the calendar that moves payments up to ``last_day``, if a model uses it."""
    if last_day is not None and finds_events(models):
        for doubt in calendar_doubts(settings.holidays, last_day.year):
            progress.warn(doubt)


def _check(path: str, settings: Settings, workers: int, *, tight: bool, progress: Progress) -> CheckedInput:
    """Check the input against the contract; if memory is ``tight``, in a child process, so that its memory is freed."""
    with stage(progress, "Checking the input"):
        if tight:
            return run_in_child_process("checking the input", check_input_for_run, path, settings)
        return check_input_for_run(path, settings, threads=workers)


def _load(contract: Contract, shards: Sequence[Shard], settings: Settings, kind: RunKind) -> Load:
    """Return the size of the run, for the estimate of its memory."""
    return Load(
        accounts=contract.ledger.height,
        shard=max((shard.accounts for shard in shards), default=1),
        days=_longest(contract, settings),
        times=len(kind.back),
        ahead=settings.horizon,
        reports=kind.command in REPORTED,
    )


def _longest(contract: Contract, settings: Settings) -> int:
    """Return the number of days of the longest history in use."""
    days = contract.ledger.select(pl.col("last") - pl.col("first")).to_series().dt.total_days().max()
    return min(int(str(days)) + 1, settings.max_history) if days is not None else 1
