"""The worker function: one shard of a job, from the input's files to staged files. Pure: same shard, same bytes."""

import time
from dataclasses import dataclass

import polars as pl

from forecast_cli.data.contract.check import read_shard
from forecast_cli.engine.outcomes import failure_rows, settle_ledger
from forecast_cli.engine.shards import Job, Shard
from forecast_cli.engine.tables import forecast_table, to_edge
from forecast_cli.models.ladder import forecast_panel
from forecast_cli.store.run_folder import ShardReceipt, shard_files
from forecast_cli.store.staging import stage


@dataclass(frozen=True)
class ShardTables:
    """What a shard says: forecasts, one ledger row per account, one row per model that did not go as asked."""

    forecasts: pl.DataFrame
    accounts: pl.DataFrame
    failures: pl.DataFrame


def run_shard(job: Job, shard: Shard) -> ShardReceipt:
    """Forecast a shard and stage its files. Raises InputRejectedError where the input changed under the run."""
    started = time.process_time()
    tables = forecast_shard(job, shard)
    named = zip(shard_files(shard.index), (tables.forecasts, tables.accounts, tables.failures), strict=True)
    files = tuple(stage(to_edge(table, job.source, job.settings), job.staging, path) for path, table in named)
    return ShardReceipt(shard.index, tables.accounts.height, time.process_time() - started, files)


def forecast_shard(job: Job, shard: Shard) -> ShardTables:
    """Read a shard's accounts and forecast them with every model of the job."""
    settings = job.settings
    found = read_shard(job.source, settings, origin=job.origin, first_id=shard.first_id, last_id=shard.last_id)
    panel, ledger = found.panel, found.ledger
    models = job.models
    labels = [choice.label for choice in models]
    started = time.process_time()
    ladders = [forecast_panel(panel, choice, h=settings.horizon, levels=settings.level) for choice in models]
    each = (time.process_time() - started) / max(len(panel), 1)
    return ShardTables(
        forecasts=forecast_table(panel, ladders, labels, settings),
        accounts=settle_ledger(ledger, labels, ladders, seconds=each),
        failures=failure_rows(ledger, labels, ladders),
    )
