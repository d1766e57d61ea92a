"""Calibration of low-balance alarms: precision, recall and lead of the riskiest windows, and accuracy of dates."""

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
    draw_parts,
    hashed_groups,
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
    asked = scored.group_by(GROUP, maintain_order=True).len()
    places = np.repeat(np.arange(asked.height), asked["len"].to_numpy())
    ends = [0, *np.cumsum(asked["len"].to_numpy()).tolist()]
    weights = [_weights(scored[PROBABILITY].to_numpy(), ends, share) for share in BUDGETS]
    sums = sum_parts(_summands(scored, weights), places, hashed_groups(scored, keys, seed=seed), parts=asked.height)
    accounts = count_distinct(places, account_codes(scored, keys), asked.height)
    figures = zip(asked.iter_rows(), pairwise(ends), *draw_parts(sums, seed=seed), strict=True)
    return tuple(
        LowBalanceCalibration(
            threshold=threshold,
            days=days,
            model=model,
            accounts=int(accounts[place]),
            windows=windows,
            already=already[threshold, days, model],
            **_figures(Resampled(totals, draws), scored[start:stop], [weight[start:stop] for weight in weights]),
        )
        for place, ((threshold, days, model, windows), (start, stop), totals, draws) in enumerate(figures)
    )


#: Places of the columns of the summands: probability; event; for each budget, weighted events and weights; for each
#: date, whether the window had crossed by it, the share of paths that had, and whether there is a date. The last column
#: is 1, so its sum counts windows.
_P, _E, _BUDGET, _DATE = 0, 1, 2, 2 + 2 * len(BUDGETS)


def _figures(sums: Resampled, part: pl.DataFrame, weights: Sequence[NDArray[np.float64]]) -> dict[str, Any]:
    return {
        "predicted": sums.ratio((_P,), (-1,)),
        "observed": sums.ratio((_E,), (-1,)),
        "budgets": tuple(_budget(sums, part, number, weight) for number, weight in enumerate(weights)),
        "dates": tuple(_dates(sums)),
    }


def _weights(probability: NDArray[np.float64], ends: Sequence[int], share: float) -> NDArray[np.float64]:
    """Return the weight of each window among the ceil(share n) riskiest of its part, from 0 to 1, [m]."""
    weights = np.zeros(len(probability))
    for start, stop in pairwise(ends):
        part = probability[start:stop]
        room = _room(len(part), share)
        last = np.partition(part, len(part) - room)[len(part) - room]
        above, level = part > last, part == last
        weights[start:stop] = above + level * ((room - above.sum()) / level.sum())
    return weights


def _room(n: int, share: float) -> int:
    return int(np.ceil(n * share - 1e-9))


def _summands(scored: pl.DataFrame, weights: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    event = scored[EVENT].cast(pl.Float64).to_numpy()
    budgets = [column for weight in weights for column in (weight * event, weight)]
    return np.column_stack(
        [scored[PROBABILITY].to_numpy(), event, *budgets, *_date_columns(scored), np.ones(len(event))]
    )


def _date_columns(scored: pl.DataFrame) -> Iterator[NDArray[np.float64]]:
    """Yield for each date: whether the window had crossed by it, the share of paths that had, whether it exists."""
    for day, reached in zip(DAY_QUANTILES, REACHED, strict=True):
        yield from (
            scored.select(told.cast(pl.Float64).fill_null(0.0)).to_series().to_numpy()
            for told in (pl.col(DAY) <= pl.col(day), pl.col(reached), pl.col(day).is_not_null())
        )


def _budget(sums: Resampled, part: pl.DataFrame, number: int, weights: NDArray[np.float64]) -> Budget:
    caught, room = _BUDGET + 2 * number, _BUDGET + 2 * number + 1
    among = part.filter(weights > 0)
    return Budget(
        share=BUDGETS[number],
        windows=_room(part.height, BUDGETS[number]),
        probability=among.select(pl.col(PROBABILITY).min()).item(),
        precision=sums.ratio((caught,), (room,)),
        lift=sums.ratio((caught, -1), (room, _E)),
        recall=sums.ratio((caught,), (_E,)),
        lead=_lead(among),
    )


def _lead(among: pl.DataFrame) -> tuple[float, float, float]:
    """Return quartiles of the days from the cutoff to the first balance under the threshold, NaN if there are none."""
    days = among[DAY].drop_nulls().to_numpy()
    if not len(days):
        return (np.nan, np.nan, np.nan)
    low, middle, high = np.quantile(days, _QUARTILES).tolist()
    return (low, middle, high)


def _dates(sums: Resampled) -> Iterator[CrossingDate]:
    for number, share in enumerate(CROSSED):
        came, reached, there = (_DATE + 3 * number + offset for offset in range(3))
        yield CrossingDate(
            share=share,
            windows=round(float(sums.totals[there])),
            predicted=sums.ratio((reached,), (there,)),
            observed=sums.ratio((came,), (there,)),
        )
