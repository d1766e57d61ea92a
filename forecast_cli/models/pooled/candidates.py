"""Candidates: models that may join auto, and their weights by segment of accounts and days ahead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Model

#: First day ahead of each band of days with its own weights.
BANDS: Final = (1, 8, 31)
_LOT: Final = 2.0**32


class Candidate(Protocol):
    """A model that may join auto: its name, its cost per account and the history it needs."""

    @property
    def name(self) -> str:
        """Return the model's name with the season lengths it uses, which identifies it."""

    @property
    def cost_ms(self) -> float:
        """Return the CPU time for one account in milliseconds."""

    def build(self) -> Model:
        """Return the model."""

    def min_obs(self, h: int) -> int:
        """Return the number of observations an account needs for a forecast ``h`` days ahead."""


#: Candidates by their names.
Candidates = Mapping[str, Candidate]


@dataclass(frozen=True)
class Weights:
    """The weights of a candidate that joins auto.

    ``windows`` [segments] is the number of windows they were learned from.
    ``weight`` [segments, bands] is the share of the candidate's quantiles in the weighted mean with those of auto.
    ``gain`` [segments] is the decrease of twice the mean pinball loss, in scales of the account, measured on other
    accounts than those on which the weights were chosen. Without a gain, it and the weights are 0.
    ``reach`` [segments] is the share of the accounts that it joins: those whose fixed number in [0, 1) lies below it.
    """

    candidate: str
    windows: NDArray[np.int64]
    weight: NDArray[np.float64]
    gain: NDArray[np.float64]
    reach: NDArray[np.float64]


def band_of(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index in ``BANDS`` of the band of each of ``days`` ahead (from 1), which may have any shape."""
    return np.searchsorted(BANDS, days, side="right") - 1


def joined_by(panel: Panel, segments: NDArray[np.int64], weights: Sequence[Weights]) -> NDArray[np.int64]:
    """Return the index in ``weights`` of the candidate that joins auto for each account, [n]; -1 for none.

    It is the candidate with the highest gain of those that reach the account, which a hash of its key decides.
    """
    place, gain = np.full(len(panel), -1, dtype=np.int64), np.zeros(len(panel))
    if not any(one.gain.any() for one in weights):
        return place
    lot = panel.seeds() / _LOT
    for number, one in enumerate(weights):
        better = (lot < one.reach[segments]) & (one.gain[segments] > gain)
        place[better], gain[better] = number, one.gain[segments][better]
    return place
