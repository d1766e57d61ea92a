"""Leaderboard: models ranked by scaled CRPS, with their cost and the number of fallbacks and failures."""

import math
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.evaluation.bootstrap import GroupCells, assign_groups, sum_cells
from forecast_cli.evaluation.groups import group_rows
from forecast_cli.evaluation.pooled import Pooled
from forecast_cli.evaluation.report import NO_ESTIMATE, Estimate, ModelScore
from forecast_cli.evaluation.scored import Scored

BASELINE: Final = "SeasonalNaive"
#: Metric that models are ranked by, and the metric that breaks ties.
RANKED_BY: Final = "scrps"
THEN_BY: Final = "mase"

_COSTS: Final = ("windows", "fallbacks", "cpu_seconds")


def rank_models(scored: Scored, costs: pl.DataFrame, *, season: int) -> tuple[ModelScore, ...]:
    """Return a row for each model of ``costs``, the lowest mean sCRPS first.

    ``costs`` has the columns model, windows (requested), fallbacks and cpu_seconds (NaN if unknown), with one or more
    rows for each model, which are added up. ``season`` is the backtest's season length: it selects the seasonal naive
    for the skill if there are several. Ties in sCRPS are broken by MASE, then by name. A model that is not compared
    comes last and its figures are NaN.
    """
    cost_sums, wins = _sum_costs(costs), count_wins(scored)
    figures, skills = _score_models(scored, season)
    accounts = len(np.unique(scored.accounts))
    no_figures = dict.fromkeys(scored.metrics, NO_ESTIMATE)

    def sort_key(model: str) -> tuple[float, float, str]:
        estimates = figures.get(model, no_figures)
        return _nan_as_infinity(estimates[RANKED_BY].value), _nan_as_infinity(estimates[THEN_BY].value), model

    return tuple(
        ModelScore(
            model=model,
            rank=rank,
            accounts=accounts if model in figures else 0,
            windows=len(scored) if model in figures else 0,
            metrics=figures.get(model, no_figures),
            skill=skills.get(model),
            wins=wins.get(model, 0),
            fallbacks=int(cost_sums[model]["fallbacks"]),
            failures=int(cost_sums[model]["windows"]) - int(np.sum(scored.index.figures.get(model, False))),
            cpu_seconds=_divide(cost_sums[model]["cpu_seconds"], cost_sums[model]["windows"]),
        )
        for rank, model in enumerate(sorted(cost_sums, key=sort_key), start=1)
    )


def choose_baseline(models: Iterable[str], *, season: int) -> str | None:
    """Return the seasonal naive among ``models``: that of the season length, else the first by name, else None."""
    candidates = sorted(model for model in models if model == BASELINE or model.startswith(f"{BASELINE}("))
    preferred = [model for model in (BASELINE, f"{BASELINE}({season})") if model in candidates]
    return next(iter([*preferred, *candidates]), None)


def count_wins(scored: Scored) -> dict[str, int]:
    """Count the accounts on which a model's mean sCRPS is lower than every other model's; a tie is nobody's win."""
    _, codes = np.unique(scored.accounts, return_inverse=True)
    sums = [np.bincount(codes, scored.figures_of(model, RANKED_BY)) for model in scored.models]
    if not sums:
        return {}
    means = np.stack(sums) / np.bincount(codes)
    lowest = means == means.min(axis=0)
    won = lowest & (lowest.sum(axis=0) == 1)
    return dict(zip(scored.models, won.sum(axis=1).tolist(), strict=True))


def _score_models(scored: Scored, season: int) -> tuple[dict[str, dict[str, Estimate]], dict[str, Estimate]]:
    """Return every metric of each compared model, and its skill if there is a seasonal naive."""
    if not scored.models:
        return {}, {}
    groups = assign_groups(scored.accounts, scored.seed)
    cells = GroupCells.of(groups, int(groups.max(initial=-1)) + 1)
    sums = [sum_cells(scored.summands_of(model), [cells])[0] for model in scored.models]
    pooled = Pooled.of(np.concatenate(sums), scored.metrics, seed=scored.seed)
    figures = dict(zip(scored.models, pooled.figures(mixed=scored.mixed), strict=True))
    baseline = choose_baseline(scored.models, season=season)
    if baseline is None:
        return figures, {}
    skills = pooled.skills(RANKED_BY, scored.models.index(baseline))
    return figures, dict(zip(scored.models, skills, strict=True))


def _sum_costs(costs: pl.DataFrame) -> dict[str, dict[str, Any]]:
    shards = group_rows(costs, [c.MODEL])
    sums = shards.with_columns({name: shards.sums(shards.values(pl.col(name))) for name in _COSTS})
    return {row[c.MODEL]: row for row in sums.iter_rows(named=True)}


def _nan_as_infinity(value: float) -> float:
    return math.inf if math.isnan(value) else value


def _divide(one: float | None, other: float) -> float:
    return math.nan if one is None or not other else one / other
