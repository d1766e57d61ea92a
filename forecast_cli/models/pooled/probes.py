"""Probes: past windows, what auto says of them without having seen their accounts, and what a candidate says."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import quantile_probabilities
from forecast_cli.models.pooled.candidates import Candidate, segments_of
from forecast_cli.models.pooled.features import describe
from forecast_cli.models.pooled.forest import Forest, consult
from forecast_cli.models.pooled.joining import ask
from forecast_cli.models.pooled.learn import GROUPS, TREES
from forecast_cli.models.pooled.learned import Learned, Vintage
from forecast_cli.models.pooled.outlook import look_ahead
from forecast_cli.models.pooled.standing import hold_still, moved_share
from forecast_cli.models.pooled.windows import Windows, came_after, group_of, panel_at

#: Levels whose ends, with the median, are asked for: every tenth.
LEVELS: Final = (20.0, 40.0, 60.0, 80.0)


@dataclass(frozen=True)
class Probes:
    """m windows: the accounts as they were known, their ``path`` [m, k] at the knots and ``scale``, and what ``came``.

    ``x`` [m, f] features, ``came`` [m, k] in scales from the path, ``segment`` and ``group`` [m].
    """

    panel: Panel
    x: NDArray[np.float32]
    path: NDArray[np.float64]
    scale: NDArray[np.float64]
    came: NDArray[np.float64]
    segment: NDArray[np.int64]
    group: NDArray[np.int64]


def probe(learned: Learned, panel: Panel, windows: Windows, look_back: int) -> tuple[Probes, NDArray[np.int64]]:
    """Return the windows whose account has moved, and which of them have."""
    then = panel_at(panel, windows, look_back)
    outlook = look_ahead(then, learned.h)
    kept = np.flatnonzero(outlook.scale > 0.0)
    windows, then, outlook = windows.take(kept), then.take(kept), outlook.take(kept)
    path = outlook.path[:, learned.knots - 1]
    probes = Probes(
        panel=then,
        x=describe(then, outlook, learned.knots),
        path=path,
        scale=outlook.scale,
        came=(came_after(panel, windows, learned.knots) - path) / outlook.scale[:, None],
        segment=segments_of(then),
        group=group_of(panel, windows, GROUPS),
    )
    return probes, kept


def by_auto(vintage: Vintage, knots: NDArray[np.int64], probes: Probes, some: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what the trees that have not seen the accounts of ``some`` windows say, in scales from the path.

    [len(some), k, q], calibrated, at every tenth.
    """
    assert vintage.calibration is not None  # noqa: S101 - a vintage with trees has one
    said = consult_unseen(vintage.forest, probes.x[some], probes.group[some])
    p, panel = quantile_probabilities(LEVELS), probes.panel.take(some)
    last = (panel.y[:, -1:] - probes.path[some]) / probes.scale[some, None]
    return hold_still(vintage.calibration.quantiles(said, p), last, moved_share(panel, knots), p)


def consult_unseen(forest: Forest, x: NDArray[np.float32], group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what the trees that have not seen a window's ``group`` [m] of accounts say of it, [m, k, 4]."""
    said = np.zeros((len(x), *forest[0].values.shape[1:]))
    for number in np.unique(group).tolist():
        own = group == number
        said[own] = consult(forest[number * TREES : (number + 1) * TREES], x[own])
    return said


def by_candidate(candidate: Candidate, probes: Probes, learned: Learned) -> NDArray[np.float64]:
    """Return a candidate's quantiles [m, k, q] in scales from the path; NaN where it has none that pass the checks."""
    away = np.full((*probes.path.shape, 2 * len(LEVELS) + 1), np.nan)
    long = np.flatnonzero(probes.panel.lengths >= candidate.min_obs(learned.h))
    said, done = ask(candidate, probes.panel.take(long), learned.h, LEVELS)
    rows = long[done]
    quantiles = said.quantiles[done][:, learned.knots - 1]
    away[rows] = (quantiles - probes.path[rows][:, :, None]) / probes.scale[rows, None, None]
    return away
