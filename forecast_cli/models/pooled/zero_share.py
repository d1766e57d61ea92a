"""Zero share: how many of the paths below zero are left for accounts that never had less than zero.

A balance falls below zero for the first time less often than the errors of all accounts suggest: people spend less when
little is left, and banks refuse payments.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.path_levels import N_PATHS
from forecast_cli.models.pooled.record_lows import lowest_balances
from forecast_cli.models.row_arrays import RowArrays

#: Shares that are tried.
_SHARES: Final = tuple(tenths / 10 for tenths in range(10, 0, -1))
#: What is learned counts half with so many expected falls below zero.
_HALF: Final = 3.0
#: Probability from which on nothing changes: an account that is expected to fall is left alone.
_SURE: Final = 0.5


@dataclass(frozen=True)
class ZeroTrainingSet(RowArrays):
    """Training data of m windows of accounts that were not below zero in more than 90 days.

    ``probability`` [m] of a fall below zero is that of paths by trees that have not seen the account, ``on_a_day`` [m]
    the largest share of these paths that are below zero on one day, ``event`` [m] is 1 if the balance fell below zero,
    else 0.
    """

    probability: NDArray[np.float64]
    on_a_day: NDArray[np.float64]
    event: NDArray[np.float64]


def keep_below_zero(
    probability: NDArray[np.float64],
    on_a_day: NDArray[np.float64],
    share: NDArray[np.float64] | float,
    n_paths: int = N_PATHS,
) -> NDArray[np.float64]:
    """Return what is left of the ``probability`` p [n] of a fall below zero: p (w + (1 - w) min(d / 0.5, 1)).

    w is the ``share``, d the largest probability of a balance below zero ``on_a_day`` [n]. The result is rounded up to
    whole paths, so that no fall becomes impossible.
    """
    kept = probability * (share + (1.0 - share) * np.minimum(on_a_day / _SURE, 1.0))
    return np.asarray(np.ceil(np.round(kept * n_paths, 6)) / n_paths)


def never_below_zero(panel: Panel) -> NDArray[np.bool_]:
    """Return which accounts had no balance below zero in their history, [n]."""
    return lowest_balances(panel) >= 0.0


def learn_zero_share(training: ZeroTrainingSet) -> float:
    """Return the share whose probabilities of a fall below zero have the lowest Brier score over past windows.

    The fewer falls were expected, the less the share differs from 1.
    """
    probability, on_a_day, event = training.probability, training.on_a_day, training.event
    share = min(_SHARES, key=lambda share: float(((keep_below_zero(probability, on_a_day, share) - event) ** 2).sum()))
    expected = float(probability.sum())
    return 1.0 - expected / (expected + _HALF) * (1.0 - share)
