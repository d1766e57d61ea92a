"""Failures of single accounts, returned as values rather than raised."""

from dataclasses import replace

import numpy as np

from forecast_cli.core.ledger import TOO_SHORT
from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, RowFailure


def too_short(panel: Panel, needed: int) -> tuple[RowFailure, ...]:
    """Return a failure for each account with fewer than ``needed`` days of history."""
    rows = np.flatnonzero(panel.lengths < needed)
    return tuple(RowFailure(int(row), TOO_SHORT, too_short_message(int(panel.lengths[row]), needed)) for row in rows)


def too_short_message(found: int, needed: int) -> str:
    """Return the message for an account with ``found`` days of history where ``needed`` are required."""
    return f"{found} day{'' if found == 1 else 's'} of history, at least {needed} needed"


def failure_of(row: int, error: Exception) -> RowFailure:
    """Return the failure of ``row`` from ``error``: the class name and the first line of the message."""
    lines = str(error).strip().splitlines()
    return RowFailure(row, type(error).__name__, lines[0] if lines else "no message")


def blank_failures(forecast: Forecast) -> Forecast:
    """Return ``forecast`` with NaN in the rows named in its failures, as ``Forecast`` requires."""
    if not forecast.failures:
        return forecast
    rows = [failure.row for failure in forecast.failures]
    mean, quantiles = forecast.mean.copy(), forecast.quantiles.copy()
    mean[rows] = np.nan
    quantiles[rows] = np.nan
    return replace(forecast, mean=mean, quantiles=quantiles)
