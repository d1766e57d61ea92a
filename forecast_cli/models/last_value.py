"""LastValue: the last rung of the ladder, which needs one balance only."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import DirectModel, Forecast
from forecast_cli.models.error_profile import shipped_profile

NAME: Final = "LastValue"


@dataclass(frozen=True)
class LastValue(DirectModel):
    """A model that forecasts the last balance, with pooled intervals: quantile(s) = y[n] + scale profile(s)."""

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days with intervals of ``levels``."""
        mean = np.repeat(panel.y[:, -1, None], h, axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            quantiles = mean[:, :, None] + shipped_profile().offsets(panel, h, levels)
        return Forecast(mean, quantiles, levels)
