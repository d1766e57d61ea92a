"""Learned: what was learned from all accounts, a vintage for each month that forecasts start in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.pooled.calibration import Calibration
from forecast_cli.models.pooled.candidates import Weights
from forecast_cli.models.pooled.forest import Forest

#: Trees that are grown for each group of accounts, on the accounts of the others.
TREES: Final = 8


@dataclass(frozen=True)
class Vintage:
    """What was learned from the days before ``as_of``, the first of a month (datetime64[D]), and from no later one.

    ``windows`` were learned from; where they were too few, ``forest`` has no trees and ``calibration`` is None.
    ``weights`` of the candidates that were weighed. ``past``, trees that say which share of an account's sample paths
    are past courses (``past_share``); none where that gains nothing.
    """

    as_of: np.datetime64
    windows: int
    forest: Forest = ()
    calibration: Calibration | None = None
    weights: tuple[Weights, ...] = ()
    past: Forest = ()


@dataclass(frozen=True)
class Learned:
    """Vintages, ascending, for forecasts of up to ``h`` days, corrected at ``knots`` [k]."""

    h: int
    knots: NDArray[np.int64]
    vintages: tuple[Vintage, ...]

    @property
    def candidates(self) -> tuple[str, ...]:
        """Return the names of the candidates that were weighed, each once."""
        return tuple(dict.fromkeys(one.candidate for vintage in self.vintages for one in vintage.weights))

    def vintage_of(self, origins: NDArray[np.datetime64]) -> NDArray[np.int64]:
        """Return the place of the latest vintage that is not after each origin, [n]; -1 where all are."""
        days = np.array([vintage.as_of for vintage in self.vintages], dtype="datetime64[D]")
        return np.asarray(np.searchsorted(days, origins.astype("datetime64[D]"), side="right") - 1)


def months_of(origins: Sequence[np.datetime64] | NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """Return the first days of the months that ``origins`` [n] lie in, ascending, each once, [v]."""
    return np.unique(np.asarray(origins).astype("datetime64[M]")).astype("datetime64[D]")
