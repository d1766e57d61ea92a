"""SeasonalNaive: the last season, repeated."""

from dataclasses import dataclass

import numpy as np

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import DirectModel, Forecast
from forecast_cli.models.failures import too_short
from forecast_cli.models.normal import normal_forecast
from forecast_cli.models.rows import squared_changes
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec, SeasonUse, as_is


@dataclass(frozen=True)
class SeasonalNaive(DirectModel):
    """A model that forecasts the balance of the same day in the last season.

    mean(s) = y[n + s - m (k + 1)], k = floor((s - 1) / m); sd(s) = sigma sqrt(k + 1),
    sigma^2 = sum (y[t] - y[t-m])^2 / (n - m), m the season length in days.
    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2 and 5.5.
    """

    season_length: int

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days; an account with less history than a season is a failure."""
        m = self.season_length
        season = np.full((len(panel), m), np.nan)
        days = min(m, panel.y.shape[1])
        season[:, m - days :] = panel.y[:, panel.y.shape[1] - days :]
        sigma = np.sqrt(squared_changes(panel, m) / np.maximum(panel.lengths - m, 1))
        seasons, day = np.divmod(np.arange(h), m)
        spread = sigma[:, None] * np.sqrt(seasons + 1.0)
        return normal_forecast(season[:, day], spread, levels=levels, failures=too_short(panel, m))


SPEC = ModelSpec(
    name="SeasonalNaive",
    summary="the balance of the same day in the last season",
    kind=ModelKind.BLOCK,
    intervals=IntervalMethod.NORMAL,
    cost_ms=0.005,
    build=lambda seasons: SeasonalNaive(seasons[0]),
    make_updatable=as_is,
    needs=lambda seasons, _h: 2 * seasons[0],
    seasons=SeasonUse.ONE,
)
