"""Segments: accuracy by groups of windows, such as long and short histories or types of accounts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.evaluation.bootstrap import HASHED_GROUPS, GroupCells, count_distinct, sum_cells
from forecast_cli.evaluation.leaderboard import RANKED_BY, choose_baseline
from forecast_cli.evaluation.pooled import MetricDraws, Pooled, estimate_skills
from forecast_cli.evaluation.report import Estimate, SegmentScore
from forecast_cli.evaluation.scored import Scored
from forecast_cli.evaluation.segment import Segment

#: Number of values of segments whose sums and draws are in memory at a time: 70 MB.
_VALUES: Final = 100


def score_segments(scored: Scored, segments: Sequence[str], *, season: int) -> tuple[SegmentScore, ...]:
    """Return a score for each value of each segment and each model: segments as given, values and models in order.

    ``segments`` are text columns of the window rows; ``season`` selects the seasonal naive for the skill. With several
    currencies, figures in units of the balance are NaN, except in the segment that is the currency. The scores of every
    model are read once for each ``_VALUES`` values.
    """
    baseline = choose_baseline(scored.models, season=season)
    pieces = (piece for name in segments for piece in scored.segment(name).pieces(_VALUES))
    return tuple(
        score
        for batch in _batch(pieces)
        for segment, figures in zip(batch, _score_batch(scored, batch, baseline), strict=True)
        for score in _build_scores(scored, segment, figures)
    )


def _batch(pieces: Iterable[Segment]) -> Iterator[list[Segment]]:
    """Yield ``pieces`` in batches of up to ``_VALUES`` values."""
    batch: list[Segment] = []
    for piece in pieces:
        if sum(len(one.values) for one in (*batch, piece)) > _VALUES:
            yield batch
            batch = []
        batch.append(piece)
    if batch:
        yield batch


def _score_batch(scored: Scored, batch: Sequence[Segment], baseline: str | None) -> list[dict[str, "_Figures"]]:
    """Return the figures of each model, in the order of models, for each segment of a batch."""
    cells = [GroupCells.of(scored.groups, HASHED_GROUPS, places=one.places, parts=len(one.values) + 1) for one in batch]
    references: list[MetricDraws | None] = [None] * len(batch)
    figures: dict[str, list[_Figures]] = {}
    for model in sorted(scored.models, key=lambda model: model != baseline):
        pools = [_pool(scored, sums) for sums in sum_cells(scored.summands_of(model), cells)]
        if model == baseline:
            references = [pool.of_metric(RANKED_BY) for pool in pools]
        figures[model] = [
            _estimate_figures(pool, reference, mixed=scored.mixed and segment.name != scored.currency)
            for pool, reference, segment in zip(pools, references, batch, strict=True)
        ]
    return [{model: figures[model][place] for model in scored.models} for place in range(len(batch))]


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
    """Return the pooled figures of a model: a part for each value of a segment, and a last part for all windows.

    ``sums`` [values + 1, groups, k + 1] end with those of all other windows.
    """
    every = sums.sum(axis=0, keepdims=True)
    return Pooled.of(np.concatenate([sums[:-1], every]), scored.metrics, seed=scored.seed)


def _estimate_figures(pool: Pooled, reference: MetricDraws | None, *, mixed: bool) -> _Figures:
    """Return the figures of each value of a segment, with skill over the seasonal naive and excess over all windows."""
    relative = pool.skills(RANKED_BY, -1)[:-1]
    skills = [None] * len(relative) if reference is None else estimate_skills(pool.of_metric(RANKED_BY), reference)[:-1]
    return _Figures(pool.figures(mixed=mixed)[:-1], skills, [one.negated() for one in relative])
