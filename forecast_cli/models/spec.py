"""ModelSpec: the registry's description of a model."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from forecast_cli.models.base import Model
from forecast_cli.models.pooled.candidates import Candidates
from forecast_cli.models.pooled.learned import Learned

Seasons = tuple[int, ...]


class ModelKind(StrEnum):
    """Whether a model works on a whole panel at once or on one account at a time."""

    BLOCK = "block"  # all accounts at once, in numpy
    SERIES = "series"  # account by account, through statsforecast


class SeasonUse(StrEnum):
    """How a model uses season lengths."""

    NONE = "none"  # takes none
    ONE = "one"  # takes the first
    MANY = "many"  # takes all of them
    WINDOW = "window"  # takes the first as the length of its window


class IntervalMethod(StrEnum):
    """Where a model's intervals come from."""

    NORMAL = "normal"  # a formula that assumes normal errors
    SIMULATED = "simulated"  # the model's own simulation, seeded
    CONFORMAL = "conformal"  # errors over the account's last windows
    PATHS = "paths"  # the account's own earlier paths
    POOLED = "pooled"  # errors on similar accounts, calibrated over all accounts


@dataclass(frozen=True)
class ModelSpec:
    """A model of the registry.

    ``build`` returns the model for given season lengths. ``needs`` returns the number of observations needed for given
    season lengths and a horizon.
    ``cost_ms`` is CPU milliseconds for one account: two years of days, 30 days ahead, two levels. ``seasonal_ms`` is
    the same with a season, if that costs more.
    ``make_updatable`` returns the built model in a form whose ``FittedModel.update`` keeps the parameters, which takes
    memory; None for a model that must be fitted again. ``build_learned`` returns a model that learns from all accounts,
    and that candidates may join; None for other models.
    With ``finds_events`` forecasts list the recurring payments found. An account with fewer than ``own_days`` days of
    history depends mainly on other accounts, and is flagged.
    If the season is longer than ``max_season``, the model works without season. Seasons shorter than ``min_season``
    are not used.
    """

    name: str
    summary: str
    kind: ModelKind
    intervals: IntervalMethod
    cost_ms: float
    build: Callable[[Seasons], Model]
    needs: Callable[[Seasons, int], int]
    seasonal_ms: float | None = None
    make_updatable: Callable[[Any], Model] | None = None
    build_learned: Callable[[Learned | None, Candidates], Model] | None = None
    finds_events: bool = False
    own_days: int = 0
    seasons: SeasonUse = SeasonUse.NONE
    min_season: int = 1
    max_season: int | None = None
    notes: str = ""

    @property
    def updatable(self) -> bool:
        """Return whether the model can be updated with newer balances without a new fit."""
        return self.make_updatable is not None

    def usable_seasons(self, season_lengths: Seasons) -> Seasons:
        """Return those of ``season_lengths`` the model uses: () if it takes none, (1,) if it works without season."""
        match self.seasons:
            case SeasonUse.NONE:
                return ()
            case SeasonUse.MANY:
                return tuple(sorted(length for length in season_lengths if length >= self.min_season))
            case SeasonUse.ONE | SeasonUse.WINDOW:
                first = season_lengths[0]
                return (1,) if self.max_season is not None and first > self.max_season else (first,)


def as_is(model: Model) -> Model:
    """Return a model without parameters to keep: it can be updated in the form in which it was built."""
    return model
