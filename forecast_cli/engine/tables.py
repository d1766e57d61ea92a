"""Tables of a shard: conversion of arrays to rows, and of internal column names to the user's, before writing."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.panel import Panel
from forecast_cli.data.scan.canonical import key_columns
from forecast_cli.data.source import Source
from forecast_cli.engine.outcomes import ModelForecast
from forecast_cli.models.recurring.listing import list_streams
from forecast_cli.models.recurring.streams import Streams
from forecast_cli.store.table_schemas import EVENTS_SCHEMA, WEIGHTS_SCHEMA


def forecast_table(panel: Panel, forecasts: Sequence[ModelForecast], settings: Settings) -> pl.DataFrame:
    """Return the forecasts of a panel, a row for each account, model and step, in that order.

    There are no rows where a model has no forecast for an account.
    """
    n, m, h, names = len(panel), len(forecasts), settings.horizon, c.quantile_columns(settings.level)
    steps = np.arange(1, h + 1)
    mean = np.stack([one.ladder.forecast.mean for one in forecasts], axis=1)
    quantiles = np.stack([one.ladder.forecast.at(settings.level).quantiles for one in forecasts], axis=1)
    days = panel.origins[:, None, None] + np.broadcast_to(steps, (n, m, h))
    columns = [
        *panel.keys()[np.repeat(np.arange(n), m * h)],
        pl.Series(c.DS, days.ravel(), dtype=pl.Date),
        pl.Series(c.STEP, np.tile(steps, n * m), dtype=pl.Int32),
        pl.Series(c.MODEL, [one.label for one in forecasts], dtype=pl.String).gather(
            np.tile(np.repeat(np.arange(m), h), n)
        ),
        pl.Series(c.MEAN, mean.ravel()),
        *(pl.Series(name, quantiles[..., place].ravel()) for place, name in enumerate(names)),
    ]
    return pl.DataFrame(columns).filter(pl.col(c.MEAN).is_finite())


def count_invalid_rows(forecasts: pl.DataFrame, levels: tuple[float, ...]) -> tuple[int, int]:
    """Return the number of forecast rows with a number that is not finite, and of rows with quantiles out of order."""
    quantiles = c.quantile_columns(levels)
    finite = pl.all_horizontal(pl.col(name).is_finite() for name in (c.MEAN, *quantiles))
    ordered = pl.all_horizontal(pl.col(low) <= pl.col(high) for low, high in pairwise(quantiles))
    not_finite, crossed = forecasts.select((~finite).sum().alias("odd"), (~ordered).sum().alias("crossed")).row(0)
    return not_finite, crossed


def to_user_columns(table: pl.DataFrame, source: Source, settings: Settings) -> pl.DataFrame:
    """Return a table with the user's column names, and account ids in the input's type."""
    names = {c.DS: settings.date_col, **dict(zip(key_columns(settings), settings.key_columns, strict=True))}
    present = {inside: edge for inside, edge in names.items() if inside in table.columns}
    if c.UNIQUE_ID in present:
        table = table.with_columns(pl.col(c.UNIQUE_ID).cast(source.id_dtype))
    return table.rename(present)


def events_table(panel: Panel, streams: Streams) -> pl.DataFrame:
    """Return a row for each stream found in a panel, in the order of accounts: their keys, then ``EVENTS_SCHEMA``.

    ``next_date`` and ``next_amount`` are null for a stream that has ended.
    """
    listed = list_streams(streams, panel.origins)
    columns = (
        pl.Series(name, getattr(listed, name), dtype=dtype, nan_to_null=True) for name, dtype in EVENTS_SCHEMA.items()
    )
    return pl.DataFrame([*panel.keys()[listed.row], *columns])


def weights_table(panel: Panel, forecasts: Sequence[ModelForecast]) -> pl.DataFrame:
    """Return a row for each account that a candidate joined and each range of days with one weight."""
    rows = [row for one in forecasts for row in _weight_rows(one)]
    place = [int(row[0]) for row in rows]
    weights = pl.DataFrame([row[1:] for row in rows], schema=WEIGHTS_SCHEMA, orient="row")
    return pl.DataFrame([*panel.keys()[place], *weights])


def _weight_rows(one: ModelForecast) -> Iterator[tuple[Any, ...]]:
    for row, joined in sorted(one.ladder.forecast.joined.items()):
        starts = np.flatnonzero(np.diff(joined.share, prepend=np.nan) != 0.0)
        for first, after in zip(starts.tolist(), [*starts[1:].tolist(), len(joined.share)], strict=True):
            yield one.rows[row], one.label, joined.candidate, first + 1, after, float(joined.share[first])
