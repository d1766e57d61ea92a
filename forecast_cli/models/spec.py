"""ModelSpec: what the registry knows of a model before it is built."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from forecast_cli.models.base import Model
from forecast_cli.models.pooled.candidates import Candidates
from forecast_cli.models.pooled.learned import Learned

Seasons = tuple[int, ...]


class ModelKind(StrEnum):
    """How a model goes through a panel."""

    BLOCK = "block"  # all accounts at once, in numpy
    SERIES = "series"  # account by account, through statsforecast


class SeasonUse(StrEnum):
    """What a model does with season lengths."""

    NONE = "none"  # takes none
    ONE = "one"  # takes the first
    MANY = "many"  # takes all of them
    WINDOW = "window"  # takes the first as the length of its window


class IntervalMethod(StrEnum):
    """Where a model's intervals come from."""

    NORMAL = "normal"  # its formula, errors taken as normal
    SIMULATED = "simulated"  # its own simulation, seeded
    CONFORMAL = "conformal"  # its errors over the account's last windows
    PATHS = "paths"  # the account's own earlier paths
    POOLED = "pooled"  # what came of accounts like it, calibrated over all accounts


@dataclass(frozen=True)
class ModelSpec:
    """One model of the registry.

    ``build`` makes the model of some season lengths; ``needs`` returns the observations it needs for season lengths and
    a horizon. ``cost_ms`` is CPU milliseconds an account: two years of days, 30 days ahead, two levels; ``seasonal_ms``
    those with a season, where that is dearer; ``memory_kb`` the kilobytes that an account takes in a worker, from being
    read to being written. Season lengths
    beyond ``max_season`` are not used: the model goes without season. Those below ``min_season`` are not its own.
    ``build_updatable`` makes the model so that ``FittedModel.update`` keeps what was learned, which takes memory; None
    for a model that has to learn again. ``build_learned`` makes one that learns from all accounts, and that candidates
    may join.
    With ``finds_events`` forecasts say which recurring payments were found. An account with fewer than ``own_days``
    days of history leans on what came of others, and is flagged.
    """

    name: str
    summary: str
    kind: ModelKind
    intervals: IntervalMethod
    cost_ms: float
    build: Callable[[Seasons], Model]
    needs: Callable[[Seasons, int], int]
    seasonal_ms: float | None = None
    memory_kb: float = 72.0
    build_updatable: Callable[[Seasons], Model] | None = None
    build_learned: Callable[[Learned | None, Candidates], Model] | None = None
    finds_events: bool = False
    own_days: int = 0
    seasons: SeasonUse = SeasonUse.NONE
    min_season: int = 1
    max_season: int | None = None
    notes: str = ""

    @property
    def updatable(self) -> bool:
        """Say whether the model can be given newer balances without learning again."""
        return self.build_updatable is not None

    def min_obs(self, season_lengths: Seasons, *, h: int = 1) -> int:
        """Return the observations an account needs for a forecast ``h`` days ahead."""
        return self.needs(season_lengths, h)

    def usable_seasons(self, season_lengths: Seasons) -> Seasons:
        """Return those of ``season_lengths`` the model uses: () for none, (1,) for a model that goes without season."""
        match self.seasons:
            case SeasonUse.NONE:
                return ()
            case SeasonUse.MANY:
                return tuple(sorted(length for length in season_lengths if length >= self.min_season))
            case SeasonUse.ONE | SeasonUse.WINDOW:
                first = season_lengths[0]
                return (1,) if self.max_season is not None and first > self.max_season else (first,)
