"""Learning: from the older windows of all accounts to a forest and its calibration, a vintage for each month.

Which windows a vintage learns from, and all that comes of them, is decided by the days before it alone.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.knots import knots_of
from forecast_cli.models.pooled.calibration import calibrate
from forecast_cli.models.pooled.features import describe, feature_names
from forecast_cli.models.pooled.forest import consult, grow, join
from forecast_cli.models.pooled.learned import Learned, Vintage
from forecast_cli.models.pooled.outlook import look_ahead
from forecast_cli.models.pooled.windows import LOOK_BACK, Windows, came_after, group_of, list_windows, panel_at

#: Most and fewest windows that a vintage learns from.
MOST: Final = 6_000
FEWEST: Final = 200
#: Accounts are dealt into groups; the trees of each are grown on the accounts of the others and scored on its own.
GROUPS: Final = 4
TREES: Final = 8
#: What comes counts up to this many scales from what was expected, for growing trees.
_FURTHEST: Final = 4.0
#: Windows described at a time.
_BLOCK: Final = 2_000


@dataclass(frozen=True)
class Lessons:
    """m windows that can be learned from: features [m, f], ``came`` [m, k] in scales from what was expected, groups."""

    x: NDArray[np.float32]
    came: NDArray[np.float64]
    group: NDArray[np.int64]
    month: NDArray[np.int64]


def learn(
    panel: Panel,
    months: NDArray[np.datetime64],
    known: NDArray[np.int64],
    *,
    h: int,
    look_back: int = LOOK_BACK,
) -> Learned:
    """Return what the accounts of ``panel`` teach about ``h`` days ahead, a vintage for each of ``months`` [v].

    ``known`` [n, v]: the last day before each month that an account has a balance on, as days since 1970-01-01; a day
    before its first one where it is not to be learned from. Windows look back on ``look_back`` days at most.
    """
    knots, windows = knots_of(h), list_windows(panel, h)
    chosen = [choose_windows(windows, known[:, place], h, month) for place, month in enumerate(months)]
    union = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *chosen]))
    lessons, usable = _describe(panel, windows.take(union), knots, look_back=min(look_back, LOOK_BACK))
    place_of = np.cumsum(usable) - 1
    vintages = []
    for month, some in zip(months, chosen, strict=True):
        at = np.searchsorted(union, some)
        vintages.append(_vintage(month, lessons, place_of[at[usable[at]]], seed=panel.seed))
    return Learned(h, knots, tuple(vintages))


def choose_windows(windows: Windows, known: NDArray[np.int64], h: int, month: np.datetime64) -> NDArray[np.int64]:
    """Return the places, ascending, of the windows of lowest priority that end on a day that is known.

    None lies further back than three years: what a longer or a shorter history tells is the same.
    """
    earliest = month.astype("datetime64[D]").astype(np.int64) - LOOK_BACK
    over = np.flatnonzero((windows.day + h <= known[windows.row]) & (windows.day >= earliest))
    if len(over) > MOST:
        over = over[np.argsort(windows.priority[over], kind="stable")[:MOST]]
    return np.sort(over)


def _describe(
    panel: Panel, windows: Windows, knots: NDArray[np.int64], *, look_back: int
) -> tuple[Lessons, NDArray[np.bool_]]:
    """Return the lessons of all windows whose account has moved, and which of them have."""
    h, f = int(knots[-1]), len(feature_names(knots))
    parts = [(np.zeros((0, f), dtype=np.float32), np.zeros((0, len(knots))))]
    usable = np.zeros(len(windows.row), dtype=np.bool_)
    for start in range(0, len(windows.row), _BLOCK):
        some = windows.take(np.arange(start, min(start + _BLOCK, len(windows.row))))
        then = panel_at(panel, some, look_back)
        outlook = look_ahead(then, h)
        moved = outlook.scale > 0.0
        usable[start : start + len(moved)] = moved
        error = came_after(panel, some, knots) - outlook.path[:, knots - 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            came = error / outlook.scale[:, None]
        parts.append((describe(then, outlook, knots)[moved], came[moved]))
    kept = windows.take(np.flatnonzero(usable))
    lessons = Lessons(
        x=np.concatenate([x for x, _ in parts]),
        came=np.concatenate([came for _, came in parts]),
        group=group_of(panel, kept, GROUPS),
        month=kept.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64),
    )
    return lessons, usable


def _vintage(month: np.datetime64, lessons: Lessons, some: NDArray[np.int64], *, seed: int) -> Vintage:
    """Grow a forest for each group of accounts on the others, and score it on its own."""
    x, came, group = lessons.x[some], lessons.came[some], lessons.group[some]
    if len(some) < FEWEST or np.unique(group, return_counts=True)[1].max() > len(some) // 2:
        return Vintage(month, len(some))
    bounded = np.clip(came, -_FURTHEST, _FURTHEST)
    forests, said = [], np.zeros((*came.shape, 4))
    for number in range(GROUPS):
        own = group == number
        forest = grow(x[~own], bounded[~own], trees=TREES, seed=(seed + number) % 2**32)
        said[own] = consult(forest, x[own])
        forests.append(forest)
    return Vintage(month, len(some), join(forests), calibrate(said, came, lessons.month[some]))
