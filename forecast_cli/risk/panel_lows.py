"""How low the accounts of a panel go by each model's forecast: its paths made and looked at, a few at a time."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.risk.lows import Lows, find_lows, join_lows, windows_within
from forecast_cli.risk.paths import N_PATHS, PATH_LEVELS, order_courses, rows_at_a_time, shuffle_paths


def panel_lows(
    panel: Panel, forecasts: Mapping[str, Forecast], thresholds: NDArray[np.float64], *, n_paths: int = N_PATHS
) -> Mapping[str, Lows]:
    """Return the lows by each of ``forecasts`` of the panel's rows, by model, on ``thresholds`` [n, k].

    Forecasts have the ``PATH_LEVELS`` among theirs. Windows are those of ``windows_within``. What a row gets depends on
    that row alone; no more paths are in memory at a time than the processor's cache holds.
    """
    h = next(iter(forecasts.values())).mean.shape[1] if forecasts else 1
    each = rows_at_a_time(h, n_paths)
    parts: dict[str, list[Lows]] = {model: [] for model in forecasts}
    for start in range(0, max(len(panel), 1), each):
        rows = slice(start, start + each)
        some = panel.part(rows)
        shuffled = any(forecast.paths is None for forecast in forecasts.values())
        order = order_courses(some, h, n_paths) if shuffled else None
        for model, forecast in forecasts.items():
            paths = shuffle_paths(some, forecast.rows(rows).at(PATH_LEVELS), n_paths=n_paths, order=order)
            parts[model].append(find_lows(paths, thresholds[rows], windows_within(h)))
    return {model: join_lows(found) for model, found in parts.items()}
