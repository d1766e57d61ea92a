"""statsforecast models that keep their fit of each account and forecast from newer balances without a new fit.

The recursions run again from the first day of the history at the fit, with the fitted parameters and the initial state
of that day. Fitted estimators stay in memory, whereas ``SeriesModel`` drops each after its forecast.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.models.one_by_one import OneByOne
from forecast_cli.models.statsforecast_adapter import (
    MeanAndQuantiles,
    Route,
    SeriesModel,
    forecast_theta,
    make_estimator,
    read_forecast,
    suppress_output,
    update_theta,
)


def stay_fitted(model: SeriesModel) -> OneByOne:
    """Return a form of ``model`` that stays fitted; its estimator must have ``forward`` and intervals of its own."""
    return OneByOne(_AccountModel(model))


@dataclass(frozen=True)
class _AccountModel:
    """``model`` for panels of one account."""

    model: SeriesModel

    def fit(self, panel: Panel) -> "_FittedAccount":
        """Fit the account."""
        y = np.array(panel.series(0), dtype=np.float64)
        with suppress_output():
            estimator = make_estimator(self.model.estimator).fit(y=y.copy())
        return _FittedAccount(self, estimator, len(y), y, _first_day(panel), panel.seed_of(0))


@dataclass(frozen=True)
class _FittedAccount:
    """An ``estimator`` fitted on the first ``n_fitted`` of the balances ``y`` [t], which begin on the day ``first``."""

    fitted_by: _AccountModel
    estimator: Any
    n_fitted: int
    y: NDArray[np.float64]
    first: np.datetime64
    seed: int

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days of the account."""
        with suppress_output():
            mean, quantiles = self._forecast(h, levels)
        return Forecast(np.array([mean], dtype=np.float64), np.array([quantiles], dtype=np.float64), levels)

    def update(self, panel: Panel) -> "_FittedAccount":
        """Return the model with newer balances; earlier ones that the newer history no longer includes are kept.

        It is fitted again if days between the two histories are missing.
        """
        n_dropped = int((_first_day(panel) - self.first).astype(np.int64))
        if n_dropped > len(self.y):
            return self.fitted_by.fit(panel)
        return replace(self, y=np.concatenate([self.y[:n_dropped], panel.series(0)]))

    def _forecast(self, h: int, levels: tuple[float, ...]) -> MeanAndQuantiles:
        newer = self.n_fitted < len(self.y)
        if self.fitted_by.model.route is Route.THETA:
            fitted = update_theta(self.estimator, self.y) if newer else self.estimator
            return forecast_theta(fitted, h, seed=self.seed, levels=levels)
        if newer:
            return read_forecast(self.estimator.forward(y=self.y.copy(), h=h, level=list(levels)), levels)
        return read_forecast(self.estimator.predict(h=h, level=list(levels)), levels)


def _first_day(panel: Panel) -> np.datetime64:
    day: np.datetime64 = panel.origins[0] - (panel.lengths[0] - 1)
    return day
