"""Scores of low-balance probabilities: Brier, skill over the account's own base rate, and reliability."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.evaluation.bootstrap import (
    HASHED_GROUPS,
    GroupCells,
    assign_groups,
    count_distinct,
    draw_part_totals,
    estimates,
    sum_cells,
)
from forecast_cli.evaluation.low_balance import BASE_RATE, EVENT, PROBABILITY
from forecast_cli.evaluation.low_balance_parts import WINDOW, LowBalanceParts
from forecast_cli.evaluation.pooled import MetricDraws, estimate_skills
from forecast_cli.evaluation.report import Estimate, LowBalanceScore, ReliabilityBin
from forecast_cli.evaluation.segment import Segment
from forecast_cli.evaluation.window_index import LowBalancePart, WindowIndex

#: Lower edges of the bins of probability. They are fixed, so that models and runs can be compared, and narrow near
#: zero, where most accounts are.
BIN_EDGES: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

_SCORED: Final = (PROBABILITY, BASE_RATE, EVENT)


def score_low_balance(low: LowBalanceParts, segments: Sequence[str] = ()) -> tuple[LowBalanceScore, ...]:
    """Score low-balance rows by threshold, period and model, then by each value of each of ``segments``.

    Only windows with a known event and base rate count. Brier score: mean of (probability - event)^2 (Brier 1950,
    Monthly Weather Review 78, 1); skill: 1 - Brier / Brier of the base rate. Each has a 95 % interval from a bootstrap
    over accounts. The skill is NaN if the base rate made no error.
    """
    grouped = [low.index.segments[name] for name in segments]
    groups = _assign_accounts(low.index, low.seed)
    parts = [_sum_part(low, part, rows, segments=grouped, groups=groups) for part, rows in low.rows(_SCORED)]
    return tuple(
        score
        for place, segment in enumerate([None, *grouped])
        for score in _score_parts([sums[place] for sums in parts], segment, seed=low.seed)
    )


def bin_reliability(low: LowBalanceParts) -> tuple[ReliabilityBin, ...]:
    """Return, for windows of about the same probability, their mean probability and the share of them that ran low.

    Bins are fixed (``BIN_EDGES``; the last one includes 1), and empty ones are left out. The order is that of
    ``score_low_balance``, with the lowest probability first.
    """
    return tuple(
        found for part, rows in low.rows([PROBABILITY, EVENT]) for found in _bins_of(part, rows.drop_nulls(EVENT))
    )


def _bins_of(part: LowBalancePart, known: pl.DataFrame) -> Iterator[ReliabilityBin]:
    threshold, days, model = part
    reached = pl.sum_horizontal(pl.col(PROBABILITY) >= edge for edge in BIN_EDGES)
    bins = (
        known.group_by(reached.alias("bin"))
        .agg(predicted=pl.col(PROBABILITY).sort().mean(), observed=pl.col(EVENT).mean(), windows=pl.len())
        .sort("bin")
        .drop("bin")
    )
    for row in bins.iter_rows(named=True):
        yield ReliabilityBin(threshold=threshold, days=days, model=model, **row)


@dataclass(frozen=True)
class _PartSums:
    """Sums of the windows of a ``part``, by value of a segment: [values, groups, 4], and numbers of ``accounts``."""

    part: LowBalancePart
    sums: NDArray[np.float64]
    accounts: NDArray[np.int64]


def _assign_accounts(index: WindowIndex, seed: int) -> NDArray[np.int64]:
    """Return the bootstrap group of each account that has a window that counts, -1 for others."""
    groups = np.full(int(index.accounts.max(initial=-1)) + 1, -1)
    counted = np.unique(index.accounts[index.judged])
    groups[counted] = assign_groups(counted, seed)
    return groups


def _sum_part(
    low: LowBalanceParts,
    part: LowBalancePart,
    rows: pl.DataFrame,
    *,
    segments: Sequence[Segment],
    groups: NDArray[np.int64],
) -> list[_PartSums]:
    """Return the sums of all windows that count, and by each of ``segments``. ``groups`` are those of the accounts."""
    scored = rows.drop_nulls([BASE_RATE, EVENT])
    accounts, hashed = low.accounts_of(scored), low.groups_of(scored)
    taken = [segment.take(scored[WINDOW].to_numpy()) for segment in segments]
    cells = [
        GroupCells.of(groups[accounts], int(groups.max(initial=-1)) + 1),
        *(GroupCells.of(hashed, HASHED_GROUPS, places=one.places, parts=len(one.values)) for one in taken),
    ]
    counts = [
        np.array([len(np.unique(accounts))]),
        *(count_distinct(one.places, accounts, len(one.values)) for one in taken),
    ]
    sums = sum_cells(_summands(scored), cells)
    return [_PartSums(part, own, count) for own, count in zip(sums, counts, strict=True)]


def _score_parts(parts: Sequence[_PartSums], segment: Segment | None, *, seed: int) -> Iterator[LowBalanceScore]:
    """Yield the score of each part, or of each value of ``segment`` in each part, if it has a window that counts."""
    if not parts:
        return
    values = (None,) if segment is None else segment.values
    figures = _estimate_figures(np.concatenate([one.sums for one in parts]), seed=seed)
    cells = product(parts, range(len(values)))
    for (one, place), (event_rate, brier, base_brier, skill) in zip(cells, figures, strict=True):
        windows = int(one.sums[place, :, -1].sum())
        if not windows:
            continue
        threshold, days, model = one.part
        yield LowBalanceScore(
            model=model,
            threshold=threshold,
            days=days,
            segment=None if segment is None else segment.name,
            value=values[place],
            accounts=int(one.accounts[place]),
            windows=windows,
            event_rate=event_rate,
            brier=brier,
            base_brier=base_brier,
            skill=skill,
        )


def _summands(scored: pl.DataFrame) -> Iterator[NDArray[np.float64]]:
    """Yield the event, the squared errors of probability and of base rate, and a column of ones, each [m]."""
    event = scored[EVENT].cast(pl.Float64).to_numpy()
    yield event
    for name in (PROBABILITY, BASE_RATE):
        yield np.square(scored[name].to_numpy() - event)
    yield np.ones(len(event))


def _estimate_figures(sums: NDArray[np.float64], *, seed: int) -> list[tuple[Estimate, ...]]:
    """Return event rate, Brier score, that of the base rate, and skill for each of ``sums`` [parts, groups, 4]."""
    totals, draws = draw_part_totals(sums, seed=seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = [estimates(totals[:, one] / totals[:, 3], draws[:, one] / draws[:, 3]) for one in range(3)]
    own, base = (MetricDraws(totals[:, one], draws[:, one]) for one in (1, 2))
    return list(zip(*columns, estimate_skills(own, base), strict=True))
