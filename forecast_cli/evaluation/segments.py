"""Segments: accuracy by groups of windows, such as long and short histories or types of accounts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.evaluation.bootstrap import account_codes, count_distinct, hash_groups, sum_parts
from forecast_cli.evaluation.facts import BANDS
from forecast_cli.evaluation.leaderboard import RANKED_BY, choose_baseline
from forecast_cli.evaluation.pooled import MetricDraws, Pooled, estimate_skills
from forecast_cli.evaluation.report import Estimate, SegmentScore
from forecast_cli.evaluation.scored import Scored

#: Segment value of windows whose account has no value in the column of the input.
NO_VALUE: Final = "(none)"


@dataclass(frozen=True)
class Segment:
    """Windows grouped by a column: its ``values``, in order, and ``places`` [m], the index of each window's value."""

    name: str
    values: tuple[str, ...]
    places: NDArray[np.int64]

    @classmethod
    def of(cls, column: pl.Series) -> "Segment":
        """Group windows by a text column; bands keep their own order, other values are sorted alphabetically."""
        texts = column.cast(pl.String).fill_null(NO_VALUE)
        present = set(texts)
        bands = [band for band in BANDS.get(column.name, ()) if band in present]
        values = (*bands, *sorted(present - set(bands)))
        place_of = {value: place for place, value in enumerate(values)}
        return cls(column.name, values, np.array([place_of[value] for value in texts], dtype=np.int64))

    def take(self, windows: NDArray[np.int64]) -> "Segment":
        """Return the segment of ``windows`` [rows], indices into its windows; the values stay the same."""
        return replace(self, places=self.places[windows])


def score_segments(scored: Scored, segments: Sequence[str], *, season: int) -> tuple[SegmentScore, ...]:
    """Return a score for each value of each segment and each model: segments as given, values and models in order.

    ``segments`` are text columns of the window rows; ``season`` selects the seasonal naive for the skill. With several
    currencies, figures in units of the balance are NaN, except in the segment that is the currency.
    """
    grouped = [Segment.of(scored.windows[name]) for name in segments]
    baseline = choose_baseline(scored.models, season=season)
    references = (
        [pool.of_metric(RANKED_BY) for pool in _pool_by_segment(scored, baseline, grouped)]
        if baseline
        else [None] * len(grouped)
    )
    by_model = {
        model: [
            _estimate_figures(pool, reference, mixed=scored.mixed and segment.name != scored.currency)
            for pool, segment, reference in zip(
                _pool_by_segment(scored, model, grouped), grouped, references, strict=True
            )
        ]
        for model in scored.models
    }
    return tuple(
        score
        for place, segment in enumerate(grouped)
        for score in _build_scores(scored, segment, {model: figures[place] for model, figures in by_model.items()})
    )


@dataclass(frozen=True)
class _Figures:
    """A model's figures for each value of a segment."""

    metrics: list[dict[str, Estimate]]
    skills: Sequence[Estimate | None]
    excess: list[Estimate]


def _build_scores(scored: Scored, segment: Segment, by_model: Mapping[str, _Figures]) -> Iterator[SegmentScore]:
    n = len(segment.values)
    accounts = count_distinct(segment.places, account_codes(scored.windows, scored.keys), n)
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


def _pool_by_segment(scored: Scored, model: str, segments: Sequence[Segment]) -> Iterator[Pooled]:
    """Yield the pooled figures of a model by segment: a part for each value, and a last part for all windows."""
    values, groups = scored.summands_of(model), hash_groups(scored.windows, scored.keys, seed=scored.seed)
    for segment in segments:
        sums = sum_parts(values, segment.places, groups, parts=len(segment.values))
        yield Pooled.of(np.concatenate([sums, sums.sum(axis=0, keepdims=True)]), scored.metrics, seed=scored.seed)


def _estimate_figures(pool: Pooled, reference: MetricDraws | None, *, mixed: bool) -> _Figures:
    """Return the figures of each value of a segment, with skill over the seasonal naive and excess over all windows."""
    relative = pool.skills(RANKED_BY, -1)[:-1]
    skills = [None] * len(relative) if reference is None else estimate_skills(pool.of_metric(RANKED_BY), reference)[:-1]
    return _Figures(pool.figures(mixed=mixed)[:-1], skills, [one.negated() for one in relative])
