"""Lows of the accounts of a panel for each model's forecast, computed for a few accounts at a time."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.models.path_levels import PATH_LEVELS
from forecast_cli.risk.lows import Lows, find_lows, windows_within
from forecast_cli.risk.paths import chunks_of_paths, order_courses, shuffle_paths


def panel_lows(panel: Panel, forecasts: Mapping[str, Forecast], thresholds: NDArray[np.float64]) -> Mapping[str, Lows]:
    """Return the lows of the panel's rows for each of ``forecasts``, by model, on ``thresholds`` [n, k].

    The levels of the forecasts include ``PATH_LEVELS``. Windows are those of ``windows_within``. The lows of a row
    depend on that row alone. At any time, memory holds only as many paths as fit in the processor's cache.
    """
    h = next(iter(forecasts.values())).mean.shape[1] if forecasts else 1
    parts: dict[str, list[Lows]] = {model: [] for model in forecasts}
    for rows in chunks_of_paths(len(panel), h):
        part = panel.part(rows)
        order = order_courses(part, h)
        for model, forecast in forecasts.items():
            paths = shuffle_paths(part, forecast.rows(rows).at(PATH_LEVELS), order=order)
            parts[model].append(find_lows(paths, thresholds[rows], windows_within(h)))
    return {model: Lows.join(lows) for model, lows in parts.items()}
