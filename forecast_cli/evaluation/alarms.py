"""Calibration of low-balance alarms: precision, recall and lead of the riskiest windows, and accuracy of dates."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core.risk_columns import CROSSED
from forecast_cli.evaluation.bootstrap import HASHED_GROUPS, GroupCells, Resampled, draw_part_totals, sum_cells
from forecast_cli.evaluation.low_balance import ALREADY, DAY, DAY_QUANTILES, EVENT, PROBABILITY, REACHED
from forecast_cli.evaluation.report import Budget, CrossingDate, LowBalanceCalibration
from forecast_cli.evaluation.window_index import LowBalancePart, LowBalanceParts

#: Shares of all windows for which precision, lift and recall are computed: the riskiest 1 % and 5 %.
BUDGETS: Final = (0.01, 0.05)

_CALIBRATED: Final = (PROBABILITY, ALREADY, EVENT, DAY, *DAY_QUANTILES, *REACHED)
_QUARTILES: Final = (0.25, 0.5, 0.75)


def calibrate_low_balance(low: LowBalanceParts) -> tuple[LowBalanceCalibration, ...]:
    """Compare probabilities of low balances with the events, by threshold, window and model, in that order.

    Only windows count whose event is known and whose balance was not under the threshold at the cutoff (n of them): an
    account that is low already needs no alarm.

    - Precision at a budget: share that ran low among the ceil(share n) windows of the highest probability ("precision
      at k"; Manning, Raghavan and Schütze 2008, Introduction to Information Retrieval, section 8.4).
    - Lift: precision divided by the share of all n windows that ran low.
    - Recall: share of all windows that ran low that are among those of the budget.
    - Dates: over the windows with a date by which 10, 50 or 90 % of paths cross, the mean share of paths that crossed
      by then and the share of windows that did.

    Where several windows of the same probability share the last places of a budget, each counts with an equal part of
    these places, as if drawn among them. Each figure has a 95 % interval from a bootstrap over groups of accounts, with
    the windows of a budget fixed.
    """
    parts = [found for part, rows in low.rows(_CALIBRATED) if (found := _tally_part(low, part, rows)) is not None]
    if not parts:
        return ()
    totals, draws = draw_part_totals(np.concatenate([one.sums for one in parts]), seed=low.seed)
    return tuple(
        LowBalanceCalibration(
            threshold=one.part[0],
            days=one.part[1],
            model=one.part[2],
            accounts=one.accounts,
            windows=one.windows,
            already=one.already,
            **_build_figures(one, Resampled(totals[place], draws[place])),
        )
        for place, one in enumerate(parts)
    )


@dataclass(frozen=True)
class _Riskiest:
    """The windows of a budget: the lowest probability among them, and quartiles of the days that they lead by."""

    probability: float
    lead: tuple[float, float, float]


@dataclass(frozen=True)
class _PartTally:
    """Counts of a part, ``sums`` [1, groups, k] of its summands, and the windows of each budget."""

    part: LowBalancePart
    accounts: int
    windows: int
    already: int
    sums: NDArray[np.float64]
    riskiest: tuple[_Riskiest, ...]


def _tally_part(low: LowBalanceParts, part: LowBalancePart, rows: pl.DataFrame) -> _PartTally | None:
    """Return what is needed of a part, None if no window counts."""
    known = rows.drop_nulls(EVENT)
    scored = known.filter(~pl.col(ALREADY))
    if scored.is_empty():
        return None
    weights = [_budget_weights(scored[PROBABILITY].to_numpy(), share) for share in BUDGETS]
    [sums] = sum_cells(_summands(scored, weights), [GroupCells.of(low.groups_of(scored), HASHED_GROUPS)])
    return _PartTally(
        part=part,
        accounts=len(np.unique(low.accounts_of(scored))),
        windows=scored.height,
        already=known.height - scored.height,
        sums=sums,
        riskiest=tuple(_describe_riskiest(scored.filter(weight > 0)) for weight in weights),
    )


def _describe_riskiest(selected: pl.DataFrame) -> _Riskiest:
    return _Riskiest(selected.select(pl.col(PROBABILITY).min()).item(), _lead_quartiles(selected))


#: Places of the columns of the summands: probability; event; for each budget, weighted events and weights; for each
#: date, whether the window had crossed by it, the share of paths that had, and whether there is a date. The last column
#: is 1, so its sum counts windows.
_PROBABILITY, _EVENT, _FIRST_BUDGET, _FIRST_DATE = 0, 1, 2, 2 + 2 * len(BUDGETS)


def _build_figures(part: _PartTally, sums: Resampled) -> dict[str, Any]:
    return {
        "predicted": sums.ratio((_PROBABILITY,), (-1,)),
        "observed": sums.ratio((_EVENT,), (-1,)),
        "budgets": tuple(_build_budget(part, number, sums) for number in range(len(BUDGETS))),
        "dates": tuple(_crossing_dates(sums)),
    }


def _budget_weights(probability: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return the weight of each of n windows among the ceil(share n) riskiest, from 0 to 1, [n]."""
    n, size = len(probability), _budget_size(len(probability), share)
    lowest = np.partition(probability, n - size)[n - size]
    above, tied = probability > lowest, probability == lowest
    weights: NDArray[np.float64] = above + tied * ((size - above.sum()) / tied.sum())
    return weights


def _budget_size(n: int, share: float) -> int:
    return int(np.ceil(n * share - 1e-9))


def _summands(scored: pl.DataFrame, weights: Sequence[NDArray[np.float64]]) -> Iterator[NDArray[np.float64]]:
    event = scored[EVENT].cast(pl.Float64).to_numpy()
    yield scored[PROBABILITY].to_numpy()
    yield event
    for weight in weights:
        yield weight * event
        yield weight
    yield from _date_columns(scored)
    yield np.ones(len(event))


def _date_columns(scored: pl.DataFrame) -> Iterator[NDArray[np.float64]]:
    """Yield for each date: whether the window had crossed by it, the share of paths that had, whether it exists.

    The share is NaN where it is not known, and 0 where there is no date.
    """
    for day, reached in zip(DAY_QUANTILES, REACHED, strict=True):
        share = pl.when(pl.col(day).is_not_null()).then(pl.col(reached).fill_null(math.nan))
        yield from (
            scored.select(column.cast(pl.Float64).fill_null(0.0)).to_series().to_numpy()
            for column in (pl.col(DAY) <= pl.col(day), share, pl.col(day).is_not_null())
        )


def _build_budget(part: _PartTally, number: int, sums: Resampled) -> Budget:
    hits, size = _FIRST_BUDGET + 2 * number, _FIRST_BUDGET + 2 * number + 1
    return Budget(
        share=BUDGETS[number],
        windows=_budget_size(part.windows, BUDGETS[number]),
        probability=part.riskiest[number].probability,
        precision=sums.ratio((hits,), (size,)),
        lift=sums.ratio((hits, -1), (size, _EVENT)),
        recall=sums.ratio((hits,), (_EVENT,)),
        lead=part.riskiest[number].lead,
    )


def _lead_quartiles(selected: pl.DataFrame) -> tuple[float, float, float]:
    """Return quartiles of the days from the cutoff to the first balance under the threshold, NaN if there are none."""
    days = selected[DAY].drop_nulls().to_numpy()
    if not len(days):
        return (np.nan, np.nan, np.nan)
    low, middle, high = np.quantile(days, _QUARTILES).tolist()
    return (low, middle, high)


def _crossing_dates(sums: Resampled) -> Iterator[CrossingDate]:
    for number, share in enumerate(CROSSED):
        crossed, reached, exists = (_FIRST_DATE + 3 * number + offset for offset in range(3))
        yield CrossingDate(
            share=share,
            windows=round(float(sums.totals[exists])),
            predicted=sums.ratio((reached,), (exists,)),
            observed=sums.ratio((crossed,), (exists,)),
        )
