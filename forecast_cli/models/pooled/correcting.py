"""Correcting: an account's own outlook, corrected and given quantiles by what came of accounts like it."""

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import quantile_probabilities
from forecast_cli.models.knots import between_knots
from forecast_cli.models.pooled.calibration import Calibration
from forecast_cli.models.pooled.outlook import Outlook
from forecast_cli.models.pooled.standing import hold_still, moved_share


def correct(
    panel: Panel,
    outlook: Outlook,
    said: NDArray[np.float64],
    calibration: Calibration,
    *,
    knots: NDArray[np.int64],
    levels: tuple[float, ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean [n, h] and quantiles [n, h, q], in units of the balance, of what a forest ``said`` [n, k, 4].

    The formula is that of ``Auto``.
    """
    probabilities = quantile_probabilities(levels)
    away = calibration.quantiles(said, probabilities)
    scale, h = outlook.scale[:, None], outlook.path.shape[1]
    mean = outlook.path + scale * between_knots(said[..., -1], knots, h)
    quantiles = outlook.path[:, :, None] + scale[:, :, None] * between_knots(away, knots, h)
    moved = moved_share(panel, np.arange(1, h + 1))
    return mean, hold_still(quantiles, panel.y[:, -1:], moved, probabilities)
