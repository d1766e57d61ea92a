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
    MeanAndQuantiles,
    Route,
    SeriesModel,
    forecast_accounts,
    forecast_theta,
    make_estimator,
    read_forecast,
    suppress_output,
    update_theta,
)


@dataclass(frozen=True)
class ForwardModel:
    """A form of ``model`` that stays fitted; its estimator must have ``forward`` and intervals of its own."""

    model: SeriesModel

    def fit(self, panel: Panel) -> "FittedForward":
        """Fit each account by itself; an error becomes a failure of the account's forecast."""
        with suppress_output():
            keys = enumerate(panel.row_keys())
            return FittedForward(self, panel, tuple(_fit_account(self.model, panel, row, key) for row, key in keys))


@dataclass(frozen=True)
class _FittedAccount:
    """An ``estimator`` fitted on the first ``n_fitted`` of the balances ``y`` [t], which begin on the day ``first``."""

    estimator: Any
    n_fitted: int
    y: NDArray[np.float64]
    first: np.datetime64


@dataclass(frozen=True)
class FittedForward:
    """The fitted estimator of each account of the panel, or the error that fitting raised."""

    model: ForwardModel
    panel: Panel
    accounts: tuple[_FittedAccount | Exception, ...]

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days of each account by itself."""
        return forecast_accounts(self.panel, lambda row: self._forecast_account(row, h, levels), h=h, levels=levels)

    def update(self, panel: Panel) -> "FittedForward":
        """Update each account with its newer balances; an account that cannot be continued is fitted."""
        known = dict(zip(self.panel.row_keys(), self.accounts, strict=True))
        with suppress_output():
            accounts = tuple(
                _append_balances(known.get(key), panel, row) or _fit_account(self.model.model, panel, row, key)
                for row, key in enumerate(panel.row_keys())
            )
        return FittedForward(self.model, panel, accounts)

    def _forecast_account(self, row: int, h: int, levels: tuple[float, ...]) -> MeanAndQuantiles:
        account, model = self.accounts[row], self.model.model
        if isinstance(account, Exception):
            raise account
        estimator, newer = account.estimator, account.n_fitted < len(account.y)
        if model.route is Route.THETA:
            fitted = update_theta(estimator, account.y) if newer else estimator
            return forecast_theta(fitted, h, seed=self.panel.seed_of(row), levels=levels)
        if newer:
            return read_forecast(estimator.forward(y=account.y.copy(), h=h, level=list(levels)), levels)
        return read_forecast(estimator.predict(h=h, level=list(levels)), levels)


def _fit_account(model: SeriesModel, panel: Panel, row: int, key: Key) -> _FittedAccount | Exception:
    y = np.array(panel.series(row), dtype=np.float64)
    send_heartbeat(1, key)
    try:
        estimator = make_estimator(model.estimator).fit(y=y.copy())
    except Exception as error:  # noqa: BLE001 - what a library raises on one account must not end the others
        return error
    return _FittedAccount(estimator, len(y), y, _first_day(panel, row))


def _append_balances(known: _FittedAccount | Exception | None, panel: Panel, row: int) -> _FittedAccount | None:
    """Return ``known`` with the account's newer balances, or None if it cannot be continued.

    Earlier balances that the newer history no longer includes are kept. It cannot be continued if it is not fitted, or
    if days between the two histories are missing.
    """
    if not isinstance(known, _FittedAccount):
        return None
    n_dropped = int((_first_day(panel, row) - known.first).astype(np.int64))
    if n_dropped > len(known.y):
        return None
    return replace(known, y=np.concatenate([known.y[:n_dropped], panel.series(row)]))


def _first_day(panel: Panel, row: int) -> np.datetime64:
    day: np.datetime64 = panel.origins[row].astype("datetime64[D]") - (panel.lengths[row] - 1)
    return day
