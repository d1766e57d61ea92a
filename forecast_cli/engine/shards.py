"""Shards: contiguous ranges of sorted account ids, cut from the input and the settings alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from forecast_cli.config.durations import seconds_of
from forecast_cli.config.settings import Settings
from forecast_cli.core.columns import UNIQUE_ID
from forecast_cli.core.ids import Key
from forecast_cli.data.source import Source
from forecast_cli.models.pooled.learned import Learned
from forecast_cli.models.registry import ModelChoice, parse_candidates, parse_model

#: CPU seconds a shard should cost: long enough that handing it out costs nothing, short enough to keep cores busy.
TARGET_SECONDS: Final = 10.0
SMALLEST: Final = 16
LARGEST: Final = 5_000
MOST_SHARDS: Final = 1_000
#: Shards that a run is cut into, so that no core is idle while the last one ends, where each still costs half a second.
ENOUGH_SHARDS: Final = 16
LEAST_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Job:
    """What all shards of a run share. Picklable; sent to each worker once. ``work`` is a function of a module.

    ``one_by_one`` has models take one account at a time: slower, and to the same numbers.
    """

    source: Source
    settings: Settings
    origin: date | None
    staging: Path
    work: "Work"
    learned: Learned | None = None
    one_by_one: bool = False

    @property
    def models(self) -> tuple[ModelChoice, ...]:
        """Return the models asked for, in their order; found again in each worker, for models are code, not data."""
        return tuple(
            replace(choice, learned=self.learned, one_by_one=self.one_by_one) for choice in choose_models(self.settings)
        )

    @property
    def candidates(self) -> tuple[str, ...]:
        """Return the names of the candidates that may join a model."""
        return () if self.learned is None else self.learned.candidates


@dataclass(frozen=True)
class Shard:
    """One range of account ids, both ends included, in the input's type, and how many accounts it has.

    ``members``: a row for each id, ``unique_id`` and how many accounts it is (``len``). ``set_aside``: accounts that
    are not forecast, each with its reason.
    """

    index: int
    first_id: Any
    last_id: Any
    accounts: int
    members: pl.DataFrame = field(default_factory=pl.DataFrame, compare=False, repr=False)
    set_aside: tuple[tuple[Key, str], ...] = ()


@dataclass(frozen=True)
class Task:
    """What a worker does in one go: a shard in one part or several, the accounts of a part together or one by one."""

    parts: tuple[Shard, ...]
    one_by_one: bool = False


#: What is done with a shard: its tables, by the name of the file they go to.
Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Done:
    """A shard that was done: its tables, and what each block of accounts raised that was taken apart."""

    tables: Tables
    taken_apart: tuple[str, ...]


Work = Callable[[Job, Shard], Done]


def choose_models(settings: Settings) -> tuple[ModelChoice, ...]:
    """Return the models that the settings name; raises ConfigError for one that does not exist."""
    return tuple(parse_model(text, settings.season_length) for text in settings.model)


def choose_candidates(settings: Settings) -> tuple[ModelChoice, ...]:
    """Return the candidates that the settings name; raises ConfigError for one that cannot join a model of theirs."""
    return parse_candidates(settings.candidates, choose_models(settings), settings.season_length)


def shard_size(settings: Settings, models: Sequence[ModelChoice], n_accounts: int, *, times: int = 1) -> int:
    """Return the accounts of a shard: as set, else by the models' cost, each account forecast ``times`` times.

    Does not depend on the number of workers.
    """
    if settings.shard_size:
        return settings.shard_size
    dearest = max((one.cost_ms / 1000 for one in choose_candidates(settings)), default=0.0)
    cost, largest = times * (cpu_seconds(models, 1) + dearest), max(SMALLEST, LARGEST // times)
    if not cost:
        return max(largest, -(-n_accounts // MOST_SHARDS))
    affordable = min(TARGET_SECONDS / cost, max(LEAST_SECONDS / cost, n_accounts / ENOUGH_SHARDS))
    return _evened(max(round(min(largest, max(SMALLEST, affordable))), -(-n_accounts // MOST_SHARDS)), n_accounts)


def _evened(size: int, n_accounts: int) -> int:
    """Return the size of like shards of up to ``size``, an even number where they are few: two workers end together."""
    if n_accounts <= size:
        return size
    pairs = -(-n_accounts // (2 * size))
    return -(-n_accounts // (2 * pairs))


def cpu_seconds(models: Sequence[ModelChoice], n_accounts: int) -> float:
    """Return what forecasting ``n_accounts`` will cost, by the registry's figures, in CPU seconds."""
    return n_accounts * sum(choice.with_season_ms for choice in models) / 1000


def joining_seconds(settings: Settings, n_accounts: int) -> float:
    """Return what candidates may cost at most, by the registry's figures and the time limit, in CPU seconds."""
    dearest = max((one.cost_ms for one in choose_candidates(settings)), default=0.0)
    return min(seconds_of(settings.time_limit), n_accounts * dearest / 1000)


def cut_shards(ids: pl.Series, size: int) -> tuple[Shard, ...]:
    """Cut account ids into ranges of ``size``; every id falls in exactly one, and so does each currency of it.

    ``ids`` holds an id once for each of its currencies; ``accounts`` of a shard counts them all.
    """
    members = ids.alias(UNIQUE_ID).to_frame().group_by(UNIQUE_ID).len().sort(UNIQUE_ID)
    ranges = (members.slice(start, size) for start in range(0, members.height, size))
    return tuple(_shard(index, some) for index, some in enumerate(ranges))


def split_shard(shard: Shard, parts: int) -> tuple[Shard, ...]:
    """Return a shard as up to ``parts`` ranges, one after the other, that hold its accounts and have its index."""
    size = -(-shard.members.height // parts)
    return tuple(
        _shard(shard.index, shard.members.slice(start, size)) for start in range(0, shard.members.height, size)
    )


def _shard(index: int, members: pl.DataFrame) -> Shard:
    ids = members[UNIQUE_ID]
    return Shard(index, ids[0], ids[-1], int(members["len"].sum()), members)
