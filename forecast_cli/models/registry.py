"""The registry of all models by name, and the parsing of model names given by the user."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from forecast_cli.core.errors import ConfigError
from forecast_cli.core.text import closest
from forecast_cli.models import (
    auto,
    drift,
    fast_mstl,
    month_paths,
    naive,
    rare_moves,
    seasonal_naive,
    week_paths,
    window_average,
)
from forecast_cli.models import statsforecast_specs as sf
from forecast_cli.models.base import Model
from forecast_cli.models.one_by_one import OneByOne
from forecast_cli.models.pooled.learned import Learned
from forecast_cli.models.recurring import model as recurring_events
from forecast_cli.models.spec import ModelSpec, Seasons, SeasonUse

_SPECS: Final = (
    auto.SPEC,
    month_paths.SPEC,
    recurring_events.SPEC,
    week_paths.WEEKLY,
    week_paths.BIWEEKLY,
    fast_mstl.SPEC,
    rare_moves.SPEC,
    naive.SPEC,
    seasonal_naive.SPEC,
    drift.SPEC,
    window_average.SPEC,
    sf.SEASONAL_WINDOW_AVERAGE,
    sf.SIMPLE_EXPONENTIAL_SMOOTHING,
    sf.HOLT,
    sf.AUTO_ETS,
    sf.AUTO_THETA,
    sf.DYNAMIC_OPTIMIZED_THETA,
    sf.AUTO_CES,
    sf.MSTL,
    sf.MFLES,
    sf.AUTO_ARIMA,
    sf.CONFORMAL_SEASONAL_POOL,
)

REGISTRY: Final[Mapping[str, ModelSpec]] = MappingProxyType({spec.name: spec for spec in _SPECS})

_PATTERN: Final = re.compile(r"(?P<name>\w+)\s*(?:\((?P<seasons>[^()]*)\))?")
_LONGEST_SEASON: Final = 366
_HINT: Final = "list the models with: forecast-cli models"


@dataclass(frozen=True)
class ModelChoice:
    """A requested model: ``label`` is the text given by the user, ``season_lengths`` are those the model uses.

    ``learned`` is what was learned from all accounts, for a model that learns from them. With ``one_by_one`` the model
    runs on one account at a time.
    """

    label: str
    spec: ModelSpec
    season_lengths: Seasons
    learned: Learned | None = None
    one_by_one: bool = False

    @property
    def name(self) -> str:
        """Return the model's name with the season lengths it uses, which does not depend on the default seasons."""
        seasons = ",".join(str(length) for length in self.season_lengths)
        return f"{self.spec.name}({seasons})" if seasons else self.spec.name

    @property
    def cost_ms(self) -> float:
        """Return the CPU time for one account in milliseconds, from the registry."""
        return self.spec.cost_ms

    @property
    def with_season_ms(self) -> float:
        """Return the CPU time for one account in milliseconds with the seasons the model uses, which may cost more."""
        return self.spec.cost_ms if self.season_lengths in ((), (1,)) else self.spec.seasonal_ms or self.spec.cost_ms

    def build(self) -> Model:
        """Return the model, with what was learned from all accounts if it learns from them."""
        if self.spec.build_learned is not None:
            names = () if self.learned is None else self.learned.candidates
            candidates = {name: parse_model(name, ()) for name in names}
            return self._wrap_if_one_by_one(self.spec.build_learned(self.learned, candidates))
        return self._wrap_if_one_by_one(self.spec.build(self.season_lengths))

    def build_updatable(self) -> Model:
        """Return the model in its updatable form; raises ConfigError if it has none."""
        if self.spec.make_updatable is None:
            raise _not_updatable([self.label])
        return self._wrap_if_one_by_one(self.spec.make_updatable(self.spec.build(self.season_lengths)))

    def min_obs(self, h: int) -> int:
        """Return the number of observations an account needs for a forecast ``h`` days ahead."""
        return self.spec.needs(self.season_lengths, h)

    def _wrap_if_one_by_one(self, model: Model) -> Model:
        return OneByOne(model) if self.one_by_one else model


def learns(choices: Sequence[ModelChoice]) -> bool:
    """Return whether any of the models learns from all accounts."""
    return any(choice.spec.build_learned is not None for choice in choices)


def finds_events(choices: Sequence[ModelChoice]) -> bool:
    """Return whether any of the models looks for recurring payments."""
    return any(choice.spec.finds_events for choice in choices)


def parse_model(text: str, default_seasons: Seasons) -> ModelChoice:
    """Return the model named by ``text``: ``MSTL`` uses ``default_seasons``, ``MSTL(7,30)`` its own.

    Raises ConfigError for an unknown name, for season lengths that are not distinct whole days from 1 to 366, for more
    season lengths than the model takes, and if none is long enough for it.
    """
    label = text.strip()
    match = _PATTERN.fullmatch(label)
    if match is None:
        raise ConfigError(f"model '{label}': expected a name, or a name and season lengths as in MSTL(7,30)", _HINT)
    spec = _find_spec(match["name"])
    if match["seasons"] is None:
        seasons = default_seasons
    else:
        seasons = _parse_seasons(label, match["seasons"])
        _check_count(label, spec, len(seasons))
    usable = spec.usable_seasons(seasons)
    if spec.seasons is not SeasonUse.NONE and (not usable or min(usable) < spec.min_season):
        raise ConfigError(
            f"model '{label}': needs a season length of at least {spec.min_season} days, "
            f"found {_join_seasons(seasons)}",
            f"name one, as in --model '{spec.name}(30)'",
        )
    return ModelChoice(label, spec, usable)


def parse_candidates(texts: Sequence[str], choices: Sequence[ModelChoice], default: Seasons) -> tuple[ModelChoice, ...]:
    """Return the candidate models named by ``texts``, without duplicates.

    Raises ConfigError if none of ``choices`` takes candidates, for an unknown name, and for a candidate that itself
    learns from all accounts.
    """
    found = {choice.name: choice for choice in (parse_model(text, default) for text in texts)}
    if found and not learns(choices):
        raise ConfigError(
            f"candidates: {', '.join(found)} can join auto, which is not among the models "
            f"({', '.join(choice.label for choice in choices)})",
            "add --model auto, or leave the candidates out",
        )
    for name, choice in found.items():
        if choice.spec.build_learned:
            raise ConfigError(f"candidates: '{name}' cannot join itself", "name another model; " + _HINT)
    return tuple(found.values())


def validate_updatable(choices: Sequence[ModelChoice]) -> None:
    """Raise ConfigError with the labels of those ``choices`` that cannot be updated without a new fit, if any."""
    rejected = [choice.label for choice in choices if not choice.spec.updatable]
    if rejected:
        raise _not_updatable(rejected)


def _not_updatable(labels: Sequence[str]) -> ConfigError:
    updatable = ", ".join(name for name, spec in REGISTRY.items() if spec.updatable)
    return ConfigError(
        f"{'model' if len(labels) == 1 else 'models'} {', '.join(labels)}: cannot take newer balances without "
        f"a new fit, as a refit above 1 requires; models that can: {updatable}",
        "leave it out, or use --refit 1",
    )


def _find_spec(name: str) -> ModelSpec:
    if name in REGISTRY:
        return REGISTRY[name]
    close = closest(name, REGISTRY)
    hint = f"did you mean '{close}'? {_HINT}" if close else _HINT
    raise ConfigError(f"unknown model '{name}'", hint)


def _parse_seasons(label: str, text: str) -> Seasons:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and 1 <= int(part) <= _LONGEST_SEASON for part in parts):
        raise ConfigError(
            f"model '{label}': season lengths are whole days from 1 to {_LONGEST_SEASON}, found '{text}'",
            "as in MSTL(7,30)",
        )
    seasons = tuple(int(part) for part in parts)
    if len(set(seasons)) < len(seasons):
        raise ConfigError(f"model '{label}': names a season length twice", "give each one once")
    return seasons


def _check_count(label: str, spec: ModelSpec, count: int) -> None:
    if spec.seasons is SeasonUse.NONE:
        raise ConfigError(f"model '{label}': {spec.name} takes no season length", f"write {spec.name}")
    if spec.seasons is not SeasonUse.MANY and count > 1:
        raise ConfigError(f"model '{label}': {spec.name} takes one season length, found {count}", _HINT)


def _join_seasons(seasons: Seasons) -> str:
    return ", ".join(str(length) for length in seasons) or "none"
