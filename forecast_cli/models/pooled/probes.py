"""Probes: past windows, what auto says of them without having seen their accounts, and what a candidate says."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.pooled.candidates import Candidate
from forecast_cli.models.pooled.correcting import correct
from forecast_cli.models.pooled.features import describe
from forecast_cli.models.pooled.forest import Forest, predict
from forecast_cli.models.pooled.joining import ask
from forecast_cli.models.pooled.learn import GROUPS
from forecast_cli.models.pooled.learned import TREES, Learned, Vintage
from forecast_cli.models.pooled.outlook import Outlook, look_ahead
from forecast_cli.models.pooled.segments import segments_of
from forecast_cli.models.pooled.windows import Windows, came_after, group_of, panel_at

#: Levels whose ends, with the median, are asked for: every tenth.
LEVELS: Final = (20.0, 40.0, 60.0, 80.0)


@dataclass(frozen=True)
class Probes:
    """m windows: the accounts as they were known, what their own past said, features ``x`` [m, f], and what ``came``.

    ``came`` [m, k] at the knots, in scales from the path; ``segment`` and ``group`` [m].
    """

    panel: Panel
    outlook: Outlook
    x: NDArray[np.float32]
    came: NDArray[np.float64]
    segment: NDArray[np.int64]
    group: NDArray[np.int64]


def probe(learned: Learned, panel: Panel, windows: Windows, look_back: int) -> tuple[Probes, NDArray[np.int64]]:
    """Return what is known of the m windows whose account has moved before them, and their places in ``windows``, [m].

    ``windows`` are of ``panel``; of each, up to ``look_back`` days before its horizon are looked at.
    """
    then = panel_at(panel, windows, look_back)
    outlook = look_ahead(then, learned.h)
    kept = np.flatnonzero(outlook.scale > 0.0)
    windows, then, outlook = windows.take(kept), then.take(kept), outlook.take(kept)
    came = came_after(panel, windows, learned.knots) - outlook.path[:, learned.knots - 1]
    probes = Probes(
        panel=then,
        outlook=outlook,
        x=describe(then, outlook, learned.knots),
        came=came / outlook.scale[:, None],
        segment=segments_of(then),
        group=group_of(panel, windows, GROUPS),
    )
    return probes, kept


def by_auto(vintage: Vintage, knots: NDArray[np.int64], probes: Probes, some: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what the trees that have not seen the accounts of ``some`` windows say, in scales from the path.

    [len(some), k, q], calibrated, at every tenth.
    """
    said = predict_held_out(vintage.forest, probes.x[some], probes.group[some])
    panel, outlook = probes.panel.take(some), probes.outlook.take(some)
    _, quantiles = correct(panel, outlook, said, vintage, knots=knots, levels=LEVELS)
    return _away(quantiles[:, knots - 1], outlook, knots)


def predict_held_out(forest: Forest, x: NDArray[np.float32], group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what the trees that have not seen a window's ``group`` [m] of accounts say of it, [m, k, 4]."""
    said = np.zeros((len(x), *forest[0].values.shape[1:]))
    for number in np.unique(group).tolist():
        own = group == number
        said[own] = predict(forest[number * TREES : (number + 1) * TREES], x[own])
    return said


def by_candidate(candidate: Candidate, probes: Probes, learned: Learned) -> NDArray[np.float64]:
    """Return a candidate's quantiles [m, k, q] in scales from the path; NaN where it has none that pass the checks."""
    away = np.full((*probes.came.shape, 2 * len(LEVELS) + 1), np.nan)
    long = np.flatnonzero(probes.panel.lengths >= candidate.min_obs(learned.h))
    said, done = ask(candidate, probes.panel.take(long), learned.h, LEVELS)
    rows = long[done]
    away[rows] = _away(said.quantiles[done][:, learned.knots - 1], probes.outlook.take(rows), learned.knots)
    return away


def _away(quantiles: NDArray[np.float64], outlook: Outlook, knots: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return ``quantiles`` [m, k, q] at the knots in scales from the path."""
    return np.asarray((quantiles - outlook.path[:, knots - 1, None]) / outlook.scale[:, None, None])
