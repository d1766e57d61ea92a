"""Past share: which share of an account's sample paths are its past courses as they were, learned from all accounts.

How often an account went so low is sometimes the better guess: where it goes down and is filled up again and again, no
path drawn through smooth quantiles goes so low as often. Whose past is to be trusted how far is told by past windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.pooled.forest import Forest, grow_mean_forest, join, predict

#: Shares are told in fifths, and are none below two of them: a small one gains little, and costs as much to make.
STEPS: Final = 5
_LEAST: Final = 2
#: Trees that are grown on all groups of accounts but one, as many for each.
_TREES: Final = 4
#: Fewest windows that are learned from.
_FEWEST: Final = 200
#: What is gained on accounts not seen must be as many times its standard error.
_SURE: Final = 2.0


@dataclass(frozen=True)
class PastTrainingSet:
    """m windows: features ``x`` [m, f], and of c events whether each came, ``event`` [m, c], 1 or 0, and how likely.

    ``own`` and ``past`` [m, c]: the probabilities by a model that has not seen the account, and by past courses.
    ``group`` [m] of accounts, ``account`` [m].
    """

    x: NDArray[np.float32]
    own: NDArray[np.float64]
    past: NDArray[np.float64]
    event: NDArray[np.float64]
    group: NDArray[np.int64]
    account: NDArray[np.int64]

    def take(self, some: NDArray[np.int64]) -> "PastTrainingSet":
        """Return some of the windows."""
        return PastTrainingSet(*(getattr(self, one.name)[some] for one in fields(PastTrainingSet)))


def join_training_sets(parts: Sequence[PastTrainingSet]) -> PastTrainingSet:
    """Put windows after others."""
    return PastTrainingSet(
        *(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(PastTrainingSet))
    )


def past_share(forest: Forest, x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the share of past courses of accounts with features ``x`` [n, f], [n]: 0, 2/5, 3/5, 4/5 or 1."""
    if not forest:
        return np.zeros(len(x))
    steps = np.floor(STEPS * np.clip(predict(forest, x)[:, 0, 0], 0.0, 1.0) + 0.5)
    return np.asarray(np.where(steps < _LEAST, 0.0, steps) / STEPS)


def grow_past_forest(training: PastTrainingSet, *, seed: int) -> Forest:
    """Return trees that say the share of past courses by an account's features; none where they are of no use.

    Of probabilities (1 - w) own + w past, a leaf has the w of least squared error: with b = past - own, that is the
    mean of (event - own) / b weighted by b^2. Trees are grown for each group of accounts on the others, and are all
    kept; they are of use where each group's lower its squared error, all told by more than twice the standard error,
    windows of an account taken as one.
    """
    apart = training.past - training.own
    weight, cross = (apart * apart).sum(axis=1), ((training.event - training.own) * apart).sum(axis=1)
    told = np.flatnonzero(weight > 0.0)
    if len(told) < _FEWEST:
        return ()
    x, weight, cross, group = training.x[told], weight[told], cross[told], training.group[told]

    lower, forests = np.zeros(len(told)), []
    for number in np.unique(group).tolist():
        seen = group != number
        if np.count_nonzero(seen) < _FEWEST // 2:
            return ()
        target = cross[seen] / weight[seen]
        forests.append(grow_mean_forest(x[seen], target, weight[seen], trees=_TREES, seed=(seed + number) % 2**32))
        share = past_share(forests[-1], x[~seen])
        lower[~seen] = share * (2 * cross[~seen] - share * weight[~seen])
    return join(forests) if _is_sure(lower, training.account[told]) else ()


def _is_sure(gain: NDArray[np.float64], account: NDArray[np.int64]) -> bool:
    """Say whether the sum of ``gain`` [m] is beyond twice its standard error, by the sums of each ``account`` [m]."""
    _, place = np.unique(account, return_inverse=True)
    each = np.bincount(place, gain)
    error = float(each.std(ddof=1)) * len(each) ** 0.5
    return bool(each.sum() > _SURE * error)
