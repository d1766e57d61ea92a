"""Correction of an account's own outlook, and its quantiles, by the predictions of the pooled forest."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import quantile_probabilities, take_levels
from forecast_cli.models.knots import interpolate_knots
from forecast_cli.models.laplace import laplace_scores
from forecast_cli.models.path_levels import PATH_LEVELS, levels_to_request, mean_of_paths
from forecast_cli.models.pooled.learned import Vintage
from forecast_cli.models.pooled.outlook import Outlook
from forecast_cli.models.pooled.record_lows import draw_to_lowest, lowest_records
from forecast_cli.models.pooled.segments import segments_of
from forecast_cli.models.pooled.standing import MIDDLE_LEVEL, add_point_mass
from forecast_cli.models.rows import chunks

#: With this many past windows of all accounts, an account's own past errors no longer count.
_ENOUGH: Final = 1_000


def correct_outlook(
    panel: Panel,
    outlook: Outlook,
    predictions: NDArray[np.float64],
    vintage: Vintage,
    *,
    knots: NDArray[np.int64],
    levels: tuple[float, ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean [n, h] and quantiles [n, h, q], in units of the balance, by the formula of ``Auto``.

    ``predictions`` [n, k, 3] are those of the trees of ``vintage`` at the ``knots`` [k].
    """
    mean = np.empty(outlook.path.shape)
    quantiles = np.empty((*outlook.path.shape, 2 * len(levels) + 1))
    for rows in chunks(len(panel)):  # so that intermediate results stay in the processor's cache
        mean[rows], quantiles[rows] = _correct_chunk(
            panel.part(rows), outlook.take(rows), predictions[rows], vintage, knots=knots, levels=levels
        )
    return mean, quantiles


def _correct_chunk(
    panel: Panel,
    outlook: Outlook,
    predictions: NDArray[np.float64],
    vintage: Vintage,
    *,
    knots: NDArray[np.int64],
    levels: tuple[float, ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    assert vintage.calibration is not None  # noqa: S101 - a vintage with trees has one
    h, wide = outlook.path.shape[1], levels_to_request(levels)
    offsets = vintage.calibration.quantiles(predictions, quantile_probabilities(wide), segments_of(panel))
    by_others = outlook.scale[:, None, None] * interpolate_knots(offsets, knots, h)
    trust = np.where(np.isnan(outlook.sd), 1.0, min(vintage.windows / _ENOUGH, 1.0))
    by_itself = np.nan_to_num(outlook.sd)[:, :, None] * laplace_scores(wide)
    quantiles = outlook.path[:, :, None] + trust[:, :, None] * by_others + (1.0 - trust)[:, :, None] * by_itself
    quantiles = _add_point_mass(panel, outlook, quantiles, wide)
    outer = take_levels(quantiles, wide, (MIDDLE_LEVEL,))
    lowest = np.broadcast_to(lowest_records(panel)[:, None], outlook.path.shape)
    return _mean_and_levels(draw_to_lowest(quantiles, outer, lowest, vintage.record_lows), wide, levels)


def forecast_uncorrected(
    panel: Panel, outlook: Outlook, levels: tuple[float, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean [n, h] and quantiles [n, h, q], in units of the balance, from each account's own past only.

    Quantiles are those of a Laplace distribution around the path with its standard deviation; NaN
    where the history is too short for one.
    """
    wide = levels_to_request(levels)
    quantiles = outlook.path[:, :, None] + outlook.sd[:, :, None] * laplace_scores(wide)
    return _mean_and_levels(_add_point_mass(panel, outlook, quantiles, wide), wide, levels)


def _mean_and_levels(
    quantiles: NDArray[np.float64], wide: tuple[float, ...], levels: tuple[float, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean [n, h] of the distributions with ``quantiles`` of ``wide`` levels, and those of ``levels``."""
    return mean_of_paths(take_levels(quantiles, wide, PATH_LEVELS)), take_levels(quantiles, wide, levels)


def _add_point_mass(
    panel: Panel, outlook: Outlook, quantiles: NDArray[np.float64], levels: tuple[float, ...]
) -> NDArray[np.float64]:
    return add_point_mass(quantiles, panel.y[:, -1:], outlook.moved, levels)
