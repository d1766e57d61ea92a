"""Score workflow: what finished runs forecast, beside the balances that came since, in the tables of a backtest."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import polars as pl

from forecast_cli.config.choices import Origin
from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.core.errors import CheckFailedError, ConfigError, InputRejectedError
from forecast_cli.core.ids import mark_id
from forecast_cli.core.ledger import Status
from forecast_cli.core.progress import NullProgress, Progress
from forecast_cli.core.text import counted
from forecast_cli.data.files.addresses import Address, Output
from forecast_cli.data.scan.attributes import check_attributes
from forecast_cli.data.scan.canonical import key_columns
from forecast_cli.data.source import key_dtype_of
from forecast_cli.engine.published import PublishedRun
from forecast_cli.engine.score import score_shard
from forecast_cli.evaluation.sentences import DESCRIBED_LEVEL
from forecast_cli.store.find import raise_read_errors, runs_at
from forecast_cli.store.layout import ACCOUNTS, FAILURES, FORECASTS, MANIFEST, RISK
from forecast_cli.store.manifest import Manifest
from forecast_cli.store.parquet import scan_table
from forecast_cli.store.read import FIND_RUN, read_manifest
from forecast_cli.workflows.account_history import settings_of
from forecast_cli.workflows.backtest import BacktestRun, finish_scores, reserved_names, summarize_backtest
from forecast_cli.workflows.places import open_finished_run, open_work_folder
from forecast_cli.workflows.preparing import Prepared, RunKind, prepare
from forecast_cli.workflows.report import start_chart_engine
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.run_tables import RunTables, tables_of
from forecast_cli.workflows.running import execute

COMMAND: Final = "score"

_READS: Final = (FORECASTS, RISK, ACCOUNTS, FAILURES)
#: Settings that all scored forecasts must share: what was forecast, and how their input was read.
_SHARED: Final = (
    *("id_col", "date_col", "balance_col", "currency_col", "timezone"),
    *("model", "horizon", "level", "threshold"),
)
#: Settings of the scoring itself; all others are those of the forecasts.
_OWN: Final = (
    *("scale_lag", "segment", "shard_size", "max_failed", "jobs", "memory", "mode"),
    *("require_success", "read_timeout"),
)


@dataclass(frozen=True)
class ScoreRequest:
    """Request to score ``forecasts`` by the balances in ``input``, and to write the tables to ``output``.

    Each of ``forecasts`` is the output of a finished forecast, or a folder that holds such outputs. ``settings`` say
    how to run; what was forecast, and how the input is read, is as in the forecasts. ``force`` repeats a finished
    score, and replaces a run with other input or settings.
    """

    input: str
    forecasts: tuple[Output, ...]
    output: Output
    settings: Settings
    force: bool = False


def run_score(request: ScoreRequest, progress: Progress | None = None) -> BacktestRun:
    """Score finished forecasts and write the output folder, or resume an interrupted run.

    Returns the run as read back from its output, in the form of a backtest.

    Raises what ``run_forecast`` raises; CheckFailedError also for a forecast that is unfinished or damaged,
    OutputConflictError for a run that is no forecast, and ConfigError for forecasts that cannot be scored together.
    Shards that were committed are kept.
    """
    progress = progress or NullProgress()
    with ExitStack() as opened:
        runs = [
            tables_of(opened.enter_context(open_finished_run(found, _READS)))
            for one in dict.fromkeys(request.forecasts)
            for found in _runs_of(one)
        ]
        runs.sort(key=lambda run: run.manifest.recency)
        _refuse_unlike(runs)
        for run in runs:
            run.refuse_damaged(run.paths(*_READS))
        settings = _settings(runs[0].manifest, request.settings)
        published = tuple(_published(run) for run in runs)
        place = opened.enter_context(open_work_folder(request.output, settings.read_timeout))
        place.refuse_if_held()
        made_of = {"forecasts": [f"{run.manifest.recency[0]} {run.manifest.fingerprint[:12]}" for run in runs]}
        kind = RunKind(COMMAND, (settings.horizon,) * len(runs), models=(), made_of=made_of)
        read = ForecastRequest(request.input, request.output, settings, request.force)
        with _saying_which_columns(settings):
            prepared = prepare(kind, read, place, progress=progress, begins=True)
        _refuse_other_ids(runs, prepared)
        _warn_of_absent(runs, prepared, progress)
        check_attributes(prepared.checked.source, prepared.settings, reserved_names(prepared))
        done = execute(
            prepared,
            partial(score_shard, runs=published),
            finish_scores,
            force=request.force,
            progress=progress,
            meanwhile=start_chart_engine,
        )
        return summarize_backtest(request.output, request.settings, prepared, done)


@contextmanager
def _saying_which_columns(settings: Settings) -> Iterator[None]:
    """Let an error about a column of the input say that the forecasts, and no option, name the columns."""
    try:
        yield
    except InputRejectedError as error:
        if error.hint and "-col" in error.hint:
            error.hint = (
                f"the columns have the names that the forecasts were made with: {', '.join(settings.named_columns)}"
            )
        raise


def _runs_of(forecast: Output) -> list[Output]:
    """Return the forecast itself, or the finished forecasts in the folders directly below it."""
    if isinstance(forecast, Address):
        return [forecast]
    with raise_read_errors(forecast):
        if not forecast.is_dir():
            return [forecast]
        found = runs_at(forecast)
    if found == [forecast]:
        return [forecast]
    finished = [folder for folder in found if (folder / MANIFEST).is_file() and _is_forecast(folder)]
    if not finished:
        raise CheckFailedError(f"{forecast}: holds no finished forecast", FIND_RUN)
    return [*finished]


def _is_forecast(folder: Path) -> bool:
    return read_manifest(folder).command == "forecast"


def _refuse_unlike(runs: Sequence[RunTables]) -> None:
    """Raise ConfigError for forecasts that do not go together, and for one without the interval that is described."""
    first, seen = runs[0], dict[str, Path]()
    for run in runs:
        for name in _SHARED:
            one, other = first.manifest.settings.get(name), run.manifest.settings.get(name)
            if one != other:
                raise ConfigError(
                    f"{run.output}: forecast with {name} {_shown(other)}, {first.output} with {_shown(one)}",
                    "score them into outputs of their own",
                )
        origin = run.manifest.input.origin or run.manifest.fingerprint
        if origin in seen:
            raise ConfigError(
                f"{run.output}: a second forecast from {origin}, beside {seen[origin]}",
                "name one forecast of each day",
            )
        seen[origin] = run.output
    if DESCRIBED_LEVEL not in first.manifest.settings["level"]:
        raise ConfigError(
            f"{first.output}: has no {DESCRIBED_LEVEL:g} % intervals, from which the scaled CRPS is computed",
            f"forecast with --level {DESCRIBED_LEVEL:g} among the levels",
        )


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _settings(manifest: Manifest, own: Settings) -> Settings:
    """Return the settings that a forecast was made with, with ``own`` for the scoring."""
    kept: Mapping[str, Any] = {name: getattr(own, name) for name in _OWN}
    return settings_of(manifest).model_copy(update={**kept, "origin": Origin.INPUT, "as_of": None, "candidates": ()})


def _published(run: RunTables) -> PublishedRun:
    """Return where the tables of a run are; raises CheckFailedError for one of a version without low balances."""
    if not run.has(RISK):
        raise CheckFailedError(f"{run.output}: has no {RISK}", "forecast again with this version")
    return PublishedRun(
        forecasts=tuple(run.paths(FORECASTS)),
        risk=run.output / RISK,
        accounts=run.output / ACCOUNTS,
        failures=run.output / FAILURES,
    )


def _refuse_other_ids(runs: Sequence[RunTables], prepared: Prepared) -> None:
    """Raise ConfigError if account ids are of another type in a forecast than in the input."""
    source, id_col = prepared.checked.source, prepared.settings.id_col
    for run in runs:
        theirs = scan_table(run.output / ACCOUNTS).collect_schema()[id_col]
        if key_dtype_of(theirs) != source.key_dtype:
            raise ConfigError(
                f"{run.output}: '{id_col}' is {theirs}, but {source.id_dtype} in {source.root}",
                "give the balances with account ids of the type that the forecast has",
            )


def _warn_of_absent(runs: Sequence[RunTables], prepared: Prepared, progress: Progress) -> None:
    """Warn of accounts that were forecast and are not in the input: no row of a table can stand for them."""
    keys, ledger = key_columns(prepared.settings), prepared.contract.ledger
    names = dict(zip(prepared.settings.key_columns, keys, strict=True))
    then = pl.concat(
        scan_table(run.output / ACCOUNTS)
        .filter(pl.col("status").is_in([Status.OK, Status.FALLBACK]))
        .select(*names)
        .rename(names)
        .with_columns(pl.col(c.UNIQUE_ID).cast(prepared.checked.source.key_dtype))
        for run in runs
    )
    absent = then.unique().collect().join(ledger, on=keys, how="anti").sort(keys)
    if absent.height:
        progress.warn(
            f"{counted(absent.height, 'account')} of the forecasts, such as {mark_id(absent[c.UNIQUE_ID][0])}, cannot "
            f"be scored: no rows in {prepared.checked.source.root}"
        )
