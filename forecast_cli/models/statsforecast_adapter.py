"""The adapter to statsforecast: forecasts one account after the other, with errors as values and nothing printed.

Only this module imports statsforecast. The import takes seconds and hundreds of megabytes, so it is delayed until the
first account is forecast.
"""

import copy
import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.core.heartbeat import send_heartbeat
from forecast_cli.data.panel import Panel
from forecast_cli.models.base import DirectModel, Forecast, blank_numbers, quantile_probabilities
from forecast_cli.models.conformal import ConformalWindows
from forecast_cli.models.failures import failure_of

#: Sample paths of a model whose intervals come from samples.
_PATHS: Final = 1000


class Route(StrEnum):
    """Which methods of an estimator give the mean and the intervals."""

    FORECAST = "forecast"  # forecast(y, h, level): its own intervals, or those of ConformalIntervals
    FIT = "fit"  # fit(y).predict(h, level): where forecast() has no intervals
    SAMPLES = "samples"  # fit(y).simulate(h): where predict() draws without a seed
    THETA = "theta"  # fit(y).predict(h), and intervals as deviations: forecast() computes them in float32


@dataclass(frozen=True)
class Estimator:
    """The name of a class in ``statsforecast.models`` and its arguments, which may themselves be Estimators."""

    name: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class SeriesModel(DirectModel):
    """A statsforecast model; with ``windows``, its intervals are conformal.

    Each account is fitted and forecast in one step, so that no fitted models are kept in memory.
    """

    estimator: Estimator
    route: Route = Route.FORECAST
    windows: ConformalWindows | None = None

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days of each account by itself; an error is a failure of that account only."""
        return forecast_accounts(
            panel, lambda row: _forecast_account(self, panel, row, h=h, levels=levels), h=h, levels=levels
        )


#: Mean [h] and quantiles [h, q] of one account.
MeanAndQuantiles = tuple[NDArray[np.float64], NDArray[np.float64]]


def forecast_accounts(
    panel: Panel, forecast_row: Callable[[int], MeanAndQuantiles], *, h: int, levels: tuple[float, ...]
) -> Forecast:
    """Return the forecast of each row as given by ``forecast_row``; an error is a failure of that row only."""
    mean, quantiles = blank_numbers(len(panel), h, levels)
    failures = []
    with suppress_output():
        for row, key in enumerate(panel.row_keys()):
            send_heartbeat(1, key)
            try:
                mean[row], quantiles[row] = forecast_row(row)
            except Exception as error:  # noqa: BLE001 - what a library raises on one account must not end the others
                failures.append(failure_of(row, error))
    return Forecast(mean, quantiles, levels, tuple(failures))


def _forecast_account(
    model: SeriesModel, panel: Panel, row: int, *, h: int, levels: tuple[float, ...]
) -> MeanAndQuantiles:
    """Return mean [h] and quantiles [h, q] of one account."""
    y = np.array(panel.series(row), dtype=np.float64)  # a copy: estimators may write into what they are given
    arguments = dict(model.estimator.arguments)
    if model.windows is not None:
        arguments["prediction_intervals"] = _conformal_intervals(model.windows, len(y), h)
    estimator = make_estimator(Estimator(model.estimator.name, arguments))
    match model.route:
        case Route.FORECAST:
            return read_forecast(estimator.forecast(y=y, h=h, level=list(levels)), levels)
        case Route.FIT:
            return read_forecast(estimator.fit(y=y).predict(h=h, level=list(levels)), levels)
        case Route.SAMPLES:
            fitted = estimator.fit(y=y)
            paths = fitted.simulate(h=h, n_paths=_PATHS, seed=panel.seed_of(row))
            return fitted.predict(h=h)["mean"], np.quantile(paths, quantile_probabilities(levels), axis=0).T
        case Route.THETA:
            return forecast_theta(estimator.fit(y=y), h, seed=panel.seed_of(row), levels=levels)


def forecast_theta(fitted: Any, h: int, *, seed: int, levels: tuple[float, ...]) -> MeanAndQuantiles:
    """Return mean [h] and quantiles [h, q] of a fitted theta model for the next h days."""
    return _add_deviations(fitted.predict(h=h)["mean"], _theta_deviations(fitted.model_, h, seed), levels)


def update_theta(fitted: Any, y: NDArray[np.float64]) -> Any:
    """Return a theta model with the parameters of ``fitted`` at the end of ``y``; the season is estimated again.

    The ``forward`` method of statsforecast does not pass on the decomposition type, and would try a multiplicative one.
    """
    from statsforecast.theta import auto_theta

    forward, parameters = copy.copy(fitted), fitted.model_["par"]
    forward.model_ = auto_theta(
        y=y,
        m=fitted.model_["m"],
        model=fitted.model_["modeltype"],
        initial_smoothed=parameters["initial_smoothed"],
        alpha=parameters["alpha"],
        theta=parameters["theta"],
        decomposition_type=fitted.decomposition_type,
    )
    return forward


def _theta_deviations(fitted: Mapping[str, Any], h: int, seed: int) -> NDArray[np.float64]:
    """Return the samples from which statsforecast takes its intervals, minus the mean, [h, 200].

    Its samples are float32, whose precision is 64 on a balance of a thousand million. The recursion is linear, so that
    starting from a state of zeros gives the deviations alone, with a precision relative to their own size.
    """
    from statsforecast.theta import compute_pi_samples

    residuals = fitted["residuals"][3:]
    samples = compute_pi_samples(
        n=fitted["n"],
        h=h,
        states=np.zeros((1, 5)),
        sigma=np.std(residuals, ddof=1),
        alpha=fitted["par"]["alpha"],
        theta=fitted["par"]["theta"],
        mean_y=0.0,
        seed=seed,
    )
    return np.asarray(samples, dtype=np.float64)


def _add_deviations(
    mean: NDArray[np.float64], deviations: NDArray[np.float64], levels: tuple[float, ...]
) -> MeanAndQuantiles:
    """Return ``mean`` [h] and quantiles [h, q] from ``deviations`` [h, samples]; the median as in ``read_forecast``."""
    quantiles = mean[:, None] + np.quantile(deviations, quantile_probabilities(levels), axis=1).T
    middle = len(levels)
    quantiles[:, middle] = np.clip(mean, quantiles[:, middle - 1], quantiles[:, middle + 1])
    return mean, quantiles


def make_estimator(estimator: Estimator) -> Any:
    """Return an instance of the statsforecast class that ``estimator`` describes."""
    from statsforecast import models

    arguments = {
        key: make_estimator(value) if isinstance(value, Estimator) else value
        for key, value in estimator.arguments.items()
    }
    return getattr(models, estimator.name)(**arguments)


def _conformal_intervals(windows: ConformalWindows, length: int, h: int) -> Any:
    from statsforecast.utils import ConformalIntervals

    count = int(windows.count(np.array([length]), h)[0])
    return ConformalIntervals(n_windows=count, h=h, method="conformal_distribution")


def read_forecast(result: Mapping[str, Any], levels: tuple[float, ...]) -> MeanAndQuantiles:
    """Return mean [h] and quantiles [h, q] of a statsforecast result; the median is the clipped mean.

    The models have symmetric errors, so that median and mean differ by sampling error only; the mean is clipped to the
    innermost interval.
    """
    mean = np.asarray(result["mean"], dtype=np.float64)
    lows = [np.asarray(result[f"lo-{level}"]) for level in levels]
    highs = [np.asarray(result[f"hi-{level}"]) for level in levels]
    median = np.clip(mean, lows[0], highs[0])
    return mean, np.column_stack([*reversed(lows), median, *highs])


@contextmanager
def suppress_output() -> Iterator[None]:
    """Suppress what statsforecast prints and warns about; what matters is in the result or in the failure."""
    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
