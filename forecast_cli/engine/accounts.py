"""Reading of a shard's accounts: the panel of those to forecast, and the ledger of all of them."""

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.core.ids import Key
from forecast_cli.core.ledger import Status
from forecast_cli.data.contract.series import ShardInput, read_shard
from forecast_cli.engine.shards import Job, Shard


def read_shard_accounts(job: Job, shard: Shard) -> ShardInput:
    """Read a shard's accounts; those in ``shard.set_aside`` are failed in the ledger and left out of the panel."""
    found = read_shard(job.source, job.settings, origin=job.origin, first_id=shard.first_id, last_id=shard.last_id)
    return _exclude_accounts(found, dict(shard.set_aside)) if shard.set_aside else found


def days_carried_forward(found: ShardInput) -> NDArray[np.int64]:
    """Return the number of days from the last row of each account of the panel to its origin, [n]."""
    last = found.ledger.filter(pl.col("status") == Status.OK)["last"].to_numpy()
    return np.asarray((found.panel.origins - last).astype(np.int64))


def _exclude_accounts(found: ShardInput, why: dict[Key, str]) -> ShardInput:
    reasons = [_exclusion_reason(key, why) for key in found.panel.row_keys()]
    kept = [row for row, reason in enumerate(reasons) if reason is None]
    why_each = [
        _exclusion_reason(key, why) if status == Status.OK else None
        for *key, status in found.ledger.select(*c.keys_among(found.ledger.columns), "status").iter_rows()
    ]
    reason = pl.Series("why", why_each, dtype=pl.String)
    ledger = found.ledger.with_columns(
        status=pl.when(reason.is_not_null()).then(pl.lit(Status.FAILED.value)).otherwise("status"),
        reason=pl.coalesce(reason, "reason"),
    )
    return replace(found, panel=found.panel.take(kept), ledger=ledger)


def _exclusion_reason(key: tuple[object, ...] | list[object], why: dict[Key, str]) -> str | None:
    """Return why an account is set aside, None if it is not: by its key, or by its id for all its currencies."""
    return why.get(tuple(key)) or why.get((key[0],))
