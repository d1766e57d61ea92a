"""Zero rule: how many of the paths below zero are left for accounts that never had less than zero.

A balance falls below zero for the first time less often than the errors of all accounts suggest: people spend less when
little is left, and banks refuse payments.
"""

from dataclasses import dataclass
from itertools import product, starmap
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.path_levels import N_PATHS
from forecast_cli.models.pooled.record_lows import lowest_balances
from forecast_cli.models.pooled.windows import NEW_DAYS
from forecast_cli.models.row_arrays import RowArrays

#: Shares that are tried.
_SHARES: Final = tuple(tenths / 10 for tenths in range(10, 0, -1))
#: Fade of an account with a long history: it is left alone if it has half of its paths below zero on a day.
FADE: Final = 2.0
#: Fades that are tried for a short history, too short to expect a fall from.
_SHORT_FADES: Final = (FADE, 1.0, 0.0)
#: What is learned counts half with so many expected falls below zero.
_HALF: Final = 3.0


@dataclass(frozen=True)
class ZeroRule:
    """Of a probability p of a fall below zero, p (w + (1 - w) min(f d, 1)) is left (``keep_below_zero``).

    w is the ``share``, f the ``fade``, and d the largest probability of a balance below zero on one day.
    """

    share: float
    fade: float


#: The rule where nothing was learned. Its share is between the best ones of three kinds of balances, of accounts with
#: 30 to 365 days of history: that of real balances and tills is lower, that of accounts with overdrafts higher.
UNLEARNED: Final = ZeroRule(0.4, FADE)


@dataclass(frozen=True)
class ZeroTrainingSet(RowArrays):
    """Training data of m windows of accounts that never were below zero.

    ``probability`` [m] of a fall below zero is that of paths by trees that have not seen the account, ``on_a_day`` [m]
    the largest share of these paths that are below zero on one day (0 for a weekly pattern), ``event`` [m] is 1 if the
    balance fell below zero, else 0. ``short`` [m] says which have a short history (``has_short_history``).
    """

    probability: NDArray[np.float64]
    on_a_day: NDArray[np.float64]
    event: NDArray[np.float64]
    short: NDArray[np.bool_]


def keep_below_zero(
    probability: NDArray[np.float64],
    on_a_day: NDArray[np.float64],
    *,
    share: NDArray[np.float64] | float,
    fade: NDArray[np.float64] | float,
    n_paths: int = N_PATHS,
) -> NDArray[np.float64]:
    """Return what a rule of that ``share`` and ``fade`` leaves of the ``probability`` of a fall below zero, [n].

    ``on_a_day`` [n] is the largest probability of a balance below zero on one day. The result is rounded up to whole
    paths, so that no fall becomes impossible.
    """
    kept = probability * (share + (1.0 - share) * np.minimum(fade * on_a_day, 1.0))
    return np.asarray(np.ceil(np.round(kept * n_paths, 6)) / n_paths)


def never_below_zero(panel: Panel) -> NDArray[np.bool_]:
    """Return which accounts had no balance below zero in their history, [n]."""
    return lowest_balances(panel) >= 0.0


def has_short_history(panel: Panel, h: int) -> NDArray[np.bool_]:
    """Return which accounts have no more than 90 days of history, or no more than ``h``: a rule of their own, [n]."""
    return panel.lengths <= max(NEW_DAYS, h)


def learn_zero_rules(training: ZeroTrainingSet) -> tuple[ZeroRule, ZeroRule]:
    """Return the rules for accounts with a longer and with a short history."""
    long, short = training.take(~training.short), training.take(training.short)
    return _learn_zero_rule(long, (FADE,)), _learn_zero_rule(short, _SHORT_FADES)


def _learn_zero_rule(training: ZeroTrainingSet, fades: tuple[float, ...]) -> ZeroRule:
    """Return the rule whose probabilities of a fall below zero have the lowest Brier score over past windows.

    The fewer falls were expected, the less its share differs from that of ``UNLEARNED``.
    """
    probability, on_a_day, event = training.probability, training.on_a_day, training.event

    def squared_error(rule: ZeroRule) -> float:
        left = keep_below_zero(probability, on_a_day, share=rule.share, fade=rule.fade)
        return float(((left - event) ** 2).sum())

    best = min(starmap(ZeroRule, product(_SHARES, fades)), key=squared_error)
    expected = float(probability.sum())
    counts = expected / (expected + _HALF)
    return ZeroRule(counts * best.share + (1.0 - counts) * UNLEARNED.share, best.fade)
