"""The table of weights: the candidate that joined each account, and its weight on the days ahead."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from forecast_cli.data.panel import Panel
from forecast_cli.engine.outcomes import ModelForecast
from forecast_cli.store.table_schemas import WEIGHTS_SCHEMA


def weights_table(panel: Panel, forecasts: Sequence[ModelForecast]) -> pl.DataFrame:
    """Return a row for each account that a candidate joined and each range of days with one weight."""
    rows = [row for one in forecasts for row in _rows(one)]
    place = [int(row[0]) for row in rows]
    weights = pl.DataFrame([row[1:] for row in rows], schema=WEIGHTS_SCHEMA, orient="row")
    return pl.DataFrame([*panel.keys()[place], *weights])


def _rows(one: ModelForecast) -> Iterator[tuple[Any, ...]]:
    for row, joined in sorted(one.ladder.forecast.joined.items()):
        starts = np.flatnonzero(np.diff(joined.share, prepend=np.nan) != 0.0)
        for first, after in zip(starts.tolist(), [*starts[1:].tolist(), len(joined.share)], strict=True):
            yield one.rows[row], one.label, joined.candidate, first + 1, after, float(joined.share[first])
