"""Tables of a shard: conversion of arrays to rows, and of internal column names to the user's, before writing."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.panel import Panel
from forecast_cli.data.scan.canonical import key_columns
from forecast_cli.data.source import Source
from forecast_cli.engine.outcomes import ModelForecast


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
