"""Segments: accuracy by groups of windows, such as long and short histories, or the types of accounts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.evaluation.bootstrap import account_codes, count_distinct, hashed_groups, sum_parts
from forecast_cli.evaluation.facts import BANDS
from forecast_cli.evaluation.pooled import Pooled
from forecast_cli.evaluation.report import Estimate, SegmentScore
from forecast_cli.evaluation.scored import Scored

#: What windows are called whose account has no value in a column of the input.
NO_VALUE: Final = "(none)"


@dataclass(frozen=True)
class Segment:
    """Windows by one of their columns: its ``values``, in order, and ``places`` [m], the value of each window."""

    name: str
    values: tuple[str, ...]
    places: NDArray[np.int64]

    @classmethod
    def of(cls, column: pl.Series) -> "Segment":
        """Cut windows by a text column. Bands come in their own order, other values in that of the alphabet."""
        told = column.cast(pl.String).fill_null(NO_VALUE)
        found = set(told)
        bands = [band for band in BANDS.get(column.name, ()) if band in found]
        values = (*bands, *sorted(found - set(bands)))
        place_of = {value: place for place, value in enumerate(values)}
        return cls(column.name, values, np.array([place_of[value] for value in told], dtype=np.int64))

    def take(self, windows: NDArray[np.int64]) -> "Segment":
        """Return the segment of ``windows`` [rows], places among those it was cut from; values stay the same."""
        return replace(self, places=self.places[windows])


def score_segments(scored: Scored, segments: Sequence[str]) -> tuple[SegmentScore, ...]:
    """Return a score for each value of each segment and each model: segments as given, values and models in order.

    ``segments`` are text columns of the window rows. Figures in units of balances of several currencies are NaN, but
    for the segment that is the currency.
    """
    cut = [Segment.of(scored.windows[name]) for name in segments]
    figures = {model: _figures(scored, model, cut) for model in scored.models}
    return tuple(score for segment in cut for score in _scores(scored, segment, figures))


def _scores(
    scored: Scored, segment: Segment, figures: Mapping[str, Mapping[str, list[dict[str, Estimate]]]]
) -> Iterator[SegmentScore]:
    n = len(segment.values)
    accounts = count_distinct(segment.places, account_codes(scored.windows, scored.keys), n)
    windows = np.bincount(segment.places, minlength=n)
    for place, value in enumerate(segment.values):
        for model in scored.models:
            yield SegmentScore(
                segment=segment.name,
                value=value,
                model=model,
                accounts=int(accounts[place]),
                windows=int(windows[place]),
                metrics=figures[model][segment.name][place],
            )


def _figures(scored: Scored, model: str, segments: Sequence[Segment]) -> dict[str, list[dict[str, Estimate]]]:
    """Return every metric of a model by segment, for each of its values."""
    values, groups = scored.summands_of(model), hashed_groups(scored.windows, scored.keys, seed=scored.seed)
    told = {}
    for segment in segments:
        sums = sum_parts(values, segment.places, groups, parts=len(segment.values))
        mixed = scored.mixed and segment.name != scored.currency
        told[segment.name] = Pooled.of(sums, scored.metrics, seed=scored.seed).figures(mixed=mixed)
    return told
