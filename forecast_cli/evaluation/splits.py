"""Splits: the windows of a backtest, each with a panel that ends at its cutoff and the actual balances after it."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.config.settings import Settings
from forecast_cli.data.panel import Panel, cut_panel

#: Days up to an account's last row in which its longest rest is looked for.
_LOOK_BACK: Final = 365


@dataclass(frozen=True)
class Fold:
    """One window: the m accounts that have enough history for it.

    - ``rows`` [m]: their indices in the panel that was split.
    - ``train``: their balances up to the cutoff (its origins), and nothing after it.
    - ``y`` [m, h]: the actual balances after the cutoff, NaN if unknown.
    """

    rows: NDArray[np.int64]
    train: Panel
    y: NDArray[np.float64]


def split_windows(panel: Panel, settings: Settings, *, unknown: NDArray[np.int64] | None = None) -> tuple[Fold, ...]:
    """Split ``panel`` at each cutoff, the latest first; a window without any account is an empty fold.

    ``unknown`` [n] is the number of last days of each account that have no row and were carried forward to a common
    day. They do not count as actual balances, and an account has no window that consists of such days only. If
    ``settings`` are those of ``extend_history``, each training part is as long as that of a forecast made at its
    cutoff.
    """
    carried_forward = np.zeros(len(panel), dtype=np.int64) if unknown is None else unknown
    return tuple(_build_fold(panel, window, settings, carried_forward) for window in range(1, settings.windows + 1))


def extend_history(settings: Settings, *, days_back: int) -> Settings:
    """Return settings that read enough history for a forecast made ``days_back`` days before the end."""
    return settings.model_copy(update={"max_history": settings.max_history + days_back})


def count_windows(panel: Panel, folds: tuple[Fold, ...]) -> NDArray[np.int64]:
    """Return the number of windows of each account, [n]."""
    counts = np.zeros(len(panel), dtype=np.int64)
    for fold in folds:
        counts[fold.rows] += 1
    return counts


def fold_at(
    panel: Panel,
    rows: NDArray[np.int64],
    *,
    days_back: int,
    horizon: int,
    longest: int,
    unknown: NDArray[np.int64],
) -> Fold:
    """Return the window of ``rows`` with the cutoff ``days_back`` days before their origins.

    The training part keeps at most ``longest`` days; every row has at least one day up to the cutoff. ``unknown`` [n]
    is as in ``split_windows``.
    """
    whole = panel.take(rows)
    known = whole.y.shape[1] - days_back
    cutoffs = whole.origins - np.timedelta64(days_back, "D")
    train = replace(whole, y=whole.y[:, :known].copy(), lengths=whole.lengths - days_back, origins=cutoffs)
    y = np.full((len(rows), horizon), np.nan)
    actual = whole.y[:, known : known + horizon]
    y[:, : actual.shape[1]] = actual
    y[np.arange(horizon) >= days_back - unknown[rows, None]] = np.nan
    return Fold(rows, cut_panel(train, longest), y)


def _build_fold(panel: Panel, window: int, settings: Settings, unknown: NDArray[np.int64]) -> Fold:
    days_back = window * settings.step
    rows = np.flatnonzero((panel.lengths - days_back >= settings.min_train) & (unknown < days_back))
    longest = settings.max_history - settings.windows * settings.step
    return fold_at(panel, rows, days_back=days_back, horizon=settings.horizon, longest=longest, unknown=unknown)


def unknown_days(panel: Panel, silent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many of the last days of each account have no known balance, [n].

    ``silent`` [n] is the number of days from an account's own last row to its origin. They are known, and the balance
    is that of the last row, if the account has rested as long in the year before: many inputs have rows only on days
    on which a balance moves. Otherwise its rows have stopped, and none of these days is known.
    """
    rested = [
        days == 0 or days <= _longest_rest(panel.series(row)[: -int(days)][-_LOOK_BACK:])
        for row, days in enumerate(silent.tolist())
    ]
    return np.where(rested, 0, silent)


def _longest_rest(balances: NDArray[np.float64]) -> int:
    """Return the most days for which the balance stood still, after the first of them."""
    moves = np.flatnonzero(np.diff(balances)) + 1
    return int(np.diff([0, *moves, len(balances)]).max(initial=1)) - 1
