"""Intervals under the assumption of normal errors: mean plus z times the forecast's standard deviation."""

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.base import Forecast, RowFailure
from forecast_cli.models.failures import blank_failures
from forecast_cli.models.normal_scores import normal_scores


def _symmetric_scores(levels: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the normal scores z [q] of the quantiles for ascending ``levels`` (percent), with 0 in the middle."""
    upper = normal_scores(0.5 + np.array(levels) / 200.0)
    return np.concatenate([-upper[::-1], [0.0], upper])


def normal_forecast(
    mean: NDArray[np.float64],
    sigma: NDArray[np.float64],
    *,
    levels: tuple[float, ...],
    failures: tuple[RowFailure, ...] = (),
) -> Forecast:
    """Return the forecast with ``mean`` [n, h] and standard deviation ``sigma`` [n, h], in units of the balance.

    Rows named in ``failures`` are set to NaN.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        quantiles = mean[:, :, None] + sigma[:, :, None] * _symmetric_scores(levels)
    return blank_failures(Forecast(mean, quantiles, levels, failures))
