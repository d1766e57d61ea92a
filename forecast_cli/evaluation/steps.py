"""Steps: accuracy by day of the horizon, as sums of each shard that are added up over all of them."""

from typing import Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.data.scan.canonical import CURRENCY
from forecast_cli.evaluation import metrics
from forecast_cli.evaluation.groups import group_rows
from forecast_cli.evaluation.report import LevelFigure, StepScore
from forecast_cli.evaluation.rows import CUTOFF, SCALE
from forecast_cli.evaluation.scoring import with_scales

WINDOWS: Final = "windows"


def tally_steps(rows: pl.DataFrame, windows: pl.DataFrame, *, levels: tuple[float, ...]) -> pl.DataFrame:
    """Return sums over the windows with a scale, a row for each model and step: model, step, windows, and figures.

    Figures are ``scrps``, ``mase``, and ``coverage_L`` and ``swidth_L`` of each level. The tallies of several shards,
    one below the other, are what ``merge_steps`` takes.
    """
    keys = [name for name in (c.UNIQUE_ID, CURRENCY) if name in rows.columns]
    moving = with_scales(rows, windows, keys=keys).filter(pl.col(SCALE).is_not_null())
    days = group_rows(moving, [c.MODEL, c.STEP], within=[*keys, CUTOFF])
    figures = {name: days.sums(value) for name, value in _figures(levels).items()}
    return days.with_columns(figures).insert_column(2, pl.Series(WINDOWS, days.counts, dtype=pl.Int64))


def merge_steps(tallies: pl.DataFrame) -> pl.DataFrame:
    """Return the mean of each figure over all windows, a row for each model and step, in that order."""
    shards = group_rows(tallies, [c.MODEL, c.STEP])
    windows = shards.sums(pl.col(WINDOWS))
    names = [name for name in tallies.columns if name not in (c.MODEL, c.STEP, WINDOWS)]
    merged = shards.with_columns({name: shards.sums(pl.col(name)) / windows for name in names})
    return merged.insert_column(2, pl.Series(WINDOWS, windows).cast(pl.Int64))


def step_scores(merged: pl.DataFrame, *, levels: tuple[float, ...]) -> tuple[StepScore, ...]:
    """Return merged steps as values of the report, with the coverage and width of each of ``levels``."""
    return tuple(
        StepScore(
            model=row[c.MODEL],
            step=row[c.STEP],
            scrps=row["scrps"],
            mase=row["mase"],
            levels=tuple(
                LevelFigure(level=level, coverage=row[f"coverage_{label}"], width=row[f"swidth_{label}"])
                for level, label in ((level, c.level_label(level)) for level in levels)
            ),
        )
        for row in merged.iter_rows(named=True)
    )


def _figures(levels: tuple[float, ...]) -> dict[str, pl.Expr]:
    return {
        "scrps": metrics.scaled_crps(),
        "mase": metrics.scaled_absolute_error(),
        **{f"coverage_{c.level_label(level)}": metrics.coverage(level) for level in levels},
        **{f"swidth_{c.level_label(level)}": metrics.scaled_width(level) for level in levels},
    }
