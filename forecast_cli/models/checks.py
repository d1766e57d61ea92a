"""Checks of each account's forecast: finite, quantiles in order, and not far beyond the account's own balances."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, RowFailure
from forecast_cli.models.failures import blank_failures
from forecast_cli.models.path_levels import PATH_LEVELS
from forecast_cli.models.pooled.windows import MIN_TRAIN
from forecast_cli.models.row_arrays import RowArrays
from forecast_cli.models.rows import squared_changes

#: Widest level, in percent, whose bounds are judged: one that is published besides must not decide on a forecast.
WIDEST: Final = PATH_LEVELS[-1]
#: A forecast may lie beyond an account's balances by this multiple of their range plus volatility over the horizon.
REACH: Final = 10.0
#: It may lie this share of the largest absolute balance further, so that accounts that never moved have some room.
SLACK: Final = 1e-3
#: Quantiles that cross by up to this share of the account's largest absolute balance are rounding errors: sorted.
ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class AccountFacts(RowArrays):
    """Lowest and highest balance and volatility (root mean square daily change), [n] each, in units of the balance.

    ``days`` [n] is the length of the history.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    volatility: NDArray[np.float64]
    days: NDArray[np.int64]

    @property
    def size(self) -> NDArray[np.float64]:
        """Return the largest absolute balance of each account, [n]."""
        return np.maximum(np.abs(self.low), np.abs(self.high))


def account_facts(panel: Panel) -> AccountFacts:
    """Return the facts of each account's whole history; NaN before its first day is ignored."""
    low = np.fmin.reduce(panel.y, axis=1, initial=np.inf)
    high = np.fmax.reduce(panel.y, axis=1, initial=-np.inf)
    volatility = np.sqrt(squared_changes(panel, 1) / np.maximum(panel.lengths - 1, 1))
    return AccountFacts(low, high, volatility, panel.lengths)


def check_forecast(forecast: Forecast, facts: AccountFacts, *, reach: float = REACH) -> Forecast:
    """Return ``forecast`` with a failure for each row that is NotFinite, Crossed or Exploding.

    Exploding: a number lies beyond the account's lowest or highest balance by more than ``reach`` times
    (high - low + volatility sqrt(h)) plus a thousandth of its largest absolute balance; ``reach`` times that balance
    in the first month, when the range is still small by chance. Of levels above 99 %, the bounds may lie anywhere.
    Quantiles that cross by rounding alone are sorted. Rows that failed before keep their failure.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        quantiles, crossed = _sort_quantiles(forecast.quantiles, facts.size)
        finite = np.asarray(np.isfinite(forecast.mean).all(axis=1) & np.isfinite(quantiles).all(axis=(1, 2)))
        span = _compute_span(forecast.mean, _within_widest(quantiles, forecast.levels), facts, reach=reach)
        exploding = (span.lowest < span.floor) | (span.highest > span.ceiling)
    failures = {failure.row: failure for failure in forecast.failures}
    for row in np.flatnonzero(~finite | crossed | exploding).tolist():
        if row in failures:
            continue
        if not finite[row]:
            failures[row] = _not_finite_failure(row, forecast.mean[row], quantiles[row])
        elif crossed[row]:
            failures[row] = _crossed_failure(row, forecast.quantiles[row])
        else:
            failures[row] = _exploding_failure(row, span, facts)
    in_order = tuple(failures[row] for row in sorted(failures))
    return blank_failures(replace(forecast, quantiles=quantiles, failures=in_order))


@dataclass(frozen=True)
class _Span:
    """Lowest and highest number of each row's forecast, and the bounds they must keep within, [n] each."""

    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    floor: NDArray[np.float64]
    ceiling: NDArray[np.float64]


def _within_widest(quantiles: NDArray[np.float64], levels: tuple[float, ...]) -> NDArray[np.float64]:
    """Return those of ``quantiles`` [n, h, q] whose level is no wider than ``WIDEST``; all if every level is."""
    wider = sum(level > WIDEST for level in levels) % len(levels)
    return quantiles[:, :, wider : quantiles.shape[2] - wider]


def _compute_span(
    mean: NDArray[np.float64], quantiles: NDArray[np.float64], facts: AccountFacts, *, reach: float
) -> _Span:
    room = np.where(facts.days < MIN_TRAIN, reach, SLACK) * facts.size
    margin = reach * (facts.high - facts.low + facts.volatility * np.sqrt(mean.shape[1])) + room
    return _Span(
        lowest=np.fmin(mean.min(axis=1), quantiles[:, :, 0].min(axis=1)),
        highest=np.fmax(mean.max(axis=1), quantiles[:, :, -1].max(axis=1)),
        floor=facts.low - margin,
        ceiling=facts.high + margin,
    )


def _sort_quantiles(
    quantiles: NDArray[np.float64], size: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return quantiles, sorted in rows where they cross by rounding only, and which rows [n] cross by more."""
    drops = np.fmax.reduce(quantiles[:, :, :-1] - quantiles[:, :, 1:], axis=(1, 2), initial=0.0)
    crossed = drops > ROUNDING * size
    repair = (drops > 0) & ~crossed
    if not repair.any():
        return quantiles, crossed
    repaired = quantiles.copy()
    repaired[repair] = np.sort(quantiles[repair], axis=2)
    return repaired, crossed


def _not_finite_failure(row: int, mean: NDArray[np.float64], quantiles: NDArray[np.float64]) -> RowFailure:
    numbers = np.column_stack([mean, quantiles])
    bad = ~np.isfinite(numbers)
    step, place = np.argwhere(bad)[0]
    count = int(bad.any(axis=1).sum())
    return RowFailure(row, "NotFinite", f"{numbers[step, place]} at step {step + 1}, {count} of {len(bad)} steps")


def _crossed_failure(row: int, quantiles: NDArray[np.float64]) -> RowFailure:
    drops = quantiles[:, :-1] - quantiles[:, 1:]
    step, place = np.unravel_index(int(np.argmax(drops)), drops.shape)
    above, below = quantiles[step, place], quantiles[step, place + 1]
    return RowFailure(row, "Crossed", f"quantile {above:.6g} lies above the next, {below:.6g}, at step {step + 1}")


def _exploding_failure(row: int, span: _Span, facts: AccountFacts) -> RowFailure:
    message = (
        f"forecast from {span.lowest[row]:.6g} to {span.highest[row]:.6g}, {span.floor[row]:.6g} to "
        f"{span.ceiling[row]:.6g} allowed for balances from {facts.low[row]:.6g} to {facts.high[row]:.6g}"
    )
    return RowFailure(row, "Exploding", message)
