"""Scoring: forecast rows to one figure for each account, model, cutoff and metric."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.evaluation.groups import group_rows
from forecast_cli.evaluation.metrics import combine, metrics_of
from forecast_cli.evaluation.rows import CUTOFF, METRIC, SCALE, SCALE_RMS, VALUE


def score_windows(
    rows: pl.DataFrame, windows: pl.DataFrame, *, levels: tuple[float, ...], keys: Sequence[str]
) -> pl.DataFrame:
    """Return the scores of forecast ``rows``, long: ``keys``, model, cutoff, metric, value, in that order.

    ``levels`` (ascending, with ``SCORED_LEVELS`` among them) are those of the rows' quantile columns. Days whose
    balance is not known count in no metric; scaled metrics are null in windows without a scale. The same rows in any
    order give the same bits.
    """
    metrics = metrics_of(levels)
    days = group_rows(with_scales(rows, windows, keys=keys), [*keys, c.MODEL, CUTOFF], within=[c.STEP])
    wide = days.with_columns({name: combine(metric, days) for name, metric in metrics.items()})
    return wide.select(
        *days.keys.columns, pl.lit(pl.Series(METRIC, [list(metrics)])).first(), pl.concat_list(*metrics).alias(VALUE)
    ).explode(METRIC, VALUE)


def with_scales(rows: pl.DataFrame, windows: pl.DataFrame, *, keys: Sequence[str]) -> pl.DataFrame:
    """Return the forecast rows whose balance is known, with the scales of their windows."""
    scales = windows.select(*keys, CUTOFF, SCALE, SCALE_RMS)
    known = rows.filter(pl.col(c.Y).is_finite())
    return known.join(scales, on=[*keys, CUTOFF], how="left", maintain_order="left")


@dataclass(frozen=True)
class Scored:
    """The scores of a whole backtest: tables of ``score_windows`` and window rows, under the names of their ``keys``.

    ``levels`` are those that coverage and width are told of. ``seed`` is that of the intervals' draws.
    """

    scores: pl.DataFrame
    windows: pl.DataFrame
    keys: tuple[str, ...]
    levels: tuple[float, ...]
    seed: int = 0

    def wide(self, metrics: Sequence[str]) -> pl.DataFrame:
        """Return a row for each model and window that has a scale: ``keys``, cutoff, model, a column for each metric.

        Windows without a scale stand in no mean, not even of metrics that need none, so that all means are over the
        same windows. Sorted by model, keys and cutoff.
        """
        by = [*self.keys, CUTOFF]
        moving = self.windows.filter(pl.col(SCALE).is_not_null())
        return (
            self.scores.filter(pl.col(METRIC).is_in(metrics))
            .pivot(METRIC, on_columns=list(metrics), index=[*by, c.MODEL], values=VALUE)
            .join(moving, on=by, how="semi")
            .sort(c.MODEL, *by)
        )
