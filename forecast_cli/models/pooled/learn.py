"""Learning of a forest and its calibration from past windows of all accounts, one vintage as of each of some days.

The windows of a vintage, and all that is learned from them, depend only on the days before it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.core.machine import release_memory
from forecast_cli.data.panel import Panel
from forecast_cli.models.knots import knots_of
from forecast_cli.models.pooled.calibration import GRID, LEVELS, MAX_OUTCOME, Calibration, calibrate, score_outcomes
from forecast_cli.models.pooled.difficulty import grow_difficulty, stretch
from forecast_cli.models.pooled.features import compute_features, hide_season
from forecast_cli.models.pooled.forest import Forest, grow_forest, join_forests
from forecast_cli.models.pooled.learned import TREES, Learned, Vintage, predict_held_out
from forecast_cli.models.pooled.outlook import forecast_outlook
from forecast_cli.models.pooled.record_lows import RecordLows, learn_record_lows, lowest_records
from forecast_cli.models.pooled.segments import segments_of
from forecast_cli.models.pooled.standing import add_point_mass
from forecast_cli.models.pooled.windows import (
    GROUPS,
    LOOK_BACK,
    Windows,
    balances_after,
    group_of,
    list_first_windows,
    list_windows,
    panel_at,
)
from forecast_cli.models.row_arrays import RowArrays

#: Largest and smallest number of windows that a vintage learns from, and the largest for first months of accounts.
MOST: Final = 8_000
FEWEST: Final = 60
MOST_FIRST: Final = 4_000
#: Fewest months with windows for the time of the year to be a feature: in one year alone, it stands for what happened
#: then. A month counts if at least this share of all windows lies in it.
_FEWEST_MONTHS: Final = 24
_SHARE_OF_MONTH: Final = 0.01
#: Windows whose features are computed at a time.
_BLOCK: Final = 200


@dataclass(frozen=True)
class TrainingSet(RowArrays):
    """Training data of m windows.

    ``x`` [m, f] are features. ``came`` [m, k] are the outcomes at the knots, ``last`` and ``lowest`` [m, k] the
    account's last and lowest balance (``lowest_records``), all minus the path and in scales of the account. ``moved``
    [m, k] is the probability that the balance differs from the last one. ``group`` and ``segment`` [m] are those of the
    account, ``month`` [m] is counted in months since 1970-01.
    """

    x: NDArray[np.float32]
    came: NDArray[np.float64]
    last: NDArray[np.float64]
    lowest: NDArray[np.float64]
    moved: NDArray[np.float64]
    group: NDArray[np.int64]
    segment: NDArray[np.int64]
    month: NDArray[np.int64]


@dataclass(frozen=True)
class _Given:
    """The input of ``learn`` and ``learn_first_month``, with the ``knots`` [k] of the horizon."""

    panel: Panel
    days: NDArray[np.datetime64]
    known: NDArray[np.int64]
    knots: NDArray[np.int64]
    look_back: int


def learn(
    panel: Panel,
    days: NDArray[np.datetime64],
    known: NDArray[np.int64],
    *,
    h: int,
    look_back: int = LOOK_BACK,
    threads: int = 1,
) -> Learned:
    """Learn corrections up to ``h`` days ahead from the accounts of ``panel``, one vintage as of each of ``days`` [v].

    They are for accounts with 31 days of history or more; ``learn_first_month`` adds those for newer ones.
    ``known`` [n, v] is the last day before each of them on which an account has a balance (days since 1970-01-01); for
    accounts that must not be learned from, a day before their first one. Windows use at most ``look_back`` days of
    history. The result does not depend on ``threads``.
    """
    given = _Given(panel, days, known, knots_of(h), look_back)
    with ThreadPoolExecutor(threads) as pool:
        return Learned(h, given.knots, _learn_vintages(given, list_windows, MOST, pool=pool))


def learn_first_month(
    learned: Learned, panel: Panel, known: NDArray[np.int64], *, look_back: int = LOOK_BACK, threads: int = 1
) -> Learned:
    """Return ``learned`` with vintages of the same days for accounts in their first month.

    ``panel``, ``known`` [n, v] and ``look_back`` are as in ``learn``. The result does not depend on ``threads``.
    """
    days = np.array([vintage.as_of for vintage in learned.vintages], dtype="datetime64[D]")
    given = _Given(panel, days, known, learned.knots, look_back)
    with ThreadPoolExecutor(threads) as pool:
        return replace(learned, first_month=_learn_vintages(given, list_first_windows, MOST_FIRST, pool=pool))


def _learn_vintages(
    given: _Given, list_all: Callable[[Panel, int], Windows], most: int, *, pool: Executor
) -> tuple[Vintage, ...]:
    """Return a vintage as of each day, learned from up to ``most`` of the windows that ``list_all`` lists."""
    h = int(given.knots[-1])
    windows = list_all(given.panel, h)
    chosen = [choose_windows(windows, given.known[:, place], h, day, most) for place, day in enumerate(given.days)]
    union = _union_of(chosen)
    windows = windows.take(union)
    release_memory()
    training, usable = _build_training_set(given.panel, windows, given.knots, look_back=given.look_back, pool=pool)
    release_memory()
    place_of, vintages = np.cumsum(usable) - 1, []
    for day, some in zip(given.days, chosen, strict=True):
        at = np.searchsorted(union, some)
        vintages.append(_learn_vintage(day, h, training, place_of[at[usable[at]]], seed=given.panel.seed, pool=pool))
    return tuple(vintages)


def choose_windows(
    windows: Windows, known: NDArray[np.int64], h: int, day: np.datetime64, most: int = MOST
) -> NDArray[np.int64]:
    """Return the ascending indices of up to ``most`` windows that end by a known day, those of lowest priority.

    ``known`` [n] is each account's last known day before ``day``. Windows lie at most three years (``LOOK_BACK``)
    before ``day``, so that a longer history changes nothing.
    """
    earliest = day.astype(np.int64) - LOOK_BACK
    over = np.flatnonzero((windows.day + h <= known[windows.row]) & (windows.day >= earliest))
    if len(over) > most:
        over = over[np.argsort(windows.priority[over], kind="stable")[:most]]
    return np.sort(over)


def choose_per_vintage(
    windows: Windows, known: NDArray[np.int64], vintages: Sequence[Vintage], *, h: int, most: int
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Return for each vintage the indices of up to ``most`` of its windows of lowest priority, and the union of these.

    Indices ascend. A vintage without a forest has none. ``known`` [n, v] is as in ``learn``.
    """
    chosen = [
        choose_windows(windows, known[:, v], h, vintage.as_of, most if vintage.forest else 0)
        for v, vintage in enumerate(vintages)
    ]
    return chosen, _union_of(chosen)


def _union_of(chosen: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the indices that any of ``chosen`` holds, ascending."""
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *chosen]))


def _build_training_set(
    panel: Panel, windows: Windows, knots: NDArray[np.int64], *, look_back: int, pool: Executor
) -> tuple[TrainingSet, NDArray[np.bool_]]:
    """Return the training set of all windows whose account has moved before, and which windows these are.

    Blocks are made in the order of days, because windows of one day share its calendar, with the newest first, which
    take longest.
    """
    many = len(windows.row)
    order = np.argsort(-windows.day, kind="stable")
    blocks = [windows.take(order[start : start + _BLOCK]) for start in range(0, many, _BLOCK)]
    parts = list(pool.map(partial(_featurize_windows, panel, knots=knots, look_back=look_back), blocks))
    if not parts:
        return _featurize_windows(panel, windows, knots=knots, look_back=look_back)
    usable = np.zeros(many, dtype=np.bool_)
    usable[order] = np.concatenate([moved for _, moved in parts])
    return TrainingSet.join([part for part, _ in parts]).take(np.argsort(order[usable[order]])), usable


def _featurize_windows(
    panel: Panel, windows: Windows, *, knots: NDArray[np.int64], look_back: int
) -> tuple[TrainingSet, NDArray[np.bool_]]:
    """Return the training set of the windows whose account has moved before, and which windows these are."""
    then = panel_at(panel, windows, look_back)
    outlook = forecast_outlook(then, int(knots[-1]))
    moved = outlook.scale > 0.0
    path, scale = outlook.path[:, knots - 1], outlook.scale[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = TrainingSet(
            x=compute_features(then, outlook, knots),
            came=(balances_after(panel, windows, knots) - path) / scale,
            last=(then.y[:, -1:] - path) / scale,
            lowest=(lowest_records(then)[:, None] - path) / scale,
            moved=outlook.moved[:, knots - 1],
            group=group_of(panel, windows),
            segment=segments_of(then),
            month=windows.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64),
        )
    return whole.take(moved), moved


def _count_months(months: NDArray[np.int64]) -> int:
    """Return the number of months in which a hundredth or more of the windows lie; ``months`` [m] are those of each."""
    counts = np.unique(months, return_counts=True)[1]
    return int(np.count_nonzero(counts >= _SHARE_OF_MONTH * len(months)))


def _learn_vintage(
    day: np.datetime64, h: int, training: TrainingSet, some: NDArray[np.int64], *, seed: int, pool: Executor
) -> Vintage:
    """Grow trees for each group of accounts on the other groups, and calibrate them on the group itself.

    The vintage has no forest if there are too few windows, or if one group holds more than half of them.
    """
    own = training.take(some)
    x, came, group = own.x, own.came, own.group
    if _count_months(own.month) < _FEWEST_MONTHS:
        x = hide_season(x)
    if len(some) < FEWEST or np.unique(group, return_counts=True)[1].max() > len(some) // 2:
        return Vintage(day, len(some), h)
    bounded = np.clip(came, -MAX_OUTCOME, MAX_OUTCOME)

    def grow(others: NDArray[np.bool_], own_seed: int) -> Forest:
        return grow_forest(x[others], bounded[others], trees=TREES, seed=own_seed)

    forest = _grow_by_group(grow, group, seed, pool)
    said = predict_held_out(forest, x, group)
    scores = score_outcomes(said, came)[1]

    def grow_stretching(others: NDArray[np.bool_], own_seed: int) -> Forest:
        return grow_difficulty(x[others], scores[others], trees=TREES, seed=own_seed)

    difficulty = _grow_by_group(grow_stretching, group, seed + GROUPS, pool)
    said = stretch(said, predict_held_out(difficulty, x, group))
    calibration = calibrate(said, came, own.month, own.segment)
    record_lows = _learn_lows(own, calibration, said)
    return Vintage(day, len(some), h, forest, calibration, record_lows, difficulty=difficulty)


def _grow_by_group(
    grow: Callable[[NDArray[np.bool_], int], Forest], group: NDArray[np.int64], seed: int, pool: Executor
) -> Forest:
    """Return the trees that ``grow`` makes for each group, from all windows but its own and a seed."""
    return join_forests(pool.map(lambda number: grow(group != number, (seed + number) % 2**32), range(GROUPS)))


def _learn_lows(training: TrainingSet, calibration: Calibration, said: NDArray[np.float64]) -> RecordLows:
    """Return the rule for balances below the lowest one, from what trees of other accounts ``said`` [m, k, 3]."""
    with_record = np.isfinite(training.lowest[:, 0])
    probabilities, old = np.array(GRID), training.take(with_record)
    free = calibration.quantiles(said[with_record], probabilities, old.segment)
    quantiles = add_point_mass(free, old.last, old.moved, LEVELS)
    return learn_record_lows(quantiles, probabilities, old.lowest, old.came)
