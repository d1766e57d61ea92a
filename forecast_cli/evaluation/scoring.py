"""Scoring: forecast rows to one figure for each account, model, cutoff and metric."""

from collections.abc import Sequence

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.evaluation.metrics import metrics_of
from forecast_cli.evaluation.rows import CUTOFF, METRIC, SCALE, SCALE_RMS, VALUE


def score_windows(
    rows: pl.DataFrame, windows: pl.DataFrame, *, levels: tuple[float, ...], keys: Sequence[str]
) -> pl.DataFrame:
    """Return the scores of forecast ``rows``, long: ``keys``, model, cutoff, metric, value, in that order.

    ``levels`` (ascending, with ``SCORED_LEVELS`` among them) are those of the rows' quantile columns. Days whose
    balance is not known count in no metric; scaled metrics are null in windows without a scale. The same rows in any
    order give the same bits.
    """
    metrics, by = metrics_of(levels), [*keys, c.MODEL, CUTOFF]
    wide = (
        with_scales(rows, windows, keys=keys)
        .sort(*by, c.STEP)
        .group_by(by, maintain_order=True)
        .agg(figure.alias(name) for name, figure in metrics.items())
        .collect()
    )
    names = list(metrics)
    return wide.select(*by, pl.lit(pl.Series(METRIC, [names])).first(), pl.concat_list(names).alias(VALUE)).explode(
        METRIC, VALUE
    )


def with_scales(rows: pl.DataFrame, windows: pl.DataFrame, *, keys: Sequence[str]) -> pl.LazyFrame:
    """Return the forecast rows whose balance is known, with the scales of their windows."""
    scales = windows.lazy().select(*keys, CUTOFF, SCALE, SCALE_RMS)
    known = rows.lazy().filter(pl.col(c.Y).is_finite())
    return known.join(scales, on=[*keys, CUTOFF], how="left", maintain_order="left")
