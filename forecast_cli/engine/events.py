"""The table of recurring payments: a row for each stream of each account."""

from dataclasses import fields

import polars as pl

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.listing import Listing, list_streams
from forecast_cli.models.recurring.streams import Streams

_TEXTS = ("kind", "cycle", "rule", "status")
EVENT_COLUMNS = tuple(field.name for field in fields(Listing) if field.name != "row")


def events_table(panel: Panel, streams: Streams) -> pl.DataFrame:
    """Return a row for each stream found in a panel, in the order of accounts: their keys, then ``EVENT_COLUMNS``.

    ``next_date`` and ``next_amount`` are null for a stream that has ended.
    """
    listed = list_streams(streams, panel.origins)
    columns = (
        pl.Series(name, getattr(listed, name), dtype=pl.String if name in _TEXTS else None, nan_to_null=True)
        for name in EVENT_COLUMNS
    )
    return pl.DataFrame([*panel.keys()[listed.row], *columns])
