"""Scoring of forecast rows: figures of each account, model and cutoff, and sums by day of the horizon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.evaluation.groups import group_rows
from forecast_cli.evaluation.metrics import Metric, absolute_balance, combine, metrics_of
from forecast_cli.evaluation.rows import CUTOFF, METRIC, SCALE, SCALE_RMS, VALUE
from forecast_cli.evaluation.steps import StepCells


@dataclass(frozen=True)
class DayScores:
    """Scores of the days of a shard.

    ``figures`` has a row for each account, model and cutoff with a column for each metric. ``steps`` has the sums of
    ``evaluation.steps``.
    """

    figures: pl.DataFrame
    steps: pl.DataFrame


def score_days(
    rows: pl.DataFrame, windows: pl.DataFrame, *, levels: tuple[float, ...], keys: Sequence[str], seed: int = 0
) -> DayScores:
    """Return the figures of forecast ``rows``, sorted by ``keys``, model and cutoff, and their sums by step.

    ``levels`` (ascending) are those that metrics of intervals are computed for; rows also have the quantile columns of
    ``SCORED_LEVELS``. Days without a known balance count in no metric; scaled metrics are null in windows without a
    scale. The order of the rows does not change a bit of the result.
    """
    days = group_rows(_join_scales(rows, windows, keys=keys), [*keys, c.MODEL, CUTOFF], within=[c.STEP])
    cells = StepCells.of(days, keys, seed=seed)
    size = days.means(days.values(absolute_balance()))
    figures, sums = {}, {}
    for name, metric in metrics_of(levels).items():
        values = days.values(metric.value)
        figures[name] = combine(metric.combine, days.means(values), size)
        sums[name] = cells.sums(values)
    return DayScores(days.with_columns(figures), cells.with_columns(sums))


def long_scores(figures: pl.DataFrame, metrics: Mapping[str, Metric]) -> pl.DataFrame:
    """Return ``figures`` in long form: a row for each window and metric, with the metric's name and value last."""
    keys = [name for name in figures.columns if name not in metrics]
    names = pl.lit(pl.Series(METRIC, [list(metrics)])).first()
    return figures.select(*keys, names, pl.concat_list(*metrics).alias(VALUE)).explode(METRIC, VALUE)


def _join_scales(rows: pl.DataFrame, windows: pl.DataFrame, *, keys: Sequence[str]) -> pl.DataFrame:
    """Return the forecast rows with a known balance, with the scales of their windows."""
    scales = windows.select(*keys, CUTOFF, SCALE, SCALE_RMS)
    known = rows.filter(pl.col(c.Y).is_finite())
    return known.join(scales, on=[*keys, CUTOFF], how="left", maintain_order="left")
