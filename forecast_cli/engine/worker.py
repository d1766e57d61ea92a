"""The worker functions: one shard of a job, from the input's files to staged files. Pure: same shard, same bytes."""

import time

import numpy as np

from forecast_cli.core.ledger import Flag
from forecast_cli.data.contract.check import read_shard
from forecast_cli.data.scan.rows import assert_unchanged
from forecast_cli.engine.outcomes import Said, add_flag, failure_rows, settle_ledger
from forecast_cli.engine.risk_table import risk_table, told_thresholds, without_amount
from forecast_cli.engine.shards import Job, Shard, Tables
from forecast_cli.engine.tables import forecast_table, to_edge
from forecast_cli.models.ladder import forecast_panel
from forecast_cli.store.layout import ACCOUNTS, FAILURES, FORECASTS, RISK
from forecast_cli.store.run_folder import ShardReceipt
from forecast_cli.store.staging import stage


def run_shard(job: Job, shard: Shard) -> ShardReceipt:
    """Do a shard and stage its tables.

    Raises InputRejectedError where the input is not what was listed any more: what was read of it may be a mixture.
    """
    started = time.process_time()
    tables = job.work(job, shard)
    assert_unchanged(job.source)
    if tables[ACCOUNTS].height != shard.accounts:
        raise LostAccountsError(shard.accounts, tables[ACCOUNTS].height)
    files = tuple(
        stage(to_edge(table, job.source, job.settings), job.staging, shard.index, name)
        for name, table in tables.items()
    )
    return ShardReceipt(shard.index, tables[ACCOUNTS].height, time.process_time() - started, files)


class LostAccountsError(Exception):
    """A bug: a shard's ledger does not hold the accounts it was given."""

    def __init__(self, given: int, found: int) -> None:
        super().__init__(given, found)

    def __str__(self) -> str:
        return f"{self.args[0]} accounts went into a shard, {self.args[1]} came out"


def forecast_shard(job: Job, shard: Shard) -> Tables:
    """Read a shard's accounts and forecast them with every model of the job."""
    settings = job.settings
    found = read_shard(job.source, settings, origin=job.origin, first_id=shard.first_id, last_id=shard.last_id)
    panel, everyone = found.panel, np.arange(len(found.panel))
    started = time.process_time()
    said = [
        Said(choice.label, forecast_panel(panel, choice, h=settings.horizon, levels=settings.level), everyone)
        for choice in job.models
    ]
    told = told_thresholds(job, shard, [panel])[0]
    risk = risk_table(panel, said, settings, told)
    each = (time.process_time() - started) / max(len(panel), 1)
    ledger = settle_ledger(found.ledger, said, seconds=each)
    return {
        FORECASTS: forecast_table(panel, said, settings),
        RISK: risk,
        ACCOUNTS: add_flag(ledger, found.ledger, without_amount(panel, told), Flag.NO_THRESHOLD),
        FAILURES: failure_rows(found.ledger, said),
    }
