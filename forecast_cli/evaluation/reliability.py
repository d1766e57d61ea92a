"""Scores of low-balance probabilities: Brier, skill over the account's own base rate, and reliability."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product
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
from forecast_cli.evaluation.pooled import MetricDraws, estimate_skills
from forecast_cli.evaluation.report import Estimate, LowBalanceScore, ReliabilityBin
from forecast_cli.evaluation.segment import Segment
from forecast_cli.evaluation.window_index import WINDOW, LowBalancePart, LowBalanceParts, WindowIndex

#: Lower edges of the bins of probability. They are fixed, so that models and runs can be compared, and narrow near
#: zero, where most accounts are.
BIN_EDGES: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

_SCORED: Final = (PROBABILITY, BASE_RATE, EVENT)
#: Number of values of a segment whose sums and draws are in memory at a time: 40 MB.
_VALUES: Final = 500


def score_low_balance(low: LowBalanceParts, segments: Sequence[str] = ()) -> tuple[LowBalanceScore, ...]:
    """Score low-balance rows by threshold, period and model, then by each value of each of ``segments``.

    Only windows with a known event and base rate count. Brier score: mean of (probability - event)^2 (Brier 1950,
    Monthly Weather Review 78, 1); skill: 1 - Brier / Brier of the base rate. Each has a 95 % interval from a bootstrap
    over accounts. The skill is NaN if the base rate made no error.
    """
    groups, drawn_from = _assign_accounts(low.index, low.seed), _find_judged_groups(low.index)
    whole: list[_PartSums] = []
    by_value: dict[str, list[LowBalanceScore]] = {name: [] for name in segments}
    for part, rows in low.rows(_SCORED):
        scored = rows.drop_nulls([BASE_RATE, EVENT])
        whole.append(_sum_part(low, part, scored, groups))
        for name, found in by_value.items():
            for piece in low.index.segments[name].take(scored[WINDOW].to_numpy()).pieces(_VALUES):
                sums = _sum_values(low, part, scored, piece)
                found.extend(_score_parts([sums], piece, seed=low.seed, drawn_from=drawn_from))
    return (*_score_parts(whole, None, seed=low.seed), *chain.from_iterable(by_value.values()))


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


def _find_judged_groups(index: WindowIndex) -> NDArray[np.bool_]:
    """Return which of the ``HASHED_GROUPS`` have an account with a window that counts."""
    found = np.zeros(HASHED_GROUPS, dtype=np.bool_)
    found[index.groups[index.judged]] = True
    return found


def _sum_part(low: LowBalanceParts, part: LowBalancePart, scored: pl.DataFrame, groups: NDArray[np.int64]) -> _PartSums:
    """Return the sums of all ``scored`` windows of a part, [1, groups, 4]; ``groups`` are those of the accounts."""
    accounts = low.accounts_of(scored)
    cells = GroupCells.of(groups[accounts], int(groups.max(initial=-1)) + 1)
    [sums] = sum_cells(_summands(scored), [cells])
    return _PartSums(part, sums, np.array([len(np.unique(accounts))]))


def _sum_values(low: LowBalanceParts, part: LowBalancePart, scored: pl.DataFrame, piece: Segment) -> _PartSums:
    """Return the sums of the ``scored`` windows of each value of a piece of a segment, [values, groups, 4]."""
    n = len(piece.values)
    cells = GroupCells.of(low.groups_of(scored), HASHED_GROUPS, places=piece.places, parts=n + 1)
    [sums] = sum_cells(_summands(scored), [cells])
    return _PartSums(part, sums[:n], count_distinct(piece.places, low.accounts_of(scored), n))


def _score_parts(
    parts: Sequence[_PartSums], segment: Segment | None, *, seed: int, drawn_from: NDArray[np.bool_] | None = None
) -> Iterator[LowBalanceScore]:
    """Yield the score of each part, or of each value of ``segment`` in each part, if it has a window that counts."""
    if not parts:
        return
    values = (None,) if segment is None else segment.values
    figures = _estimate_figures(np.concatenate([one.sums for one in parts]), seed=seed, drawn_from=drawn_from)
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


def _estimate_figures(
    sums: NDArray[np.float64], *, seed: int, drawn_from: NDArray[np.bool_] | None
) -> list[tuple[Estimate, ...]]:
    """Return event rate, Brier score, that of the base rate, and skill for each of ``sums`` [parts, groups, 4]."""
    totals, draws = draw_part_totals(sums, seed=seed, drawn_from=drawn_from)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = [estimates(totals[:, one] / totals[:, 3], draws[:, one] / draws[:, 3]) for one in range(3)]
    own, base = (MetricDraws(totals[:, one], draws[:, one]) for one in (1, 2))
    return list(zip(*columns, estimate_skills(own, base), strict=True))
