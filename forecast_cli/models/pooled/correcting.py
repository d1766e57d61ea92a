"""Correction of an account's own outlook, and its quantiles, by the predictions of the pooled forest."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import quantile_probabilities
from forecast_cli.models.knots import interpolate_knots
from forecast_cli.models.laplace import laplace_scores
from forecast_cli.models.pooled.learned import Vintage
from forecast_cli.models.pooled.outlook import Outlook
from forecast_cli.models.pooled.segments import segments_of
from forecast_cli.models.pooled.standing import moved_share, with_point_mass

#: With this many past windows of all accounts, an account's own past errors no longer count.
_ENOUGH: Final = 1_000


def correct(
    panel: Panel,
    outlook: Outlook,
    said: NDArray[np.float64],
    vintage: Vintage,
    *,
    knots: NDArray[np.int64],
    levels: tuple[float, ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean [n, h] and quantiles [n, h, q], in units of the balance, by the formula of ``Auto``.

    ``said`` [n, k, 4] are the predictions of the trees of ``vintage`` at the ``knots`` [k].
    """
    assert vintage.calibration is not None  # noqa: S101 - a vintage with trees has one
    h = outlook.path.shape[1]
    away = vintage.calibration.quantiles(said, quantile_probabilities(levels), segments_of(panel))
    by_others = outlook.scale[:, None, None] * interpolate_knots(away, knots, h)
    trust = np.where(np.isnan(outlook.sd), 1.0, min(vintage.windows / _ENOUGH, 1.0))
    by_itself = np.nan_to_num(outlook.sd)[:, :, None] * laplace_scores(levels)
    by_others_mean = vintage.calibration.slope * said[..., -1]
    mean = outlook.path + trust * outlook.scale[:, None] * interpolate_knots(by_others_mean, knots, h)
    quantiles = outlook.path[:, :, None] + trust[:, :, None] * by_others + (1.0 - trust)[:, :, None] * by_itself
    return mean, _held(panel, quantiles, levels)


def leave_alone(
    panel: Panel, outlook: Outlook, levels: tuple[float, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean [n, h] and quantiles [n, h, q], in units of the balance, from each account's own past only.

    The mean is the path. Quantiles are those of a Laplace distribution around it with its standard deviation; NaN
    where the history is too short for one.
    """
    quantiles = outlook.path[:, :, None] + outlook.sd[:, :, None] * laplace_scores(levels)
    return outlook.path, _held(panel, quantiles, levels)


def _held(panel: Panel, quantiles: NDArray[np.float64], levels: tuple[float, ...]) -> NDArray[np.float64]:
    moved = moved_share(panel, np.arange(1, quantiles.shape[1] + 1))
    return with_point_mass(quantiles, panel.y[:, -1:], moved, quantile_probabilities(levels))
