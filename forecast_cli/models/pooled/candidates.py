"""Candidates: models that may join auto, and for which accounts and days ahead one of them weighs how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Model

#: Bands of days ahead that have weights of their own, by the first day of each.
BANDS: Final = (1, 8, 31)
_LOT: Final = 2.0**32


class Candidate(Protocol):
    """A model by its name, what an account costs it in milliseconds, and the history it needs."""

    @property
    def name(self) -> str:
        """Return the name with the season lengths it uses, by which it is found again."""

    @property
    def cost_ms(self) -> float:
        """Return the CPU time an account takes, in milliseconds."""

    def build(self) -> Model:
        """Return the model."""

    def min_obs(self, h: int) -> int:
        """Return the observations an account needs for a forecast ``h`` days ahead."""


#: Candidates by their names.
Candidates = Mapping[str, Candidate]


@dataclass(frozen=True)
class Weights:
    """What a candidate is worth beside auto: ``weight`` [segments, bands] of its quantiles in the mean of both.

    ``windows`` [segments] told so. ``gain`` [segments], what it lowers the pinball loss by, in scales of the account,
    on accounts that the weights were not chosen on; 0 where it does not pay, and so are the weights there. It joins the
    accounts of a segment whose ``lot`` lies under ``reach`` [segments].
    """

    candidate: str
    windows: NDArray[np.int64]
    weight: NDArray[np.float64]
    gain: NDArray[np.float64]
    reach: NDArray[np.float64]


def band_of(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place in ``BANDS`` of the band that each of ``days`` ahead, from 1, lies in, of any shape."""
    return np.searchsorted(BANDS, days, side="right") - 1


def joined_by(panel: Panel, segments: NDArray[np.int64], weights: Sequence[Weights]) -> NDArray[np.int64]:
    """Return the place in ``weights`` of the candidate that joins auto for each account, [n]; -1 for none.

    Of those whose reach an account's lot lies under, it is the one of the highest gain.
    """
    place, gain = np.full(len(panel), -1, dtype=np.int64), np.zeros(len(panel))
    if not any(one.gain.any() for one in weights):
        return place
    lot = panel.seeds() / _LOT
    for number, one in enumerate(weights):
        better = (lot < one.reach[segments]) & (one.gain[segments] > gain)
        place[better], gain[better] = number, one.gain[segments][better]
    return place
