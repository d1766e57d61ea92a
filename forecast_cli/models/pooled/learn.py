"""Learning: from the older windows of all accounts to a forest and its calibration, a vintage for each month.

Which windows a vintage learns from, and all that comes of them, is decided by the days before it alone.
"""

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.core.memory import release_memory
from forecast_cli.data.panel import Panel
from forecast_cli.models.knots import knots_of
from forecast_cli.models.pooled.calibration import FURTHEST, calibrate
from forecast_cli.models.pooled.features import describe, feature_names
from forecast_cli.models.pooled.forest import Forest, grow, join, predict
from forecast_cli.models.pooled.learned import TREES, Learned, Vintage
from forecast_cli.models.pooled.outlook import look_ahead
from forecast_cli.models.pooled.segments import segments_of
from forecast_cli.models.pooled.windows import LOOK_BACK, Windows, came_after, group_of, list_windows, panel_at

#: Most and fewest windows that a vintage learns from.
MOST: Final = 6_000
FEWEST: Final = 60
#: Accounts are dealt into groups; the trees of each are grown on the accounts of the others and scored on its own.
GROUPS: Final = 4
#: Windows described at a time.
_BLOCK: Final = 500


@dataclass(frozen=True)
class TrainingSet:
    """m windows: features ``x`` [m, f], ``came`` [m, k] in scales from what was expected, ``group`` of their accounts.

    ``month`` [m] of each, as months since 1970-01, and ``segment`` [m].
    """

    x: NDArray[np.float32]
    came: NDArray[np.float64]
    group: NDArray[np.int64]
    month: NDArray[np.int64]
    segment: NDArray[np.int64]


def learn(
    panel: Panel,
    months: NDArray[np.datetime64],
    known: NDArray[np.int64],
    *,
    h: int,
    look_back: int = LOOK_BACK,
    threads: int = 1,
) -> Learned:
    """Return what the accounts of ``panel`` teach about ``h`` days ahead, a vintage for each of ``months`` [v].

    ``known`` [n, v]: the last day before each month that an account has a balance on, as days since 1970-01-01; a day
    before its first one where it is not to be learned from. Windows look back on ``look_back`` days at most. What is
    learned does not depend on ``threads``.
    """
    knots, windows = knots_of(h), list_windows(panel, h)
    chosen = [choose_windows(windows, known[:, place], h, month) for place, month in enumerate(months)]
    union = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *chosen]))
    vintages = []
    with ThreadPoolExecutor(threads) as pool:
        training, usable = _describe(panel, windows.take(union), knots, look_back=min(look_back, LOOK_BACK), pool=pool)
        release_memory()
        place_of = np.cumsum(usable) - 1
        for month, some in zip(months, chosen, strict=True):
            at = np.searchsorted(union, some)
            vintages.append(_vintage(month, training, place_of[at[usable[at]]], seed=panel.seed, pool=pool))
    return Learned(h, knots, tuple(vintages))


def choose_windows(windows: Windows, known: NDArray[np.int64], h: int, month: np.datetime64) -> NDArray[np.int64]:
    """Return the places, ascending, of the windows of lowest priority that end on a day that is known.

    They are ``MOST`` at most. ``known`` [n] is each account's last known day before ``month``. None lies further back
    than three years: what a longer or a shorter history tells is the same.
    """
    earliest = month.astype("datetime64[D]").astype(np.int64) - LOOK_BACK
    over = np.flatnonzero((windows.day + h <= known[windows.row]) & (windows.day >= earliest))
    if len(over) > MOST:
        over = over[np.argsort(windows.priority[over], kind="stable")[:MOST]]
    return np.sort(over)


def choose_some(
    windows: Windows, known: NDArray[np.int64], learned: Learned, most: int
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Return for each vintage the places of at most ``most`` of its windows, the lowest, and those of all of them.

    Ascending; none for a vintage that has learned nothing. ``known`` [n, v] as ``learn`` has it.
    """
    chosen = []
    for v, vintage in enumerate(learned.vintages):
        some = choose_windows(windows, known[:, v], learned.h, vintage.as_of)
        order = np.argsort(windows.priority[some], kind="stable")
        chosen.append(np.sort(some[order[: most if vintage.forest else 0]]))
    return chosen, np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *chosen]))


def _describe(
    panel: Panel, windows: Windows, knots: NDArray[np.int64], *, look_back: int, pool: Executor
) -> tuple[TrainingSet, NDArray[np.bool_]]:
    """Return the training set of all windows whose account has moved, and which of them have.

    Windows of a day are described together, as they share its calendar; the newest first, which take longest.
    """
    many, f = len(windows.row), len(feature_names(knots))
    order = np.argsort(-windows.day, kind="stable")
    blocks = [windows.take(order[start : start + _BLOCK]) for start in range(0, many, _BLOCK)]
    none = (
        np.zeros((0, f), dtype=np.float32),
        np.zeros((0, len(knots))),
        np.zeros(0, dtype=np.int64),
        np.zeros(0, dtype=np.bool_),
    )
    parts = [none, *pool.map(partial(_tell, panel, knots=knots, look_back=look_back), blocks)]
    moved = order[np.concatenate([moved for *_, moved in parts])]
    by_place, kept = np.argsort(moved), windows.take(np.sort(moved))
    training = TrainingSet(
        x=np.concatenate([x for x, *_ in parts])[by_place],
        came=np.concatenate([came for _, came, *_ in parts])[by_place],
        group=group_of(panel, kept, GROUPS),
        month=kept.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64),
        segment=np.concatenate([segment for *_, segment, _ in parts])[by_place],
    )
    usable = np.zeros(many, dtype=np.bool_)
    usable[moved] = True
    return training, usable


def _tell(
    panel: Panel, windows: Windows, *, knots: NDArray[np.int64], look_back: int
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return features, what came and the segment of the windows whose account has moved, and which of them have."""
    then = panel_at(panel, windows, look_back)
    outlook = look_ahead(then, int(knots[-1]))
    moved = outlook.scale > 0.0
    error = came_after(panel, windows, knots) - outlook.path[:, knots - 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        came = error / outlook.scale[:, None]
    return describe(then, outlook, knots)[moved], came[moved], segments_of(then)[moved], moved


def _vintage(
    month: np.datetime64, training: TrainingSet, some: NDArray[np.int64], *, seed: int, pool: Executor
) -> Vintage:
    """Grow a forest for each group of accounts on the others, and score it on its own."""
    x, came, group = training.x[some], training.came[some], training.group[some]
    if len(some) < FEWEST or np.unique(group, return_counts=True)[1].max() > len(some) // 2:
        return Vintage(month, len(some))
    bounded = np.clip(came, -FURTHEST, FURTHEST)

    def grow_for(number: int) -> Forest:
        others = group != number
        return grow(x[others], bounded[others], trees=TREES, seed=(seed + number) % 2**32)

    forests = list(pool.map(grow_for, range(GROUPS)))
    said = np.zeros((*came.shape, 4))
    for number, forest in enumerate(forests):
        said[group == number] = predict(forest, x[group == number])
    return Vintage(month, len(some), join(forests), calibrate(said, came, training.month[some], training.segment[some]))
