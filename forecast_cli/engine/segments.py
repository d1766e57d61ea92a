"""Segments: the values of the ``--segment`` columns of the input, added to the windows of a shard."""

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.data.scan.attributes import read_attribute
from forecast_cli.engine.shards import Job, Shard


def with_segments(windows: pl.DataFrame, job: Job, shard: Shard) -> pl.DataFrame:
    """Add each account's values of the ``--segment`` columns of the input, as text, except for the currency column.

    The currency is a column of ``windows`` already.
    """
    for column in job.settings.segment:
        if column == job.settings.currency_col:
            continue
        values = read_attribute(job.source, job.settings, column, first_id=shard.first_id, last_id=shard.last_id)
        windows = windows.join(values, on=c.UNIQUE_ID, how="left", maintain_order="left")
    return windows
