"""The table of recurring payments: a row for each stream of each account."""

import polars as pl

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.listing import list_streams
from forecast_cli.models.recurring.streams import Streams

_TEXTS = ("kind", "cycle", "rule", "status")
EVENT_COLUMNS = (
    "kind", "cycle", "rule", "amount", "amount_spread", "day_jitter", "n_seen",
    "first_seen", "last_seen", "status", "confidence", "next_date", "next_amount",
)  # fmt: skip


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
