"""Tables of a backtest's scores: the leaderboard, and long tables by step and by segment."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from forecast_cli.evaluation.report import Estimate, LowBalanceScore, ModelScore, Report, SegmentScore
from forecast_cli.store.layout import LEADERBOARD, SEGMENTS, STEPS
from forecast_cli.store.manifest import FileEntry
from forecast_cli.store.table_schemas import SEGMENTS_SCHEMA, STEPS_SCHEMA
from forecast_cli.store.tables import write_table


def write_figures(report: Report, output: Path) -> tuple[FileEntry, ...]:
    """Write the leaderboard, steps and segments, and return their manifest entries. An unknown figure is null."""
    tables = {LEADERBOARD: leaderboard_table(report), STEPS: steps_table(report), SEGMENTS: segments_table(report)}
    return tuple(write_table(table, output, name) for name, table in tables.items())


def leaderboard_table(report: Report) -> pl.DataFrame:
    """Return one row for each model, with a column for each metric and for each end of its confidence interval."""
    table = pl.DataFrame([_flat(score) for score in report.leaderboard], infer_schema_length=None)
    return table.with_columns(pl.col(pl.Null).cast(pl.Float64)).fill_nan(None)


def steps_table(report: Report) -> pl.DataFrame:
    """Return one row for each model, step and metric: model, step, accounts, windows, metric, value, low, high."""
    rows = (
        (score.model, score.step, score.accounts, score.windows, *figure)
        for score in report.steps
        for figure in _long(score.metrics)
    )
    return _table(list(rows), STEPS_SCHEMA)


def segments_table(report: Report) -> pl.DataFrame:
    """Return one row for each model, segment value and metric, low-balance metrics included.

    Columns: model, segment, segment_value, accounts, windows, metric, value, low, high.
    """
    accuracy = (
        (score.model, score.segment, score.value, score.accounts, score.windows, *figure)
        for score in report.segments
        for figure in _long(_segment_metrics(score))
    )
    low = (
        (score.model, score.segment, score.value, score.accounts, score.windows, *figure)
        for score in report.low_balance_segments
        for figure in _long(_low_balance_metrics(score))
    )
    return _table([*accuracy, *low], SEGMENTS_SCHEMA)


def _flat(score: ModelScore) -> dict[str, object]:
    counts = score.model_dump(exclude={"metrics", "skill"})
    figures = score.metrics | {"skill": score.skill}
    return counts | {
        f"{name}{end}": value for name, estimate in figures.items() for end, value in _ends(estimate).items()
    }


def _ends(estimate: Estimate | None) -> dict[str, float | None]:
    value, low, high = (None, None, None) if estimate is None else (estimate.value, estimate.low, estimate.high)
    return {"": value, "_low": low, "_high": high}


def _segment_metrics(score: SegmentScore) -> dict[str, Estimate]:
    skill = {} if score.skill is None else {"skill": score.skill}
    return score.metrics | skill | {"scrps_excess": score.excess}


def _low_balance_metrics(score: LowBalanceScore) -> dict[str, Estimate]:
    figures = {
        "event_rate": score.event_rate,
        "brier": score.brier,
        "base_brier": score.base_brier,
        "brier_skill": score.skill,
    }
    return {f"{name}_{score.threshold}_{score.days}": estimate for name, estimate in figures.items()}


def _long(metrics: Mapping[str, Estimate]) -> Iterator[tuple[str, float, float, float]]:
    return ((name, found.value, found.low, found.high) for name, found in metrics.items())


def _table(rows: Sequence[tuple[object, ...]], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(schema), orient="row").fill_nan(None)
