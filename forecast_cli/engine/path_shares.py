"""Path shares: past windows are forecast by paths and by past courses, to learn what the paths of an account are.

Learned are the share of past courses of each account, and how many of the paths below zero are left.

This module belongs to the engine because it needs sample paths, which models do not know.
"""

from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.core.machine import release_memory
from forecast_cli.data.panel import Panel
from forecast_cli.models.auto import NAME
from forecast_cli.models.base import Forecast
from forecast_cli.models.path_levels import N_PATHS, PATH_LEVELS
from forecast_cli.models.pooled.correcting import correct_outlook
from forecast_cli.models.pooled.features import compute_features, hide_season
from forecast_cli.models.pooled.learn import choose_per_vintage
from forecast_cli.models.pooled.learned import Learned, Vintage
from forecast_cli.models.pooled.outlook import Outlook, forecast_outlook
from forecast_cli.models.pooled.past_share import PastTrainingSet, grow_past_forest
from forecast_cli.models.pooled.windows import (
    Windows,
    balances_after,
    group_of,
    list_first_windows,
    list_windows,
    panel_at,
)
from forecast_cli.models.pooled.zero_rule import ZeroTrainingSet, has_short_history, learn_zero_rules, never_below_zero
from forecast_cli.risk.courses import select_near_courses
from forecast_cli.risk.lows import Lows, find_lows, windows_within
from forecast_cli.risk.panel_lows import panel_lows
from forecast_cli.risk.paths import chunks_of_paths
from forecast_cli.risk.thresholds import threshold_amounts

#: Thresholds from which shares are learned: an account's own percentiles, independent of the thresholds of the run.
_LOW: Final = ("p5", "p10", "p25")
_ZERO: Final = "0"
#: Largest number of windows from which a vintage's shares are learned, and the same for the first month of accounts.
_MOST: Final = 3_000
_MOST_FIRST: Final = 1_000
#: Windows processed at a time.
_BLOCK: Final = 200


@dataclass(frozen=True)
class _Past:
    """The input of learning: what was ``learned``, its ``vintages`` that learn more, the ``panel``, and m ``windows``.

    ``look_back`` is the most days of history of a window, ``group`` [m] the group of its account, and ``uses`` [m, v]
    says which vintages use it.
    """

    learned: Learned
    vintages: tuple[Vintage, ...]
    panel: Panel
    look_back: int
    windows: Windows
    group: NDArray[np.int64]
    uses: NDArray[np.bool_]


@dataclass(frozen=True)
class _Training:
    """The training sets of a vintage: for the share of past courses, and for paths below zero."""

    past: PastTrainingSet
    zero: ZeroTrainingSet

    @classmethod
    def join(cls, parts: Sequence["_Training"]) -> "_Training":
        past, zero = [part.past for part in parts], [part.zero for part in parts]
        return cls(PastTrainingSet.join(past), ZeroTrainingSet.join(zero))


def learn_path_shares(
    learned: Learned, panel: Panel, known: NDArray[np.int64], *, look_back: int, threads: int = 1
) -> Learned:
    """Return ``learned`` with trees of ``past_share`` and rules of ``zero_rule`` in each vintage that has a forest.

    ``panel``, ``known`` [n, v] and ``look_back`` are as in ``learn``. The result does not depend on ``threads``.
    """
    told = []
    with ThreadPoolExecutor(threads) as pool:
        for vintages, list_all, most in (
            (learned.vintages, list_windows, _MOST),
            (learned.first_month, list_first_windows, _MOST_FIRST),
        ):
            windows = list_all(panel, learned.h)
            chosen, union = choose_per_vintage(windows, known, vintages, h=learned.h, most=most)
            windows = windows.take(union)
            release_memory()
            given = _Past(
                learned=learned,
                vintages=vintages,
                panel=panel,
                look_back=look_back,
                windows=windows,
                group=group_of(panel, windows),
                uses=np.array([np.isin(union, own) for own in chosen]).reshape(len(chosen), len(union)).T,
            )
            told.append(_learn_vintages(given, pool))
    return replace(learned, vintages=told[0], first_month=told[1])


def _learn_vintages(given: _Past, pool: Executor) -> tuple[Vintage, ...]:
    """Return the vintages with what their windows teach; unchanged if none of these has an account that ever moved."""
    order = np.argsort(-given.windows.day, kind="stable")
    blocks = [order[start : start + _BLOCK] for start in range(0, len(order), _BLOCK)]
    told = [block for block in pool.map(partial(_build_training_sets, given), blocks) if block]
    if not told:
        return given.vintages
    training = [_Training.join(parts) for parts in zip(*told, strict=True)]
    return tuple(pool.map(partial(_learn_vintage, seed=given.panel.seed), given.vintages, training))


def _learn_vintage(vintage: Vintage, training: _Training, *, seed: int) -> Vintage:
    rule, short_rule = learn_zero_rules(training.zero)
    past = grow_past_forest(training.past, seed=seed)
    return replace(vintage, past=past, zero_rule=rule, short_zero_rule=short_rule)


def _build_training_sets(given: _Past, block: NDArray[np.int64]) -> list[_Training]:
    """Return for each vintage the training sets of the windows of a ``block`` that it uses.

    The list is empty if no account of these windows ever moved. Blocks are in the order of days, because windows of one
    day share its calendar.
    """
    learned = given.learned
    then = panel_at(given.panel, given.windows.take(block), given.look_back)
    outlook = forecast_outlook(then, learned.h)
    kept = np.flatnonzero(outlook.scale > 0.0)
    if not len(kept):
        return []
    then, outlook, windows = then.take(kept), outlook.take(kept), given.windows.take(block[kept])
    amounts = threshold_amounts(then, (*_LOW, _ZERO), {})
    came = balances_after(given.panel, windows, np.arange(1, learned.h + 1))
    event, low = _share_below(came[:, None], amounts, learned.h), slice(len(_LOW) * len(windows_within(learned.h)))
    by_past, past_course = np.zeros_like(event[:, low]), then.lengths > learned.h
    by_past[past_course] = _past_probabilities(
        then.take(np.flatnonzero(past_course)), amounts[past_course, :-1], learned.h
    )
    whole = PastTrainingSet(
        x=compute_features(then, outlook, learned.knots),
        own=np.zeros_like(event[:, low]),
        past=by_past,
        event=event[:, low],
        group=given.group[block[kept]],
        account=windows.row,
    )
    training, never, short = [], never_below_zero(then), has_short_history(then, learned.h)
    for vintage, used in zip(given.vintages, given.uses[block[kept]].T, strict=True):
        some = np.flatnonzero(used)
        taught = whole.take(some)
        lows = _lows_of_paths(then.take(some), outlook.take(some), taught, learned, vintage, amounts[some])
        said = lows.prob_below.reshape(len(some), event.shape[1])
        past = replace(taught, own=said[:, low], x=hide_season(taught.x)).take(past_course[some])
        on_a_day = np.where(outlook.weekly[some], 0.0, lows.most_below[:, -1])
        zero = ZeroTrainingSet(said[:, -1], on_a_day, event[some, -1], short[some]).take(never[some])
        training.append(_Training(past, zero))
    return training


def _lows_of_paths(
    panel: Panel,
    outlook: Outlook,
    training: PastTrainingSet,
    learned: Learned,
    vintage: Vintage,
    amounts: NDArray[np.float64],
) -> Lows:
    """Return the lows of paths by trees that have not seen the account, for thresholds of ``amounts`` [m, k]."""
    if not len(panel):
        return find_lows(np.empty((0, N_PATHS, learned.h)), amounts, windows_within(learned.h))
    said = vintage.predict_held_out(training.x, training.group)
    forecast = correct_outlook(panel, outlook, said, vintage, knots=learned.knots, levels=PATH_LEVELS)
    return panel_lows(panel, {NAME: Forecast(*forecast, PATH_LEVELS)}, amounts)[NAME]


def _past_probabilities(panel: Panel, amounts: NDArray[np.float64], h: int) -> NDArray[np.float64]:
    """Return the probabilities [m, c] of balances under ``amounts`` [m, k] by past courses, some windows at a time."""
    parts = chunks_of_paths(len(panel), h)
    courses = (np.swapaxes(select_near_courses(panel.part(rows), h, N_PATHS), 1, 2) for rows in parts)
    return np.concatenate([_share_below(some, amounts[rows], h) for some, rows in zip(courses, parts, strict=True)])


def _share_below(paths: NDArray[np.float64], amounts: NDArray[np.float64], h: int) -> NDArray[np.float64]:
    """Return the share [m, c] of ``paths`` [m, s, h] that fall under ``amounts`` [m, k] within each window of days."""
    within = windows_within(h)
    return find_lows(paths, amounts, within).prob_below.reshape(len(paths), amounts.shape[1] * len(within))
