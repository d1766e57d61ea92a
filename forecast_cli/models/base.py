"""The model protocol: models take a panel and return plain arrays; they never see a DataFrame."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.streams import Streams
from forecast_cli.models.row_arrays import RowArrays


def quantile_probabilities(levels: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the ascending probabilities [q] of the interval bounds and the median, for ascending ``levels`` (percent).

    For (80, 95): 0.025, 0.1, 0.5, 0.9, 0.975, in the order of ``core.columns.quantile_columns``.
    """
    half = np.asarray(levels, dtype=np.float64) / 200.0
    return np.round(np.concatenate([0.5 - half[::-1], [0.5], 0.5 + half]), 12)


def blank_numbers(n: int, h: int, levels: tuple[float, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean [n, h] and quantiles [n, h, q] of a forecast to be filled in: all of them NaN."""
    return np.full((n, h), np.nan), np.full((n, h, 2 * len(levels) + 1), np.nan)


def take_levels(
    quantiles: NDArray[np.float64], levels: tuple[float, ...], some: tuple[float, ...]
) -> NDArray[np.float64]:
    """Return those of ``quantiles`` [n, h, q] of ascending ``levels`` that belong to ``some`` of them, ascending."""
    if some == levels:
        return quantiles
    upper = [len(levels) + 1 + levels.index(level) for level in some]
    return quantiles[:, :, [*(2 * len(levels) - place for place in reversed(upper)), len(levels), *upper]]


@dataclass(frozen=True)
class RowFailure:
    """The failure of a model on one account: the row in the panel, the class name of the error and its message."""

    row: int
    error: str
    message: str


@dataclass(frozen=True)
class Joined:
    """A candidate model blended into the forecast of an account, and its weight [h] on each day ahead."""

    candidate: str
    share: NDArray[np.float64]


@dataclass(frozen=True)
class PathShares(RowArrays):
    """How the sample paths of n accounts are made, [n] each.

    ``past`` is the share, 0 to 1, of an account's paths that are its past courses unchanged; the others are made from
    the quantiles. Of the others that fall below zero, those are left that ``keep_below_zero`` leaves: ``zero`` is its
    share, 0 to 1 (1: all), ``zero_fade`` its fade, 0 to 2.
    """

    past: NDArray[np.float64]
    zero: NDArray[np.float64]
    zero_fade: NDArray[np.float64]

    @classmethod
    def plain(cls, n: int) -> "PathShares":
        """Return the shares of ``n`` accounts whose paths are all made from the quantiles and left as they are."""
        return cls(np.zeros(n), np.ones(n), np.zeros(n))

    def put(self, rows: NDArray[np.int64], part: Self) -> None:
        """Set ``rows`` [m], in place, to those of ``part``."""
        for one in fields(self):
            getattr(self, one.name)[rows] = getattr(part, one.name)


@dataclass(frozen=True)
class Forecast:
    """The forecast of a model for n accounts, h days and q = 2 * len(levels) + 1 quantiles.

    ``mean`` [n, h] and ``quantiles`` [n, h, q] are float64, in units of the balance. Quantiles are in the order of
    ``quantile_probabilities(levels)``, with the median in the middle. Rows named in ``failures`` hold NaN.
    ``streams`` are the recurring payments of the accounts; None if the model does not look for them.
    ``joined`` maps a row to the candidate model that was blended into its forecast.
    ``taken_apart`` names the model and the error, as in ``MSTL: IndexError``, for each block of accounts on which the
    model raised, so that it was run on one account at a time instead.
    ``shares`` say how sample paths are made; None, as most models have it, stands for ``PathShares.plain``.
    """

    mean: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    levels: tuple[float, ...]
    failures: tuple[RowFailure, ...] = ()
    streams: Streams | None = None
    joined: Mapping[int, Joined] = field(default_factory=dict)
    taken_apart: tuple[str, ...] = ()
    shares: PathShares | None = None

    @property
    def done(self) -> NDArray[np.bool_]:
        """Return which accounts have no failure, [n]."""
        done = np.ones(len(self.mean), dtype=np.bool_)
        done[[failure.row for failure in self.failures]] = False
        return done

    def rows(self, rows: slice | NDArray[np.int64]) -> "Forecast":
        """Return the forecast of some accounts only, without failures, streams and candidates."""
        return Forecast(
            mean=self.mean[rows],
            quantiles=self.quantiles[rows],
            levels=self.levels,
            shares=None if self.shares is None else self.shares.take(rows),
        )

    def at(self, levels: tuple[float, ...]) -> "Forecast":
        """Return the forecast with the quantiles of ``levels`` only: some of its own levels, ascending."""
        if levels == self.levels:
            return self
        return replace(self, quantiles=take_levels(self.quantiles, self.levels, levels), levels=levels)


class FittedModel(Protocol):
    """A fitted model. Only a fitted model can forecast."""

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast the h days after each account's origin, with intervals of ascending ``levels`` (percent)."""

    def update(self, panel: Panel) -> "FittedModel":
        """Return the model with newer balances and unchanged parameters: nothing is fitted again.

        ``panel`` ends at later origins. Accounts are matched by key; an account not seen before is fitted. A model
        without parameters starts again from the new panel. Never raises for a single account.
        """


class Model(Protocol):
    """A model with its season lengths set, not yet fitted."""

    def fit(self, panel: Panel) -> FittedModel:
        """Fit the model. Never raises for a single account, whose error becomes a ``RowFailure`` of the forecast."""


class DirectModel(ABC):
    """A model without parameters to keep from one origin to the next: each forecast is computed from the panel."""

    def fit(self, panel: Panel) -> "FittedPanel":
        """Keep the panel; there is nothing to fit, and the days used depend on the horizon."""
        return FittedPanel(self, panel)

    @abstractmethod
    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast the h days after each account's origin, with intervals of ascending ``levels`` (percent)."""


@dataclass(frozen=True)
class FittedPanel:
    """A direct model and the panel it forecasts from."""

    model: DirectModel
    panel: Panel

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days with intervals of ``levels``."""
        return self.model.forecast(self.panel, h, levels)

    def update(self, panel: Panel) -> "FittedPanel":
        """Return the model with the newer panel."""
        return self.model.fit(panel)
