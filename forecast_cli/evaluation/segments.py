"""Segments: accuracy by groups of windows, such as long and short histories, or the types of accounts."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.evaluation.bootstrap import account_codes, bootstrap_means
from forecast_cli.evaluation.facts import BANDS
from forecast_cli.evaluation.leaderboard import level_figures, level_metrics, means_of
from forecast_cli.evaluation.report import SegmentScore
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.evaluation.scoring import Scored

#: What windows are called whose account has no value in a column of the input.
NO_VALUE: Final = "(none)"

#: A segment is a column of the input and may be called anything, even ``model``.
_TOLD: Final = "value of the segment"


def score_segments(scored: Scored, segments: Sequence[str]) -> tuple[SegmentScore, ...]:
    """Return a score for each value of each segment and each model: segments as given, values and models in order.

    ``segments`` are text columns of the window rows. Only windows with a scale count. Bands come in their own order,
    from low to high; other values in that of the alphabet.
    """
    wide = scored.wide(["scrps", "mase", *level_metrics(scored.levels)])
    return tuple(score for segment in segments for score in _score_segment(scored, wide, segment))


def _score_segment(scored: Scored, wide: pl.DataFrame, segment: str) -> Iterator[SegmentScore]:
    by = [*scored.keys, CUTOFF]
    told = scored.windows.select(*by, pl.col(segment).fill_null(NO_VALUE).alias(_TOLD))
    groups = wide.join(told, on=by, how="left", maintain_order="left").partition_by(_TOLD, as_dict=True)
    for value in _in_order(segment, [str(value) for (value,) in groups]):
        for own in groups[value,].partition_by(c.MODEL, maintain_order=True):
            yield _score(scored, own, segment=segment, value=value)


def _in_order(segment: str, values: list[str]) -> list[str]:
    bands = [band for band in BANDS.get(segment, ()) if band in values]
    return [*bands, *sorted(set(values) - set(bands))]


def _score(scored: Scored, own: pl.DataFrame, *, segment: str, value: str) -> SegmentScore:
    accounts = account_codes(own, scored.keys)
    means = means_of(own, ["mase", *level_metrics(scored.levels)])
    return SegmentScore(
        segment=segment,
        value=value,
        model=own[c.MODEL][0],
        accounts=len(np.unique(accounts)),
        windows=own.height,
        scrps=bootstrap_means(own["scrps"].to_numpy(), accounts, seed=scored.seed),
        mase=means["mase"],
        levels=level_figures(means, scored.levels),
    )
