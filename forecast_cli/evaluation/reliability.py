"""Scores of low-balance probabilities: Brier, skill over the account's own base rate, and reliability."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.evaluation.bootstrap import (
    account_codes,
    assign_groups,
    count_distinct,
    draw_part_totals,
    estimates,
    hash_groups,
    sum_parts,
)
from forecast_cli.evaluation.low_balance import BASE_RATE, EVENT, GROUP, PROBABILITY
from forecast_cli.evaluation.pooled import MetricDraws, estimate_skills
from forecast_cli.evaluation.report import Estimate, LowBalanceScore, ReliabilityBin
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.evaluation.segments import Segment

#: Lower edges of the bins of probability. They are fixed, so that models and runs can be compared, and narrow near
#: zero, where most accounts are.
BIN_EDGES: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def score_low_balance(
    frame: pl.DataFrame, *, keys: Sequence[str] = (c.UNIQUE_ID,), seed: int = 0
) -> tuple[LowBalanceScore, ...]:
    """Score rows of ``low_balance_rows`` by threshold, period and model, sorted in that order.

    ``keys`` identify the accounts. Only windows with a known event and base rate count. Brier score: mean of
    (probability - event)^2 (Brier 1950, Monthly Weather Review 78, 1); skill: 1 - Brier / Brier of the base rate. Each
    has a 95 % interval from a bootstrap over accounts. The skill is NaN if the base rate made no error.
    """
    scored = _select_windows(frame, keys)
    accounts = account_codes(scored, keys)
    return tuple(_score_parts(scored, None, groups=assign_groups(accounts, seed), accounts=accounts, seed=seed))


def score_low_balance_segments(
    frame: pl.DataFrame, windows: pl.DataFrame, segments: Sequence[str], *, keys: Sequence[str], seed: int = 0
) -> tuple[LowBalanceScore, ...]:
    """Score rows of ``low_balance_rows`` by each value of each of ``segments``, text columns of the window rows."""
    scored = _select_windows(frame, keys)
    groups, accounts = hash_groups(scored, keys, seed=seed), account_codes(scored, keys)
    by = [*keys, CUTOFF]
    numbered = windows.select(by).with_row_index("window")
    places = scored.join(numbered, on=by, how="left", maintain_order="left")["window"].to_numpy()
    grouped = (Segment.of(windows[name]).take(places) for name in segments)
    return tuple(
        score
        for segment in grouped
        for score in _score_parts(scored, segment, groups=groups, accounts=accounts, seed=seed)
    )


def bin_reliability(frame: pl.DataFrame) -> tuple[ReliabilityBin, ...]:
    """Return, for windows of about the same probability, their mean probability and the share of them that ran low.

    Bins are fixed (``BIN_EDGES``; the last one includes 1), and empty ones are left out. The order is that of
    ``score_low_balance``, with the lowest probability first.
    """
    reached = pl.sum_horizontal(pl.col(PROBABILITY) >= edge for edge in BIN_EDGES)
    bins = (
        frame.drop_nulls(EVENT)
        .group_by(*GROUP, reached.alias("bin"))
        .agg(predicted=pl.col(PROBABILITY).sort().mean(), observed=pl.col(EVENT).mean(), windows=pl.len())
        .sort(*GROUP, "bin")
        .drop("bin")
    )
    return tuple(ReliabilityBin(**row) for row in bins.iter_rows(named=True))


def _select_windows(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Return the windows that count, sorted by threshold, period and model."""
    return frame.drop_nulls([BASE_RATE, EVENT]).sort(*GROUP, *keys, CUTOFF)


def _score_parts(
    scored: pl.DataFrame,
    segment: Segment | None,
    *,
    groups: NDArray[np.int64],
    accounts: NDArray[np.int64],
    seed: int,
) -> Iterator[LowBalanceScore]:
    """Yield the score of each threshold, period and model, and of each value of ``segment`` if there is one.

    ``groups`` and ``accounts`` [m] are the bootstrap group and the account of each row of ``scored``.
    """
    combinations = scored.group_by(GROUP, maintain_order=True).len()
    combination = np.repeat(np.arange(combinations.height), combinations["len"].to_numpy())
    values = (None,) if segment is None else segment.values
    places = combination * len(values) + (0 if segment is None else segment.places)
    parts = combinations.height * len(values)
    figures = _estimate_figures(sum_parts(_summands(scored), places, groups, parts=parts), seed=seed)
    counts = count_distinct(places, accounts, parts), np.bincount(places, minlength=parts)
    for place in np.flatnonzero(counts[1]).tolist():
        threshold, days, model, _ = combinations.row(place // len(values))
        event_rate, brier, base_brier, skill = figures[place]
        yield LowBalanceScore(
            model=model,
            threshold=threshold,
            days=days,
            segment=None if segment is None else segment.name,
            value=values[place % len(values)],
            accounts=int(counts[0][place]),
            windows=int(counts[1][place]),
            event_rate=event_rate,
            brier=brier,
            base_brier=base_brier,
            skill=skill,
        )


def _summands(scored: pl.DataFrame) -> NDArray[np.float64]:
    """Return the event, the squared errors of probability and of base rate, and a column of ones, [m, 4]."""
    event = scored[EVENT].cast(pl.Float64).to_numpy()
    squared = (np.square(scored[name].to_numpy() - event) for name in (PROBABILITY, BASE_RATE))
    return np.column_stack([event, *squared, np.ones(len(event))])


def _estimate_figures(sums: NDArray[np.float64], *, seed: int) -> list[tuple[Estimate, ...]]:
    """Return event rate, Brier score, that of the base rate, and skill for each of ``sums`` [parts, groups, 4]."""
    totals, draws = draw_part_totals(sums, seed=seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = [estimates(totals[:, one] / totals[:, 3], draws[:, one] / draws[:, 3]) for one in range(3)]
    own, base = (MetricDraws(totals[:, one], draws[:, one]) for one in (1, 2))
    return list(zip(*columns, estimate_skills(own, base), strict=True))
