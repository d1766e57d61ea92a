"""WindowAverage: the mean of the last ``window`` days."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import DirectModel, Forecast, blank_numbers
from forecast_cli.models.conformal import ConformalWindows, symmetric_quantiles
from forecast_cli.models.failures import too_short
from forecast_cli.models.rows import chunks, tree_sum
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec, SeasonUse, as_is

#: Windows from which conformal errors are taken; ten give twenty signed errors for the quantiles.
MAX_WINDOWS: Final = 10


@dataclass(frozen=True)
class WindowAverage(DirectModel):
    """A model that forecasts the mean of the last ``window`` days, with conformal intervals from up to 10 windows.

    mean(s) = (y[n - w + 1] + ... + y[n]) / w.
    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2, over a window;
    intervals: ``conformal``.
    """

    window: int

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days; an account with too little history for two windows of h days is a failure."""
        windows = ConformalWindows(self.window, MAX_WINDOWS)
        mean, quantiles = blank_numbers(len(panel), h, levels)
        counts = windows.count(panel.lengths, h)
        for rows in chunks(len(panel)):
            for count in np.unique(counts[rows][counts[rows] >= 2]).tolist():
                selected = _select_rows(counts, count, rows)
                average, scores = _window_averages(panel.y[selected, -(self.window + count * h) :], self.window, h)
                mean[selected] = average[:, None]
                quantiles[selected] = average[:, None, None] + symmetric_quantiles(scores, levels)
        return Forecast(mean, quantiles, levels, too_short(panel, windows.min_obs(h)))


def _select_rows(counts: NDArray[np.int64], count: int, rows: slice) -> slice | NDArray[np.int64]:
    """Return those of ``rows`` whose count is ``count``; if all are, the slice itself, which avoids a copy."""
    matches = counts[rows] == count
    return rows if matches.all() else np.flatnonzero(matches) + rows.start


def _window_averages(y: NDArray[np.float64], window: int, h: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of the last window, [r], and the absolute errors of the means before it, [count, r, h].

    ``y`` is [r, window + count * h]; the earlier means end h, 2h, ... days before the last day.
    """
    averages = tree_sum(sliding_window_view(y, window, axis=1)[:, ::h]) / window
    actual = y[:, window:].reshape(len(y), -1, h)
    return averages[:, -1], np.abs(actual - averages[:, :-1, None]).swapaxes(0, 1)


SPEC = ModelSpec(
    name="WindowAverage",
    summary="the mean of the last days",
    kind=ModelKind.BLOCK,
    intervals=IntervalMethod.CONFORMAL,
    cost_ms=0.003,
    build=lambda seasons: WindowAverage(seasons[0]),
    make_updatable=as_is,
    needs=lambda seasons, h: ConformalWindows(seasons[0], MAX_WINDOWS).min_obs(h),
    seasons=SeasonUse.WINDOW,
    notes="the number is the length of the window: WindowAverage(30) is the mean of 30 days",
)
