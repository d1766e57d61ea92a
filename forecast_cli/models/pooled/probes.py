"""Probes: past windows with the predictions of auto, by trees that have not seen the accounts, and of candidates."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.pooled.candidates import Candidate
from forecast_cli.models.pooled.correcting import correct_outlook
from forecast_cli.models.pooled.features import compute_features
from forecast_cli.models.pooled.joining import forecast_candidate
from forecast_cli.models.pooled.learned import Learned, Vintage
from forecast_cli.models.pooled.outlook import Outlook, forecast_outlook
from forecast_cli.models.pooled.segments import segments_of
from forecast_cli.models.pooled.windows import Windows, balances_after, group_of, panel_at

#: Levels whose interval bounds, together with the median, are the deciles.
LEVELS: Final = (20.0, 40.0, 60.0, 80.0)


@dataclass(frozen=True)
class Probes:
    """m past windows.

    ``panel`` holds the accounts as known at the windows' origins, ``outlook`` their outlook then, ``x`` [m, f] their
    features, ``segment`` and ``group`` [m] what they belong to. ``came`` [m, k] are the outcomes minus the path at the
    knots, in scales.
    """

    panel: Panel
    outlook: Outlook
    x: NDArray[np.float32]
    came: NDArray[np.float64]
    segment: NDArray[np.int64]
    group: NDArray[np.int64]


def build_probes(learned: Learned, panel: Panel, windows: Windows, look_back: int) -> tuple[Probes, NDArray[np.int64]]:
    """Return the probes of the m windows whose account has moved before, and their indices in ``windows``, [m].

    ``windows`` are those of ``panel``. Each uses at most ``look_back`` days of history.
    """
    then = panel_at(panel, windows, look_back)
    outlook = forecast_outlook(then, learned.h)
    kept = np.flatnonzero(outlook.scale > 0.0)
    windows, then, outlook = windows.take(kept), then.take(kept), outlook.take(kept)
    came = balances_after(panel, windows, learned.knots) - outlook.path[:, learned.knots - 1]
    probes = Probes(
        panel=then,
        outlook=outlook,
        x=compute_features(then, outlook, learned.knots),
        came=came / outlook.scale[:, None],
        segment=segments_of(then),
        group=group_of(panel, windows),
    )
    return probes, kept


def auto_deciles(
    vintage: Vintage, knots: NDArray[np.int64], probes: Probes, some: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the calibrated deciles [len(some), k, q] of auto for ``some`` windows, minus the path, in scales.

    They come from the trees that have not seen the accounts.
    """
    predictions = vintage.predict_held_out(probes.x[some], probes.group[some])
    panel, outlook = probes.panel.take(some), probes.outlook.take(some)
    _, quantiles = correct_outlook(panel, outlook, predictions, vintage, knots=knots, levels=LEVELS)
    return _relative_to_path(quantiles[:, knots - 1], outlook, knots)


def candidate_deciles(candidate: Candidate, probes: Probes, learned: Learned) -> NDArray[np.float64]:
    """Return a candidate's deciles [m, k, q] minus the path, in scales; NaN where it has no forecast or a bad one."""
    deciles = np.full((*probes.came.shape, 2 * len(LEVELS) + 1), np.nan)
    long = np.flatnonzero(probes.panel.lengths >= candidate.min_obs(learned.h))
    forecast = forecast_candidate(candidate, probes.panel.take(long), learned.h, LEVELS)
    rows = long[forecast.done]
    deciles[rows] = _relative_to_path(
        forecast.quantiles[forecast.done][:, learned.knots - 1], probes.outlook.take(rows), learned.knots
    )
    return deciles


def _relative_to_path(
    quantiles: NDArray[np.float64], outlook: Outlook, knots: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return ``quantiles`` [m, k, q] at the knots, minus the path, in scales."""
    return np.asarray((quantiles - outlook.path[:, knots - 1, None]) / outlook.scale[:, None, None])
