"""LastValue: the last rung of the ladder, for any account that has one balance."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.models.error_profile import AccountScale, ErrorProfile

NAME: Final = "LastValue"


@dataclass(frozen=True)
class LastValue:
    """Forecast the last balance, with intervals from pooled experience: quantile(s) = y[n] + scale profile(s)."""

    profile: ErrorProfile

    def fit(self, panel: Panel) -> "FittedLastValue":
        """Learn last balance and scale of each account."""
        return FittedLastValue(panel.y[:, -1], self.profile.scale_of(panel), self.profile)


@dataclass(frozen=True)
class FittedLastValue:
    """``last`` [n], in units of the balance, and what the profile needs to know of each account."""

    last: NDArray[np.float64]
    account: AccountScale
    profile: ErrorProfile

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days with intervals of ``levels``."""
        mean = np.repeat(self.last[:, None], h, axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            quantiles = mean[:, :, None] + self.profile.offsets(self.account, h, levels)
        return Forecast(mean, quantiles, levels)

    def update(self, panel: Panel) -> "FittedLastValue":
        """Take last balance and scale anew."""
        return LastValue(self.profile).fit(panel)
