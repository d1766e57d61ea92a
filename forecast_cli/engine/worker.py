"""The worker functions: one shard of a job, from input files to staged files. The same shard gives the same bytes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from forecast_cli.core.ledger import Flag
from forecast_cli.core.machine import release_memory
from forecast_cli.data.panel import Panel
from forecast_cli.data.scan.statistics import reject_wrong_statistics
from forecast_cli.data.scan.unchanged import assert_unchanged
from forecast_cli.engine.accounts import read_shard_accounts
from forecast_cli.engine.outcomes import ModelForecast, add_flag, complete_ledger, failure_rows, taken_apart
from forecast_cli.engine.risk_table import read_threshold_amounts, risk_table, without_amount
from forecast_cli.engine.shards import Done, Job, Shard, Task
from forecast_cli.engine.tables import count_invalid_rows, events_table, forecast_table, to_user_columns, weights_table
from forecast_cli.models.ladder import forecast_panel
from forecast_cli.models.path_levels import levels_to_request
from forecast_cli.models.recurring.records import STREAM
from forecast_cli.models.recurring.streams import build_streams
from forecast_cli.models.registry import finds_events
from forecast_cli.store.layout import ACCOUNTS, EVENTS, FAILURES, FORECASTS, RISK, WEIGHTS
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.tables import stage


def run_task(job: Job, task: Task, *, begin: Callable[[int], None] = lambda _: None) -> ShardReceipt:
    """Run a shard, part by part, and stage its tables; ``begin`` is called with the index of each part.

    Raises InputRejectedError if the input has changed since it was listed, because rows of both states may be mixed,
    and if the statistics of a file hide accounts of the shard.
    """
    started = time.process_time()
    job, shard = replace(job, one_by_one=task.one_by_one), task.parts[0]
    parts: list[Done] = []
    for place, part in enumerate(task.parts):
        begin(place)
        parts.append(_run_part(job, part))
    accounts = sum(part.tables[ACCOUNTS].height for part in parts)
    unsound = [count_invalid_rows(part.tables[FORECASTS], job.settings.level) for part in parts]
    assert_unchanged(job.source)
    files = tuple(
        stage(to_user_columns(_join(parts, name), job.source, job.settings), job.staging, shard.index, name)
        for name in list(parts[0].tables)
    )
    release_memory()
    return ShardReceipt(
        shard.index,
        accounts,
        time.process_time() - started,
        files,
        tuple(error for part in parts for error in part.taken_apart),
        not_finite=sum(rows for rows, _ in unsound),
        crossed=sum(rows for _, rows in unsound),
    )


def _run_part(job: Job, part: Shard) -> Done:
    done = job.work(job, part)
    release_memory()
    accounts = done.tables[ACCOUNTS].height
    if accounts != part.accounts:
        reject_wrong_statistics(job.source, job.settings)
        raise AssertionError(f"{part.accounts} accounts went into a shard, {accounts} came out")
    return done


def _join(parts: Sequence[Done], name: str) -> pl.DataFrame:
    """Remove a table from all parts, so that its memory is freed, and return their concatenation."""
    tables = [part.tables.pop(name) for part in parts]
    return tables[0] if len(tables) == 1 else pl.concat(tables, rechunk=True)


def forecast_shard(job: Job, shard: Shard) -> Done:
    """Read a shard's accounts and forecast them with every model of the job."""
    settings = job.settings
    found = read_shard_accounts(job, shard)
    panel, rows = found.panel, np.arange(len(found.panel))
    started = time.process_time()
    h, levels = settings.horizon, levels_to_request(settings.level)
    forecasts = [
        ModelForecast(choice.label, forecast_panel(panel, choice, h=h, levels=levels), rows) for choice in job.models
    ]
    amounts = read_threshold_amounts(job, shard, [panel])[0]
    risk = risk_table(panel, forecasts, settings, amounts)
    each = (time.process_time() - started) / max(len(panel), 1)
    ledger = complete_ledger(found.ledger, forecasts, seconds=each)
    tables = {FORECASTS: forecast_table(panel, forecasts, settings), RISK: risk}
    if finds_events(job.models):
        tables[EVENTS] = _events(panel, forecasts)
    if job.learned is not None and job.learned.candidates:
        tables[WEIGHTS] = weights_table(panel, forecasts)
    tables[ACCOUNTS] = add_flag(ledger, found.ledger, without_amount(panel, amounts), Flag.NO_THRESHOLD)
    tables[FAILURES] = failure_rows(found.ledger, forecasts)
    return Done(tables, taken_apart(forecasts))


def _events(panel: Panel, forecasts: Sequence[ModelForecast]) -> pl.DataFrame:
    """Return the recurring payments found by the first model that looks for them."""
    found = (streams for one in forecasts if (streams := one.ladder.forecast.streams) is not None)
    return events_table(panel, next(found, build_streams(np.zeros(0, dtype=STREAM), np.zeros((0, 0)), panel.holidays)))
