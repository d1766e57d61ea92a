"""Windows of a shard of past forecasts, of a backtest or a score: what is known of each, its scores, what it cost."""

from collections.abc import Iterable

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.scan.attributes import read_attribute
from forecast_cli.engine.shards import Job, Shard
from forecast_cli.evaluation.facts import window_facts
from forecast_cli.evaluation.metrics import metrics_of
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.evaluation.scoring import long_scores, score_days
from forecast_cli.evaluation.splits import Fold
from forecast_cli.store.layout import FIGURES, SCORES, STEP_SUMS


def windows_table(folds: Iterable[Fold], job: Job, shard: Shard) -> pl.DataFrame:
    """Return a row for each account and cutoff of ``folds``: scales and segments, also by the ``--segment`` columns.

    Values of those columns are text: an account's last one up to the cutoff. A currency column is left out, because the
    currency is among the keys.
    """
    windows = pl.concat(window_facts(fold.train, lag=job.settings.scale_lag) for fold in folds)
    keys = c.keys_among(windows.columns)  # a segment may be named currency, too
    for column in job.settings.segment:
        if column == job.settings.currency_col:
            continue
        values = read_attribute(job.source, job.settings, column, first_id=shard.first_id, last_id=shard.last_id)
        windows = windows.sort(CUTOFF).join_asof(
            values.rename({c.DS: CUTOFF}), on=CUTOFF, by=c.UNIQUE_ID, check_sortedness=False
        )
    return windows.sort(*keys, CUTOFF)


def score_tables(rows: pl.DataFrame, windows: pl.DataFrame, settings: Settings) -> dict[str, pl.DataFrame]:
    """Return the tables of scores of forecast ``rows`` in ``windows``, by name."""
    keys = c.keys_among(rows.columns)
    scores = score_days(rows, windows, levels=settings.level, keys=keys, seed=settings.seed)
    return {
        SCORES: long_scores(scores.figures, metrics_of(settings.level)),
        FIGURES: scores.figures,
        STEP_SUMS: scores.steps,
    }


def costs_table(rows: Iterable[tuple[str, int, int, float]]) -> pl.DataFrame:
    """Return the table of costs: a model, its windows, how many of them were fallbacks, and CPU seconds."""
    schema = {c.MODEL: pl.String(), "windows": pl.Int64(), "fallbacks": pl.Int64(), "cpu_seconds": pl.Float64()}
    return pl.DataFrame(list(rows), schema=schema, orient="row")
