"""The protocol of a model: a panel in, plain arrays out. A model never sees a DataFrame."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.streams import Streams


def quantile_probabilities(levels: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the probabilities, ascending, of the quantiles that ascending ``levels`` (percent) need.

    For (80, 95): 0.025, 0.1, 0.5, 0.9, 0.975; the order of ``core.columns.quantile_columns``.
    """
    half = np.asarray(levels, dtype=np.float64) / 200.0
    return np.round(np.concatenate([0.5 - half[::-1], [0.5], 0.5 + half]), 12)


@dataclass(frozen=True)
class RowFailure:
    """One account a model could not do: the row of the panel, the error's class and its message."""

    row: int
    error: str
    message: str


@dataclass(frozen=True)
class Joined:
    """A candidate that joined a model for an account, and its share [h] of what is said of each day ahead."""

    candidate: str
    share: NDArray[np.float64]


@dataclass(frozen=True)
class Forecast:
    """What a model says of n accounts over h days and q = 2 * len(levels) + 1 quantiles.

    ``mean`` [n, h] and ``quantiles`` [n, h, q] float64, in units of the balance; the last axis in the order of
    ``quantile_probabilities(levels)``, the median in the middle. ``paths`` [n, s, h], sample paths, where the model
    has them. Rows named in ``failures`` hold NaN. ``streams``, the recurring payments of the accounts, where it looks
    for them. ``joined``, the candidate that joined, by the row it joined for. ``taken_apart``: model and error,
    ``MSTL: IndexError``, of each block of accounts that it raised over, and was asked about one at a time instead.
    ``past_share`` [n], which share of an account's sample paths are its past courses as they were, 0 to 1, where the
    model knows; the others are made from the quantiles.
    """

    mean: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    levels: tuple[float, ...]
    failures: tuple[RowFailure, ...] = ()
    paths: NDArray[np.float64] | None = None
    streams: Streams | None = None
    joined: Mapping[int, Joined] = field(default_factory=dict)
    taken_apart: tuple[str, ...] = ()
    past_share: NDArray[np.float64] | None = None

    def rows(self, rows: slice | NDArray[np.int64]) -> "Forecast":
        """Return what is said of some accounts alone, without a word on failures, streams and candidates."""
        return Forecast(
            mean=self.mean[rows],
            quantiles=self.quantiles[rows],
            levels=self.levels,
            paths=None if self.paths is None else self.paths[rows],
            past_share=None if self.past_share is None else self.past_share[rows],
        )

    def at(self, levels: tuple[float, ...]) -> "Forecast":
        """Return the forecast with the quantiles of some of its levels alone, ascending."""
        if levels == self.levels:
            return self
        upper = [len(self.levels) + 1 + self.levels.index(level) for level in levels]
        kept = [*(2 * len(self.levels) - place for place in reversed(upper)), len(self.levels), *upper]
        return replace(self, quantiles=self.quantiles[:, :, kept], levels=levels)


class FittedModel(Protocol):
    """A model that has seen a panel, and nothing else can forecast."""

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast the h days after each account's origin, with intervals of ascending ``levels`` (percent)."""

    def update(self, panel: Panel) -> "FittedModel":
        """Return the model given newer balances, without learning again: its parameters stay what they were.

        ``panel`` ends at later origins. Accounts are known by their keys; one not seen before is fitted. A model that
        has no parameters takes all anew. Never raises for a single account.
        """


class Model(Protocol):
    """A way of forecasting, with its season lengths set, that has seen no data yet."""

    def fit(self, panel: Panel) -> FittedModel:
        """Learn from the panel. Never raises for a single account: that is a ``RowFailure`` of the forecast."""


class DirectModel(ABC):
    """A model without parameters to keep from one origin to the next: asked about newer balances, it takes all anew."""

    def fit(self, panel: Panel) -> "FittedPanel":
        """Keep the panel: what is looked at in it depends on the horizon."""
        return FittedPanel(self, panel)

    @abstractmethod
    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast the h days after each origin of ``panel``, with intervals of ascending ``levels`` (percent)."""


@dataclass(frozen=True)
class FittedPanel:
    """A direct model and the panel it is asked about."""

    model: DirectModel
    panel: Panel

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days with intervals of ``levels``."""
        return self.model.forecast(self.panel, h, levels)

    def update(self, panel: Panel) -> "FittedPanel":
        """Keep the newer panel instead."""
        return self.model.fit(panel)
