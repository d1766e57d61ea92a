"""statsforecast models that keep their fit of each account and forecast from newer balances without a new fit.

The recursions run again from the first day of the history at the fit, with the fitted parameters and the initial state
of that day. Fitted estimators stay in memory, whereas ``SeriesModel`` drops each after its forecast.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast_cli.core.heartbeat import send_heartbeat
from forecast_cli.core.ids import Key
from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.models.statsforecast_adapter import (
    Numbers,
    Route,
    SeriesModel,
    forecast_each,
    make_estimator,
    read_answer,
    silence,
    theta_answer,
    theta_forward,
)


@dataclass(frozen=True)
class ForwardModel:
    """A form of ``model`` that stays fitted; its estimator must have ``forward`` and intervals of its own."""

    model: SeriesModel

    def fit(self, panel: Panel) -> "FittedForward":
        """Fit each account by itself; an error becomes a failure of the account's forecast."""
        with silence():
            keys = enumerate(panel.row_keys())
            return FittedForward(self, panel, tuple(_learn(self.model, panel, row, key) for row, key in keys))


@dataclass(frozen=True)
class _Learned:
    """An ``estimator`` fitted on the first ``seen`` of the balances ``y`` [t], which begin on the day ``first``."""

    estimator: Any
    seen: int
    y: NDArray[np.float64]
    first: np.datetime64


@dataclass(frozen=True)
class FittedForward:
    """The fitted estimator of each account of the panel, or the error that fitting raised."""

    model: ForwardModel
    panel: Panel
    learned: tuple[_Learned | Exception, ...]

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days of each account by itself."""
        return forecast_each(self.panel, lambda row: self._one(row, h, levels), h=h, levels=levels)

    def update(self, panel: Panel) -> "FittedForward":
        """Update each account with its newer balances; an account that cannot be continued is fitted."""
        known = dict(zip(self.panel.row_keys(), self.learned, strict=True))
        with silence():
            learned = tuple(
                _extend(known.get(key), panel, row) or _learn(self.model.model, panel, row, key)
                for row, key in enumerate(panel.row_keys())
            )
        return FittedForward(self.model, panel, learned)

    def _one(self, row: int, h: int, levels: tuple[float, ...]) -> Numbers:
        learned, model = self.learned[row], self.model.model
        if isinstance(learned, Exception):
            raise learned
        estimator, newer = learned.estimator, learned.seen < len(learned.y)
        if model.route is Route.THETA:
            fitted = theta_forward(estimator, learned.y) if newer else estimator
            return theta_answer(fitted, h, seed=self.panel.seed_of(row), levels=levels)
        if newer:
            return read_answer(estimator.forward(y=learned.y.copy(), h=h, level=list(levels)), levels)
        return read_answer(estimator.predict(h=h, level=list(levels)), levels)


def _learn(model: SeriesModel, panel: Panel, row: int, key: Key) -> _Learned | Exception:
    y = np.array(panel.series(row), dtype=np.float64)
    send_heartbeat(1, key)
    try:
        estimator = make_estimator(model.estimator).fit(y=y.copy())
    except Exception as error:  # noqa: BLE001 - what a library raises on one account must not end the others
        return error
    return _Learned(estimator, len(y), y, _first_day(panel, row))


def _extend(known: _Learned | Exception | None, panel: Panel, row: int) -> _Learned | None:
    """Return ``known`` with the account's newer balances, or None if it cannot be continued.

    Earlier balances that the newer history no longer includes are kept. It cannot be continued if it is not fitted, or
    if days between the two histories are missing.
    """
    if not isinstance(known, _Learned):
        return None
    left_behind = int((_first_day(panel, row) - known.first).astype(np.int64))
    if left_behind > len(known.y):
        return None
    return replace(known, y=np.concatenate([known.y[:left_behind], panel.series(row)]))


def _first_day(panel: Panel, row: int) -> np.datetime64:
    day: np.datetime64 = panel.origins[row].astype("datetime64[D]") - (panel.lengths[row] - 1)
    return day
