"""Segments: accuracy by groups of windows, such as long and short histories or types of accounts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast_cli.evaluation.bootstrap import HASHED_GROUPS, GroupCells, count_distinct, sum_cells
from forecast_cli.evaluation.leaderboard import RANKED_BY, choose_baseline
from forecast_cli.evaluation.pooled import MetricDraws, Pooled, estimate_skills
from forecast_cli.evaluation.report import Estimate, SegmentScore
from forecast_cli.evaluation.scored import Scored
from forecast_cli.evaluation.segment import Segment


def score_segments(scored: Scored, segments: Sequence[str], *, season: int) -> tuple[SegmentScore, ...]:
    """Return a score for each value of each segment and each model: segments as given, values and models in order.

    ``segments`` are text columns of the window rows; ``season`` selects the seasonal naive for the skill. With several
    currencies, figures in units of the balance are NaN, except in the segment that is the currency.
    """
    grouped = [scored.segment(name) for name in segments]
    cells = [GroupCells.of(scored.groups, HASHED_GROUPS, places=one.places, parts=len(one.values)) for one in grouped]
    mixed = [scored.mixed and one.name != scored.currency for one in grouped]
    baseline = choose_baseline(scored.models, season=season)
    references: list[MetricDraws | None] = [None] * len(grouped)
    figures: dict[str, list[_Figures]] = {}
    for model in sorted(scored.models, key=lambda model: model != baseline):
        pools = [_pool(scored, sums) for sums in sum_cells(scored.summands_of(model), cells)]
        if model == baseline:
            references = [pool.of_metric(RANKED_BY) for pool in pools]
        figures[model] = [
            _estimate_figures(pool, reference, mixed=in_units_of_several)
            for pool, reference, in_units_of_several in zip(pools, references, mixed, strict=True)
        ]
    return tuple(
        score
        for place, segment in enumerate(grouped)
        for score in _build_scores(scored, segment, {model: figures[model][place] for model in scored.models})
    )


@dataclass(frozen=True)
class _Figures:
    """A model's figures for each value of a segment."""

    metrics: list[dict[str, Estimate]]
    skills: Sequence[Estimate | None]
    excess: list[Estimate]


def _build_scores(scored: Scored, segment: Segment, by_model: Mapping[str, _Figures]) -> Iterator[SegmentScore]:
    n = len(segment.values)
    accounts = count_distinct(segment.places, scored.accounts, n)
    windows = np.bincount(segment.places, minlength=n)
    for place, value in enumerate(segment.values):
        for model, figures in by_model.items():
            yield SegmentScore(
                segment=segment.name,
                value=value,
                model=model,
                accounts=int(accounts[place]),
                windows=int(windows[place]),
                metrics=figures.metrics[place],
                skill=figures.skills[place],
                excess=figures.excess[place],
            )


def _pool(scored: Scored, sums: NDArray[np.float64]) -> Pooled:
    """Return the pooled figures of a model: a part for each value of a segment, and a last part for all windows."""
    return Pooled.of(np.concatenate([sums, sums.sum(axis=0, keepdims=True)]), scored.metrics, seed=scored.seed)


def _estimate_figures(pool: Pooled, reference: MetricDraws | None, *, mixed: bool) -> _Figures:
    """Return the figures of each value of a segment, with skill over the seasonal naive and excess over all windows."""
    relative = pool.skills(RANKED_BY, -1)[:-1]
    skills = [None] * len(relative) if reference is None else estimate_skills(pool.of_metric(RANKED_BY), reference)[:-1]
    return _Figures(pool.figures(mixed=mixed)[:-1], skills, [one.negated() for one in relative])
