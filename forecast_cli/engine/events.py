"""The table of recurring payments: a row for each stream of each account."""

import polars as pl

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.listing import list_streams
from forecast_cli.models.recurring.streams import Streams
from forecast_cli.store.table_schemas import EVENTS_SCHEMA


def events_table(panel: Panel, streams: Streams) -> pl.DataFrame:
    """Return a row for each stream found in a panel, in the order of accounts: their keys, then ``EVENTS_SCHEMA``.

    ``next_date`` and ``next_amount`` are null for a stream that has ended.
    """
    listed = list_streams(streams, panel.origins)
    columns = (
        pl.Series(name, getattr(listed, name), dtype=dtype, nan_to_null=True) for name, dtype in EVENTS_SCHEMA.items()
    )
    return pl.DataFrame([*panel.keys()[listed.row], *columns])
