"""Naive: the last balance as the forecast of every day ahead."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from forecast_cli.data.panel import Panel, cut_panel
from forecast_cli.models.base import DirectModel, Forecast, PathShares
from forecast_cli.models.normal import normal_forecast
from forecast_cli.models.pooled.windows import LOOK_BACK
from forecast_cli.models.pooled.zero_rule import UNLEARNED, never_below_zero
from forecast_cli.models.rows import squared_changes
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec, as_is

#: On real balances its 80 % intervals covered 31 % with 3 days of history, 68 % with 15 and 85 % with 30, while those
#: of the error profile covered 77 to 81 % throughout. With less than a month, the last rung of the ladder is better.
MIN_OBS: Final = 30


@dataclass(frozen=True)
class Naive(DirectModel):
    """A model that forecasts the last balance, with the errors of a random walk.

    mean(s) = y[n]; sd(s) = sigma sqrt(s), sigma^2 = sum (y[t] - y[t-1])^2 / (n - 1). A random walk falls below zero far
    more often than a balance that never has in three years: of such sample paths, the share of ``UNLEARNED`` is left.
    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2 and 5.5.
    """

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days; sigma is 0 if there is only one observation."""
        sigma = np.sqrt(squared_changes(panel, 1) / np.maximum(panel.lengths - 1, 1))
        mean = np.repeat(panel.y[:, -1, None], h, axis=1)
        forecast = normal_forecast(mean, sigma[:, None] * np.sqrt(np.arange(1, h + 1)), levels=levels)
        never = never_below_zero(cut_panel(panel, LOOK_BACK)) & (sigma > 0.0)
        nothing, left = np.zeros(len(panel)), np.where(never, UNLEARNED.share, 1.0)
        return replace(forecast, shares=PathShares(nothing, left, nothing))


SPEC = ModelSpec(
    name="Naive",
    summary="the last balance",
    kind=ModelKind.BLOCK,
    intervals=IntervalMethod.NORMAL,
    cost_ms=0.005,
    build=lambda _seasons: Naive(),
    make_updatable=as_is,
    needs=lambda _seasons, _h: MIN_OBS,
)
