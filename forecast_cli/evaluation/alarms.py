"""Calibration of low-balance alarms: precision, recall and lead of the riskiest windows, and accuracy of dates."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.core.risk import CROSSED
from forecast_cli.evaluation.bootstrap import (
    Resampled,
    account_codes,
    count_distinct,
    draw_part_totals,
    hash_groups,
    sum_parts,
)
from forecast_cli.evaluation.low_balance import (
    ALREADY,
    DAY,
    DAY_QUANTILES,
    EVENT,
    GROUP,
    PROBABILITY,
    REACHED,
)
from forecast_cli.evaluation.report import Budget, CrossingDate, LowBalanceCalibration
from forecast_cli.evaluation.rows import CUTOFF

#: Shares of all windows for which precision, lift and recall are computed: the riskiest 1 % and 5 %.
BUDGETS: Final = (0.01, 0.05)

_QUARTILES: Final = (0.25, 0.5, 0.75)


def calibrate_low_balance(
    frame: pl.DataFrame, *, keys: Sequence[str] = (c.UNIQUE_ID,), seed: int = 0
) -> tuple[LowBalanceCalibration, ...]:
    """Compare rows of ``low_balance_rows`` with the events, by threshold, window and model, in that order.

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
    known = frame.drop_nulls(EVENT).sort(*GROUP, *keys, CUTOFF)
    scored = known.filter(~pl.col(ALREADY))
    if scored.is_empty():
        return ()
    already = {tuple(part): count for *part, count in known.group_by(GROUP).agg(pl.col(ALREADY).sum()).iter_rows()}
    combinations = scored.group_by(GROUP, maintain_order=True).len()
    places = np.repeat(np.arange(combinations.height), combinations["len"].to_numpy())
    ends = [0, *np.cumsum(combinations["len"].to_numpy()).tolist()]
    weights = [_budget_weights(scored[PROBABILITY].to_numpy(), ends, share) for share in BUDGETS]
    sums = sum_parts(
        _summands(scored, weights), places, hash_groups(scored, keys, seed=seed), parts=combinations.height
    )
    accounts = count_distinct(places, account_codes(scored, keys), combinations.height)
    figures = zip(combinations.iter_rows(), pairwise(ends), *draw_part_totals(sums, seed=seed), strict=True)
    return tuple(
        LowBalanceCalibration(
            threshold=threshold,
            days=days,
            model=model,
            accounts=int(accounts[place]),
            windows=windows,
            already=already[threshold, days, model],
            **_build_figures(Resampled(totals, draws), scored[start:stop], [weight[start:stop] for weight in weights]),
        )
        for place, ((threshold, days, model, windows), (start, stop), totals, draws) in enumerate(figures)
    )


#: Places of the columns of the summands: probability; event; for each budget, weighted events and weights; for each
#: date, whether the window had crossed by it, the share of paths that had, and whether there is a date. The last column
#: is 1, so its sum counts windows.
_PROBABILITY, _EVENT, _FIRST_BUDGET, _FIRST_DATE = 0, 1, 2, 2 + 2 * len(BUDGETS)


def _build_figures(sums: Resampled, part: pl.DataFrame, weights: Sequence[NDArray[np.float64]]) -> dict[str, Any]:
    return {
        "predicted": sums.ratio((_PROBABILITY,), (-1,)),
        "observed": sums.ratio((_EVENT,), (-1,)),
        "budgets": tuple(_build_budget(sums, part, number, weight) for number, weight in enumerate(weights)),
        "dates": tuple(_crossing_dates(sums)),
    }


def _budget_weights(probability: NDArray[np.float64], ends: Sequence[int], share: float) -> NDArray[np.float64]:
    """Return the weight of each window among the ceil(share n) riskiest of its part, from 0 to 1, [m]."""
    weights = np.zeros(len(probability))
    for start, stop in pairwise(ends):
        part = probability[start:stop]
        size = _budget_size(len(part), share)
        lowest = np.partition(part, len(part) - size)[len(part) - size]
        above, tied = part > lowest, part == lowest
        weights[start:stop] = above + tied * ((size - above.sum()) / tied.sum())
    return weights


def _budget_size(n: int, share: float) -> int:
    return int(np.ceil(n * share - 1e-9))


def _summands(scored: pl.DataFrame, weights: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    event = scored[EVENT].cast(pl.Float64).to_numpy()
    budgets = [column for weight in weights for column in (weight * event, weight)]
    return np.column_stack(
        [scored[PROBABILITY].to_numpy(), event, *budgets, *_date_columns(scored), np.ones(len(event))]
    )


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


def _build_budget(sums: Resampled, part: pl.DataFrame, number: int, weights: NDArray[np.float64]) -> Budget:
    hits, size = _FIRST_BUDGET + 2 * number, _FIRST_BUDGET + 2 * number + 1
    selected = part.filter(weights > 0)
    return Budget(
        share=BUDGETS[number],
        windows=_budget_size(part.height, BUDGETS[number]),
        probability=selected.select(pl.col(PROBABILITY).min()).item(),
        precision=sums.ratio((hits,), (size,)),
        lift=sums.ratio((hits, -1), (size, _EVENT)),
        recall=sums.ratio((hits,), (_EVENT,)),
        lead=_lead_quartiles(selected),
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
