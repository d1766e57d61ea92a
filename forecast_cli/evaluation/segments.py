"""Segments: accuracy by groups of windows, such as long and short histories or types of accounts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast_cli.evaluation.bootstrap import HASHED_GROUPS, Cells, count_distinct, sum_cells
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
    cells = [Cells.of(scored.groups, HASHED_GROUPS, one.places, len(one.values)) for one in grouped]
    sums = {model: sum_cells(scored.summands_of(model), cells) for model in scored.models}
    baseline = choose_baseline(scored.models, season=season)
    scores: list[SegmentScore] = []
    for place, segment in enumerate(grouped):
        figures = _score_models(scored, segment, {model: own[place] for model, own in sums.items()}, baseline)
        scores += _build_scores(scored, segment, figures)
    return tuple(scores)


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


def _score_models(
    scored: Scored, segment: Segment, sums: Mapping[str, NDArray[np.float64]], baseline: str | None
) -> dict[str, _Figures]:
    """Return each model's figures, from its ``sums`` [values, groups, k + 1]; ``baseline`` is the seasonal naive."""
    reference = None if baseline is None else _pool(scored, sums[baseline]).of_metric(RANKED_BY)
    mixed = scored.mixed and segment.name != scored.currency
    return {model: _estimate_figures(_pool(scored, own), reference, mixed=mixed) for model, own in sums.items()}


def _pool(scored: Scored, sums: NDArray[np.float64]) -> Pooled:
    """Return the pooled figures of a model: a part for each value of a segment, and a last part for all windows."""
    return Pooled.of(np.concatenate([sums, sums.sum(axis=0, keepdims=True)]), scored.metrics, seed=scored.seed)


def _estimate_figures(pool: Pooled, reference: MetricDraws | None, *, mixed: bool) -> _Figures:
    """Return the figures of each value of a segment, with skill over the seasonal naive and excess over all windows."""
    relative = pool.skills(RANKED_BY, -1)[:-1]
    skills = [None] * len(relative) if reference is None else estimate_skills(pool.of_metric(RANKED_BY), reference)[:-1]
    return _Figures(pool.figures(mixed=mixed)[:-1], skills, [one.negated() for one in relative])
