"""Past share: the share of an account's sample paths that are its past courses unchanged, learned from all accounts.

How often a balance went low in the past is sometimes the better prediction: if it falls and is refilled again and
again, paths drawn through smooth quantiles reach the low points too rarely. Past windows show for which accounts past
courses predict better, and by how much.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.pooled.forest import Forest, grow_mean_forest, join_forests, predict
from forecast_cli.models.row_arrays import RowArrays

#: Shares are rounded to fifths, and are 0 below two fifths, because a small share gains little at the same cost.
STEPS: Final = 5
_LEAST: Final = 2
#: Trees grown for each group of accounts, on the other groups.
_TREES: Final = 4
#: Fewest windows to learn from.
_FEWEST: Final = 200
#: The gain on held-out accounts must exceed this multiple of its standard error.
_SURE: Final = 2.0


@dataclass(frozen=True)
class PastTrainingSet(RowArrays):
    """Training data of m windows with c events each.

    ``x`` [m, f] are features; ``event`` [m, c] is 1 if the event occurred and 0 if not. ``own`` and ``past`` [m, c] are
    its probabilities by a model that has not seen the account, and by the account's past courses. ``account`` and
    ``group`` [m] are the account of each window and the account's group.
    """

    x: NDArray[np.float32]
    own: NDArray[np.float64]
    past: NDArray[np.float64]
    event: NDArray[np.float64]
    group: NDArray[np.int64]
    account: NDArray[np.int64]


def predict_past_share(forest: Forest, x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the share of past courses for accounts with features ``x`` [n, f], [n]: 0, 2/5, 3/5, 4/5 or 1."""
    if not forest:
        return np.zeros(len(x))
    steps = np.floor(STEPS * np.clip(predict(forest, x)[:, 0, 0], 0.0, 1.0) + 0.5)
    return np.asarray(np.where(steps < _LEAST, 0.0, steps) / STEPS)


def grow_past_forest(training: PastTrainingSet, *, seed: int) -> Forest:
    """Grow trees that predict the share of past courses from an account's features; empty if they do not help.

    For probabilities (1 - w) own + w past, a leaf keeps the w of least squared error: with b = past - own, that is the
    mean of (event - own) / b weighted by b^2. Trees are grown for each group of accounts on the other groups. All are
    kept if, each on its own group, they lower the total squared error by more than twice its standard error, with the
    windows of an account taken as one observation. There are none if there are too few windows.
    """
    apart = training.past - training.own
    weight, cross = (apart * apart).sum(axis=1), ((training.event - training.own) * apart).sum(axis=1)
    differ = np.flatnonzero(weight > 0.0)
    if len(differ) < _FEWEST:
        return ()
    x, weight, cross, group = training.x[differ], weight[differ], cross[differ], training.group[differ]

    lower, forests = np.zeros(len(differ)), []
    for number in np.unique(group).tolist():
        seen = group != number
        if np.count_nonzero(seen) < _FEWEST // 2:
            return ()
        target = (cross[seen] / weight[seen])[:, None]
        forests.append(grow_mean_forest(x[seen], target, weight[seen], trees=_TREES, seed=(seed + number) % 2**32))
        share = predict_past_share(forests[-1], x[~seen])
        lower[~seen] = share * (2 * cross[~seen] - share * weight[~seen])
    return join_forests(forests) if _is_significant(lower, training.account[differ]) else ()


def _is_significant(gain: NDArray[np.float64], account: NDArray[np.int64]) -> bool:
    """Return whether the sum of ``gain`` [m] exceeds twice its standard error, from sums for each ``account`` [m]."""
    _, place = np.unique(account, return_inverse=True)
    each = np.bincount(place, gain)
    error = float(each.std(ddof=1)) * len(each) ** 0.5
    return bool(each.sum() > _SURE * error)
