"""OneByOne: a wrapper that runs a model on one account at a time, with a heartbeat that names the account before each.

Models forecast each row from that row alone, so the numbers are the same to the last bit, but it is slower. It is used
after a block of accounts crashed its worker, timed out or raised, to find the account that does so, and for models that
keep a fit of each account.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from forecast_cli.core.errors import ForecastCliError
from forecast_cli.core.heartbeat import send_heartbeat
from forecast_cli.core.ids import Key
from forecast_cli.data.panel import Panel
from forecast_cli.models.base import FittedModel, Forecast, Model, PathShares, blank_numbers
from forecast_cli.models.failures import failure_of
from forecast_cli.models.recurring.streams import Streams, join_streams


def fit_and_forecast(
    name: str,
    model: Model,
    panel: Panel,
    h: int,
    levels: tuple[float, ...],
    *,
    fit: Callable[[Panel], FittedModel],
) -> tuple[FittedModel, Forecast]:
    """Return the fitted model and its forecast; if either step raises, run the model on one account at a time.

    The error on a block of several accounts is then reported with ``name`` in ``taken_apart`` of the forecast, and an
    error on one account is the failure of that account. A ForecastCliError is raised unchanged.
    """
    try:
        fitted = fit(panel)
        return fitted, fitted.forecast(h, levels)
    except ForecastCliError:
        raise
    except Exception as error:  # noqa: BLE001 - named below as the failure of the accounts that raise it
        one_by_one = OneByOne(model).fit(panel)
        taken_apart = (f"{name}: {type(error).__name__}",) if len(panel) > 1 else ()
        return one_by_one, replace(one_by_one.forecast(h, levels), taken_apart=taken_apart)


@dataclass(frozen=True)
class OneByOne:
    """``model``, run on each row by itself."""

    model: Model

    def fit(self, panel: Panel) -> "FittedRows":
        """Fit each account by itself; an error becomes a failure of the account's forecast."""
        return FittedRows(
            self.model,
            panel,
            {key: _fit_or_error(self.model.fit, account) for key, account in _iterate_accounts(panel)},
        )


@dataclass(frozen=True)
class FittedRows:
    """The fitted model of each account of the panel by key, or the error that fitting raised."""

    model: Model
    panel: Panel
    fitted: Mapping[Key, FittedModel | Exception]

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days of each account by itself; an error is a failure of that account only."""
        forecasts = [self._forecast_account(key, h, levels) for key, _ in _iterate_accounts(self.panel)]
        failures = (
            replace(failure, row=row) for row, forecast in enumerate(forecasts) for failure in forecast.failures
        )
        return Forecast(
            mean=np.concatenate([forecast.mean for forecast in forecasts]),
            quantiles=np.concatenate([forecast.quantiles for forecast in forecasts]),
            levels=levels,
            failures=tuple(failures),
            streams=_join_streams(forecasts),
            joined={row: joined for row, forecast in enumerate(forecasts) for joined in forecast.joined.values()},
            shares=_join_shares(forecasts),
        )

    def update(self, panel: Panel) -> "FittedRows":
        """Update each account with its newer balances; an account that is new or could not be fitted is fitted."""
        return FittedRows(
            self.model, panel, {key: self._update_account(key, account) for key, account in _iterate_accounts(panel)}
        )

    def _update_account(self, key: Key, account: Panel) -> FittedModel | Exception:
        fitted = self.fitted.get(key)
        return _fit_or_error(
            self.model.fit if fitted is None or isinstance(fitted, Exception) else fitted.update, account
        )

    def _forecast_account(self, key: Key, h: int, levels: tuple[float, ...]) -> Forecast:
        fitted = self.fitted[key]
        if isinstance(fitted, Exception):
            return _failed_forecast(fitted, h, levels)
        try:
            return fitted.forecast(h, levels)
        except Exception as error:  # noqa: BLE001 - what a model raises on one account must not end the others
            return _failed_forecast(error, h, levels)


def _iterate_accounts(panel: Panel) -> Iterator[tuple[Key, Panel]]:
    """Yield the key of each row and a panel of that row only, after a heartbeat with the key."""
    for row, key in enumerate(panel.row_keys()):
        send_heartbeat(1, key)
        yield key, panel.take([row])


def _fit_or_error(fit: Callable[[Panel], FittedModel], account: Panel) -> FittedModel | Exception:
    try:
        return fit(account)
    except Exception as error:  # noqa: BLE001 - as above
        return error


def _failed_forecast(error: Exception, h: int, levels: tuple[float, ...]) -> Forecast:
    return Forecast(*blank_numbers(1, h, levels), levels, (failure_of(0, error),))


def _join_shares(forecasts: list[Forecast]) -> PathShares | None:
    if all(forecast.shares is None for forecast in forecasts):
        return None
    return PathShares.join([forecast.shares or PathShares.plain(1) for forecast in forecasts])


def _join_streams(forecasts: list[Forecast]) -> Streams | None:
    found = [(row, forecast.streams) for row, forecast in enumerate(forecasts) if forecast.streams is not None]
    return join_streams([streams.with_rows(np.array([row])) for row, streams in found]) if found else None
