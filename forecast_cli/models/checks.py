"""Checks of what a model says, account by account: finite, ordered, and not beyond all that the account ever did."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, RowFailure
from forecast_cli.models.failures import blank_failures
from forecast_cli.models.rows import squared_changes

#: How often its range and its volatility over the horizon a forecast may lie beyond an account's own balances.
REACH: Final = 10.0
#: What a forecast may lie beyond the balances of an account that never moved, as a share of its balance.
SLACK: Final = 1e-3
#: Quantiles crossed by less than this share of the account's largest balance are rounding, and are sorted.
ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class AccountFacts:
    """``low`` [n], ``high`` [n], ``volatility`` [n] (root mean square daily change), in units of the balance."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    volatility: NDArray[np.float64]

    @property
    def size(self) -> NDArray[np.float64]:
        """Return the largest absolute balance of each account, [n]."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    def take(self, rows: NDArray[np.int64]) -> "AccountFacts":
        """Return the facts of ``rows`` alone."""
        return AccountFacts(self.low[rows], self.high[rows], self.volatility[rows])


def account_facts(panel: Panel) -> AccountFacts:
    """Return what each account did so far; NaN before its first day is passed over."""
    low = np.fmin.reduce(panel.y, axis=1, initial=np.inf)
    high = np.fmax.reduce(panel.y, axis=1, initial=-np.inf)
    volatility = np.sqrt(squared_changes(panel, 1) / np.maximum(panel.lengths - 1, 1))
    return AccountFacts(low, high, volatility)


def check_forecast(forecast: Forecast, facts: AccountFacts, *, reach: float = REACH) -> Forecast:
    """Return ``forecast`` with a failure for each row that is NotFinite, Crossed or Exploding.

    Exploding: a number lies beyond the account's lowest or highest balance by more than ``reach`` times
    (high - low + volatility sqrt(h)), and by more than a thousandth of its largest balance.
    Quantiles that cross by rounding alone are put in order. Rows that failed before are not looked at.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        quantiles, crossed = _ordered(forecast.quantiles, facts.size)
        finite = np.asarray(np.isfinite(forecast.mean).all(axis=1) & np.isfinite(quantiles).all(axis=(1, 2)))
        span = _span(forecast.mean, quantiles, facts, reach=reach)
        exploding = (span.lowest < span.floor) | (span.highest > span.ceiling)
    failures = {failure.row: failure for failure in forecast.failures}
    for row in np.flatnonzero(~finite | crossed | exploding).tolist():
        if row in failures:
            continue
        if not finite[row]:
            failures[row] = _not_finite(row, forecast.mean[row], quantiles[row])
        elif crossed[row]:
            failures[row] = _crossed(row, forecast.quantiles[row])
        else:
            failures[row] = _exploding(row, span, facts)
    in_order = tuple(failures[row] for row in sorted(failures))
    return blank_failures(replace(forecast, quantiles=quantiles, failures=in_order))


@dataclass(frozen=True)
class _Span:
    """Lowest and highest number of each row's forecast, and how low and how high they may be, all [n]."""

    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    floor: NDArray[np.float64]
    ceiling: NDArray[np.float64]


def _span(mean: NDArray[np.float64], quantiles: NDArray[np.float64], facts: AccountFacts, *, reach: float) -> _Span:
    room = reach * (facts.high - facts.low + facts.volatility * np.sqrt(mean.shape[1])) + SLACK * facts.size
    return _Span(
        lowest=np.fmin(mean.min(axis=1), quantiles[:, :, 0].min(axis=1)),
        highest=np.fmax(mean.max(axis=1), quantiles[:, :, -1].max(axis=1)),
        floor=facts.low - room,
        ceiling=facts.high + room,
    )


def _ordered(
    quantiles: NDArray[np.float64], size: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return quantiles sorted where they cross by rounding, and which rows cross by more."""
    falls = np.fmax.reduce(quantiles[:, :, :-1] - quantiles[:, :, 1:], axis=(1, 2), initial=0.0)
    crossed = falls > ROUNDING * size
    repair = (falls > 0) & ~crossed
    if not repair.any():
        return quantiles, crossed
    mended = quantiles.copy()
    mended[repair] = np.sort(quantiles[repair], axis=2)
    return mended, crossed


def _not_finite(row: int, mean: NDArray[np.float64], quantiles: NDArray[np.float64]) -> RowFailure:
    numbers = np.column_stack([mean, quantiles])
    bad = ~np.isfinite(numbers)
    step, place = np.argwhere(bad)[0]
    count = int(bad.any(axis=1).sum())
    return RowFailure(row, "NotFinite", f"{numbers[step, place]} at step {step + 1}, {count} of {len(bad)} steps")


def _crossed(row: int, quantiles: NDArray[np.float64]) -> RowFailure:
    falls = quantiles[:, :-1] - quantiles[:, 1:]
    step, place = np.unravel_index(int(np.argmax(falls)), falls.shape)
    above, below = quantiles[step, place], quantiles[step, place + 1]
    return RowFailure(row, "Crossed", f"quantile {above:.6g} lies above the next, {below:.6g}, at step {step + 1}")


def _exploding(row: int, span: _Span, facts: AccountFacts) -> RowFailure:
    message = (
        f"forecast from {span.lowest[row]:.6g} to {span.highest[row]:.6g}, {span.floor[row]:.6g} to "
        f"{span.ceiling[row]:.6g} allowed for balances from {facts.low[row]:.6g} to {facts.high[row]:.6g}"
    )
    return RowFailure(row, "Exploding", message)
