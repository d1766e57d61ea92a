"""statsforecast models that keep what they learned of each account and are given newer balances without learning again.

The recursions go on from the day the history began at the fit, with its parameters and its state of that day. What they
learned stays in memory, where ``SeriesModel`` lets go of it account by account.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast_cli.core.heartbeat import send_heartbeat
from forecast_cli.core.ids import Key
from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, Model
from forecast_cli.models.spec import Seasons
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
    """``model``, kept fitted: one whose estimator goes forward, with intervals of its own."""

    model: SeriesModel

    def fit(self, panel: Panel) -> "FittedForward":
        """Fit each account by itself; what that raises is a failure of the account's forecast."""
        with silence():
            keys = enumerate(panel.row_keys())
            return FittedForward(self, panel, tuple(_learn(self.model, panel, row, key) for row, key in keys))


@dataclass(frozen=True)
class _Learned:
    """``estimator``, fitted on the first ``seen`` of the balances ``y`` [t], which begin on the day ``first``."""

    estimator: Any
    seen: int
    y: NDArray[np.float64]
    first: np.datetime64


@dataclass(frozen=True)
class FittedForward:
    """What was learned of each account of the panel, or what learning raised."""

    model: ForwardModel
    panel: Panel
    learned: tuple[_Learned | Exception, ...]

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days of each account by itself."""
        return forecast_each(self.panel, lambda row: self._one(row, h, levels), h=h, levels=levels)

    def update(self, panel: Panel) -> "FittedForward":
        """Give each account its newer balances; one of which nothing was learned is fitted."""
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


def updatable(build: Callable[[Seasons], SeriesModel]) -> Callable[[Seasons], Model]:
    """Return how to build a model so that it keeps what it learned."""
    return lambda seasons: ForwardModel(build(seasons))


def _learn(model: SeriesModel, panel: Panel, row: int, key: Key) -> _Learned | Exception:
    y = np.array(panel.series(row), dtype=np.float64)
    send_heartbeat(1, key)
    try:
        estimator = make_estimator(model.estimator).fit(y=y.copy())
    except Exception as error:  # noqa: BLE001 - what a library raises on one account must not end the others
        return error
    return _Learned(estimator, len(y), y, _first_day(panel, row))


def _extend(known: _Learned | Exception | None, panel: Panel, row: int) -> _Learned | None:
    """Return what was learned with the account's newer balances, or None where there is nothing to go on from.

    Balances that a newer history no longer reaches back to are kept; days between the two would be missing.
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
