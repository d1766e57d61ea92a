"""Backtest workflow: forecasts the past of every account with every model, scores the forecasts and writes reports."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from forecast_cli.config.choices import Align, Origin
from forecast_cli.config.output_names import find_reserved_name
from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ledger import Status
from forecast_cli.core.progress import NullProgress, Progress
from forecast_cli.data.files.addresses import Output
from forecast_cli.data.scan.attributes import validate_attributes
from forecast_cli.engine.backtest import backtest_shard
from forecast_cli.engine.shards import Work, choose_models
from forecast_cli.evaluation.facts import BANDS
from forecast_cli.evaluation.metrics import metrics_of
from forecast_cli.evaluation.report import NO_ABSENT, Absent, Report
from forecast_cli.evaluation.rows import CUTOFF, N_TRAIN, SCALE, SCALE_RMS, SCORED_LEVELS
from forecast_cli.models.registry import validate_updatable
from forecast_cli.reports.report_json import read_report
from forecast_cli.store.layout import ACCOUNTS, FAILURES, LOW_BALANCE, SCORES, WINDOWS
from forecast_cli.store.manifest import FileEntry, Manifest, read_manifest
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.tables import read_back
from forecast_cli.workflows.backtest_report import REPORT_LEVELS, build_report
from forecast_cli.workflows.backtest_tables import write_figures
from forecast_cli.workflows.places import open_work_folder
from forecast_cli.workflows.preparing import Prepared, RunKind, prepare
from forecast_cli.workflows.report import REPORT_JSON, start_chart_engine, write_reports
from forecast_cli.workflows.results import FailureGroup, ForecastRequest, InputSummary, WrittenFile, exceeded
from forecast_cli.workflows.run_metrics import write_metrics_json
from forecast_cli.workflows.running import execute
from forecast_cli.workflows.shard_tables import group_failures, merge_tables
from forecast_cli.workflows.summary import list_files, summarize_source

COMMAND: Final = "backtest"


@dataclass(frozen=True)
class BacktestRun:
    """Result of a finished backtest, or of a finished score of forecasts.

    ``accounts`` counts all accounts of the input by status; ``report`` holds the scores. ``reused``: the output already
    held this finished run and was left as it is. ``shards_resumed``: how many of ``shards`` an interrupted run had
    already committed. ``seconds`` is wall time. ``failures`` counts an account once for all of its windows.
    """

    command: str
    output: Output
    input: InputSummary
    accounts: Mapping[Status, int]
    report: Report
    files: tuple[WrittenFile, ...]
    reused: bool
    shards: int
    shards_resumed: int
    seconds: float
    max_failed: int
    failures: tuple[FailureGroup, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Return ACCOUNTS_FAILED if more than ``max_failed`` accounts failed or no window could be scored, else OK."""
        failed = self.too_many or self.report.facts.compared_windows == 0
        return ExitCode.ACCOUNTS_FAILED if failed else ExitCode.OK

    @property
    def too_many(self) -> Mapping[Status, int]:
        """Return what ``exceeded`` returns for this run: accounts without enough history are ordinary in a backtest."""
        return exceeded(self.accounts, max_failed=self.max_failed)


def run_backtest(request: ForecastRequest, progress: Progress | None = None) -> BacktestRun:
    """Backtest every account of the input and write the output folder, or resume an interrupted run.

    ``request`` names input, output and settings; its ``previous`` is not used. ``progress`` receives stages and
    warnings. A finished run with the same input, settings and versions is left as it is. Returns the run as read back
    from its output.

    Raises what ``run_forecast`` raises, and ConfigError also for a segment column that does not exist or has the name
    of a column of the windows, for a model that cannot be updated with newer balances if ``refit`` is above 1, and for
    what ``backtest_settings`` rejects. Shards that were committed are kept.
    """
    settings = backtest_settings(request.settings)
    if settings.refit > 1:
        validate_updatable(choose_models(settings))
    progress = progress or NullProgress()
    replayed = replace(request, settings=settings)
    with open_work_folder(request.output, settings.read_timeout) as place:
        place.refuse_if_held()
        made_of = {REPORT_LEVELS: list(request.settings.level)}
        kind = RunKind(COMMAND, cutoffs_back(settings), settings.min_train, made_of=made_of)
        prepared = prepare(kind, replayed, place, progress=progress, begins=True)
        return score_windows(prepared, backtest_shard, request.output, force=request.force, progress=progress)


def score_windows(
    prepared: Prepared,
    work: Work,
    output: Output,
    *,
    force: bool,
    progress: Progress,
    absent: Absent = NO_ABSENT,
) -> BacktestRun:
    """Do the shards of a run whose ``work`` scores windows, write its reports, and return the run as read back.

    ``absent`` are the accounts that a score is missing.

    Raises what ``execute`` raises, and ConfigError for a segment column that cannot be one.
    """
    settings = prepared.settings
    validate_attributes(prepared.checked.source, settings, _reserved_names(settings))
    finish = partial(_finish, absent=absent)
    done = execute(prepared, work, finish, force=force, progress=progress, meanwhile=start_chart_engine)
    manifest = read_manifest(prepared.output)
    return BacktestRun(
        command=manifest.command,
        output=output,
        input=summarize_source(manifest),
        accounts={status: manifest.accounts.get(status.value, 0) for status in Status},
        report=read_report((prepared.output / REPORT_JSON).read_text(encoding="utf-8")),
        files=list_files(manifest, prepared.output),
        reused=done.reused,
        shards=manifest.shards,
        shards_resumed=done.shards_resumed,
        seconds=time.monotonic() - prepared.started,
        max_failed=settings.max_failed,
        failures=_failures(prepared, manifest),
    )


def _failures(prepared: Prepared, manifest: Manifest) -> tuple[FailureGroup, ...]:
    """Return the failures of accounts, each once however many of its windows failed for one reason."""
    once = (*prepared.settings.key_columns, "status", c.MODEL, "model_used", "error")
    failures = read_back(prepared.output / FAILURES).unique(once, maintain_order=True)
    return group_failures(failures, manifest.settings["id_col"])


def backtest_settings(settings: Settings) -> Settings:
    """Return the settings that a backtest forecasts with: the levels needed for scores, and the origin by ``align``.

    Raises ConfigError if a column of the input has the name of one of these levels or of a metric.
    """
    levels = tuple(sorted({*settings.level, *SCORED_LEVELS}))
    taken = find_reserved_name(
        settings.id_col,
        settings.date_col,
        currency_col=settings.currency_col,
        levels=levels,
        metrics=metrics_of(levels),
    )
    if taken is not None:
        raise ConfigError(taken, "a backtest writes a column for each metric, and intervals at the levels 20 to 80")
    origin = Origin.ACCOUNT if settings.align is Align.ACCOUNT else Origin.INPUT
    return settings.model_copy(update={"level": levels, "origin": origin, "fitted": None})


def cutoffs_back(settings: Settings) -> tuple[int, ...]:
    """Return the distance of each window's cutoff from the account's origin, in days."""
    return tuple(window * settings.step for window in range(1, settings.windows + 1))


def _reserved_names(settings: Settings) -> set[str]:
    """Return the names that a segment cannot have: the columns of the windows, internal and written ones."""
    keys = {c.UNIQUE_ID, c.DS, settings.id_col}
    if settings.currency_col not in (None, c.CURRENCY):
        keys.add(c.CURRENCY)
    return {*BANDS, *keys, CUTOFF, N_TRAIN, SCALE, SCALE_RMS}


def _finish(prepared: Prepared, receipts: Sequence[ShardReceipt], *, absent: Absent) -> tuple[FileEntry, ...]:
    """Write the tables of the whole run, its scores and its reports, and return their manifest entries."""
    output = prepared.output
    tables = merge_tables(output, receipts, (ACCOUNTS, FAILURES, WINDOWS, SCORES, LOW_BALANCE))
    report = build_report(prepared, receipts, absent=absent)
    figures = (*write_figures(report, output), *write_reports(report, output))
    return (*tables, *figures, write_metrics_json(prepared, receipts, report=report))
