"""Learned: the result of learning from all accounts, as a rule one vintage for each month of the forecast origins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.pooled.calibration import Calibration
from forecast_cli.models.pooled.candidates import Weights
from forecast_cli.models.pooled.difficulty import stretch
from forecast_cli.models.pooled.forest import Forest, predict
from forecast_cli.models.pooled.record_lows import NO_RULE, RecordLows
from forecast_cli.models.pooled.zero_rule import UNLEARNED, ZeroRule

#: Trees grown for each group of accounts, on the other groups.
TREES: Final = 8


@dataclass(frozen=True)
class Vintage:
    """The result of learning from the days before ``as_of`` (datetime64[D]), the first day of a month as a rule.

    ``windows`` is the number of windows used, and ``ahead`` that of the days ahead that they show. If there were too
    few windows, there are no trees and ``calibration`` is None.
    ``record_lows`` is the rule for balances below the lowest one, ``weights`` are those of the candidates.
    ``past`` are trees that predict the share of an account's sample paths that are past courses (``past_share``); empty
    if these gain nothing. ``zero_rule`` and, for short histories, ``short_zero_rule`` say how many of the paths below
    zero are left.
    ``difficulty`` are trees, as many as those of ``forest``, that stretch its predictions.
    """

    as_of: np.datetime64
    windows: int
    ahead: int
    forest: Forest = ()
    calibration: Calibration | None = None
    record_lows: RecordLows = NO_RULE
    weights: tuple[Weights, ...] = ()
    past: Forest = ()
    zero_rule: ZeroRule = UNLEARNED
    short_zero_rule: ZeroRule = UNLEARNED
    difficulty: Forest = ()

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the 10th, 50th and 90th percentile of the outcomes of rows with features ``x`` [n, f], [n, k, 3]."""
        return stretch(predict(self.forest, x), predict(self.difficulty, x))

    def predict_held_out(self, x: NDArray[np.float32], group: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the same by the trees that have not seen the ``group`` [n] of a row's account."""
        return stretch(predict_held_out(self.forest, x, group), predict_held_out(self.difficulty, x, group))


def predict_held_out(forest: Forest, x: NDArray[np.float32], group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the predictions [n, k, c] of rows by the trees that have not seen the ``group`` [n] of their account."""
    predictions = np.zeros((len(x), *forest[0].values.shape[1:]))
    for number in np.unique(group).tolist():
        own = group == number
        predictions[own] = predict(forest[number * TREES : (number + 1) * TREES], x[own])
    return predictions


@dataclass(frozen=True)
class Learned:
    """Ascending vintages for forecasts of up to ``h`` days, with corrections at ``knots`` [k].

    ``first_month`` are those as of the same days for accounts in their first month, with 2 to 30 days of history.
    """

    h: int
    knots: NDArray[np.int64]
    vintages: tuple[Vintage, ...]
    first_month: tuple[Vintage, ...] = ()

    @property
    def has_forest(self) -> bool:
        """Return whether there was enough to learn from as of any day."""
        return any(vintage.forest for vintage in self.vintages)

    @property
    def candidates(self) -> tuple[str, ...]:
        """Return the names of the candidates that have weights, without duplicates."""
        return tuple(dict.fromkeys(one.candidate for vintage in self.vintages for one in vintage.weights))


def latest_before(vintages: Sequence[Vintage], origins: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return the index of the latest of ascending ``vintages`` not after each origin, [n]; -1 if all are after it."""
    days = np.array([vintage.as_of for vintage in vintages], dtype="datetime64[D]")
    return np.asarray(np.searchsorted(days, origins, side="right") - 1)


def months_of(origins: Sequence[np.datetime64] | NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """Return the first days of the months of ``origins`` [n], ascending, without duplicates, [v]."""
    return np.unique(np.asarray(origins).astype("datetime64[M]")).astype("datetime64[D]")
