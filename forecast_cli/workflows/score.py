"""Score workflow: what finished runs forecast, beside the balances that came since, in the tables of a backtest."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Final

import polars as pl

from forecast_cli.config.choices import Origin
from forecast_cli.config.settings import Settings
from forecast_cli.config.thresholds import threshold_columns
from forecast_cli.core import columns as c
from forecast_cli.core.errors import OutputConflictError
from forecast_cli.core.ids import mark_id
from forecast_cli.core.progress import NullProgress, Progress
from forecast_cli.core.text import counted
from forecast_cli.data.contract.tally import show_keys
from forecast_cli.data.files.addresses import Output
from forecast_cli.engine.score import score_shard
from forecast_cli.evaluation.report import Absent
from forecast_cli.evaluation.splits import extend_history
from forecast_cli.store.manifest import Manifest
from forecast_cli.workflows.backtest import BacktestRun, score_windows
from forecast_cli.workflows.places import open_finished_run, open_work_folder, place_of
from forecast_cli.workflows.preparing import Prepared, RunKind, prepare
from forecast_cli.workflows.published_runs import (
    READ,
    absent_accounts,
    find_forecasts,
    first_origin,
    published_files,
    refuse_other_ids,
    refuse_unlike,
)
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.run_tables import common_origin, saying_whose_settings, settings_of, tables_of

COMMAND: Final = "score"

#: No account is too old: what became of one whose rows have ended counts as long as it is known.
_NEVER_STALE: Final = 1_000_000
#: Absent accounts that a report names.
_EXAMPLES: Final = 3
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
        forecasts = find_forecasts(request.forecasts)
        if place_of(request.output) in map(place_of, forecasts):
            raise OutputConflictError(
                f"{request.output}: is one of the forecasts to score", "name another --output for the score"
            )
        runs = [tables_of(opened.enter_context(open_finished_run(found, READ))) for found in forecasts]
        runs.sort(key=lambda run: run.manifest.recency)
        refuse_unlike(runs)
        published = tuple(map(published_files, runs))
        settings = _settings(runs[-1].manifest, request.settings)
        place = opened.enter_context(open_work_folder(request.output, settings.read_timeout))
        place.refuse_if_held()
        made_of = {"forecasts": [f"{common_origin(run) or ''} {run.manifest.fingerprint[:12]}".strip() for run in runs]}
        kind = RunKind(COMMAND, (settings.horizon,) * len(runs), models=(), made_of=made_of)
        read = ForecastRequest(request.input, request.output, settings, request.force)
        with saying_whose_settings(settings):
            prepared = prepare(kind, read, place, progress=progress, begins=True)
        refuse_other_ids(runs, prepared)
        absent = absent_accounts(runs, prepared)
        _warn_of(absent, prepared, progress)
        prepared = replace(prepared, settings=_reading_back_to(first_origin(runs), prepared))
        work = partial(score_shard, runs=published, longest=settings.max_history)
        gone = Absent(accounts=absent.height, examples=show_keys(absent.head(_EXAMPLES)))
        return score_windows(prepared, work, request.output, force=request.force, progress=progress, absent=gone)


def _settings(manifest: Manifest, own: Settings) -> Settings:
    """Return the settings that a forecast was made with, with ``own`` for the scoring.

    Thresholds that are columns are left out: the input need not have them, because amounts were published.
    """
    theirs = settings_of(manifest)
    columns = threshold_columns(theirs.threshold)
    changed: Mapping[str, Any] = {
        "origin": Origin.INPUT,
        "as_of": None,
        "max_stale": _NEVER_STALE,
        "candidates": (),
        "threshold": tuple(name for name in theirs.threshold if name not in columns),
    }
    return theirs.model_copy(update={**{name: getattr(own, name) for name in _OWN}, **changed})


def _reading_back_to(first: date | None, prepared: Prepared) -> Settings:
    """Return the settings with which as much history is read before the ``first`` origin as a forecast used."""
    last = prepared.contract.origin
    back = (last - first).days if last and first else 0
    return extend_history(prepared.settings, days_back=max(back - prepared.settings.horizon, 0))


def _warn_of(absent: pl.DataFrame, prepared: Prepared, progress: Progress) -> None:
    """Warn of accounts that were forecast and are not in the input, before a score that is long begins."""
    if absent.height:
        progress.warn(
            f"{counted(absent.height, 'account')} of the forecasts, such as {mark_id(absent[c.UNIQUE_ID][0])}, "
            f"cannot be scored: no rows in {prepared.checked.source.root}"
        )
