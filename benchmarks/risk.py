"""Time the lows of sample paths against the same computation in plain numpy, on the same accounts in one run.

python -m benchmarks.risk [ACCOUNTS]
"""

import sys

import numpy as np
from numpy.typing import NDArray

from benchmarks.block_models import DAYS, HORIZON, panel_of, seconds
from benchmarks.rows import Row, at_least, compared, print_rows
from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.models.path_levels import N_PATHS, PATH_LEVELS
from forecast_cli.models.registry import parse_model
from forecast_cli.risk.lows import windows_within
from forecast_cli.risk.panel_lows import panel_lows
from forecast_cli.risk.thresholds import threshold_amounts

ACCOUNTS = 2_000
THRESHOLDS = ("0", "p10")
REPEATS = 5
_CHUNK = 256


def run(accounts: int = ACCOUNTS) -> list[Row]:
    """Return the seconds of both, and how many times as fast this package is."""
    panel = panel_of(accounts)
    forecast = parse_model("Naive", (HORIZON,)).build().fit(panel).forecast(HORIZON, PATH_LEVELS)
    thresholds = threshold_amounts(panel, THRESHOLDS, {})
    ours = seconds(lambda: panel_lows(panel, {"Naive": forecast}, thresholds), REPEATS)
    theirs = seconds(lambda: _plain(panel, forecast, thresholds), 2)
    measure = f"risk, {accounts:,} accounts, {N_PATHS} paths x {HORIZON} days, times as fast"
    return [compared(measure, "the same in plain numpy", ours, theirs, at_least(3))]


def _plain(panel: Panel, forecast: Forecast, thresholds: NDArray[np.float64]) -> None:
    """Order past courses by argsort, arrange evenly spread values in that order, and compute each window separately."""
    spread = np.arange(0, DAYS - HORIZON - 1, (DAYS - HORIZON - 1) / N_PATHS).astype(np.int64)
    places = spread[None, :] + np.arange(1, HORIZON + 1)[:, None]
    for start in range(0, len(panel), _CHUNK):
        rows = slice(start, start + _CHUNK)
        part, y = forecast.rows(rows), panel.y[rows]
        order = np.argsort(y[:, places], axis=2, kind="stable")
        held = np.argsort(order, axis=2, kind="stable").astype(np.float64)
        order = np.argsort(held + 3 * held.mean(axis=1, keepdims=True), axis=2, kind="stable")
        width = part.quantiles[:, :, -1:] - part.quantiles[:, :, :1]
        paths = np.empty(order.shape)
        values = part.quantiles[:, :, :1] + width * np.linspace(0, 1, N_PATHS)
        np.put_along_axis(paths, order, values, axis=2)
        for threshold in thresholds[rows].T:
            for days in windows_within(HORIZON):
                lows = paths[:, :days].min(axis=1)
                (lows < threshold[:, None]).mean(axis=1)
                np.quantile(lows, (0.05, 0.5), axis=1)


if __name__ == "__main__":
    print_rows(run(*(int(argument) for argument in sys.argv[1:2])))
