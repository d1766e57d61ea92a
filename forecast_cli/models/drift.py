"""RandomWalkWithDrift: the last balance, continued along the line from the first balance to the last."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import DirectModel, Forecast
from forecast_cli.models.failures import too_short
from forecast_cli.models.normal import normal_forecast
from forecast_cli.models.rows import squared_changes
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec, as_is

#: Two months, because over a single pay cycle the drift depends on the account's position in the cycle.
MIN_OBS: Final = 60


@dataclass(frozen=True)
class RandomWalkWithDrift(DirectModel):
    """A model that forecasts the last balance plus the mean daily change.

    mean(s) = y[n] + s d, d = (y[n] - y[1]) / (n - 1); sd(s) = sigma sqrt(s (1 + s / (n - 1))),
    sigma^2 = sum (y[t] - y[t-1] - d)^2 / (n - 1).
    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2 and 5.5.
    """

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days; an account with one observation is a failure."""
        ahead, steps = np.arange(1, h + 1), np.maximum(panel.lengths - 1, 1)
        first, last = panel.y[np.arange(len(panel)), panel.y.shape[1] - panel.lengths], panel.y[:, -1]
        with np.errstate(over="ignore", invalid="ignore"):
            drift = (last - first) / steps
        sigma = np.sqrt(squared_changes(panel, 1, drift=drift) / steps)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = drift[:, None] * ahead + last[:, None]
            spread = sigma[:, None] * np.sqrt(ahead * (1 + ahead / steps[:, None]))
        return normal_forecast(mean, spread, levels=levels, failures=too_short(panel, 2))


SPEC = ModelSpec(
    name="RandomWalkWithDrift",
    summary="the last balance plus the mean daily change",
    kind=ModelKind.BLOCK,
    intervals=IntervalMethod.NORMAL,
    cost_ms=0.005,
    build=lambda _seasons: RandomWalkWithDrift(),
    make_updatable=as_is,
    needs=lambda _seasons, _h: MIN_OBS,
)
