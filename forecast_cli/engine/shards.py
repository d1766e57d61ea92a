"""Shards: contiguous ranges of sorted account ids, which depend on the input and the settings only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.config.texts import seconds_of
from forecast_cli.core.columns import UNIQUE_ID
from forecast_cli.core.ids import Key
from forecast_cli.data.source import Source
from forecast_cli.models.pooled.learned import Learned
from forecast_cli.models.registry import ModelChoice, parse_candidates, parse_model

#: CPU seconds that a shard should cost: long enough to make its overhead negligible, short enough to keep cores busy.
TARGET_SECONDS: Final = 10.0
SMALLEST: Final = 16
LARGEST: Final = 5_000
MOST_SHARDS: Final = 1_000
#: Number of shards into which a run is cut, so that no core is idle at its end, if each still costs half a second.
ENOUGH_SHARDS: Final = 16
LEAST_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Job:
    """What all shards of a run share. It is picklable and sent to each worker once.

    ``work`` is a function at the top level of a module. With ``one_by_one``, models run on one account at a time:
    slower, with the same numbers.
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
        """Return the requested models, in their order; each worker looks them up, because models are code, not data."""
        return tuple(
            replace(choice, learned=self.learned, one_by_one=self.one_by_one) for choice in choose_models(self.settings)
        )


@dataclass(frozen=True)
class Shard:
    """A range of account ids in the input's type, both ends included, and its number of accounts.

    ``members`` has a row for each id: ``unique_id`` and its number of accounts (``len``). ``set_aside`` are accounts
    that are not forecast, each with its reason.
    """

    index: int
    first_id: Any
    last_id: Any
    accounts: int
    members: pl.DataFrame = field(default_factory=pl.DataFrame, compare=False, repr=False)
    set_aside: tuple[tuple[Key, str], ...] = ()


@dataclass(frozen=True)
class Task:
    """The task of a worker: a shard in one or more parts, the accounts of each together or one by one."""

    parts: tuple[Shard, ...]
    one_by_one: bool = False


@dataclass(frozen=True)
class Done:
    """The result of a shard: its tables by file name, and the errors of blocks of accounts then run one by one."""

    tables: dict[str, pl.DataFrame]
    taken_apart: tuple[str, ...]


Work = Callable[[Job, Shard], Done]


def choose_models(settings: Settings) -> tuple[ModelChoice, ...]:
    """Return the models named in the settings; raises ConfigError for an unknown one."""
    return tuple(parse_model(text, settings.season_length) for text in settings.model)


def choose_candidates(settings: Settings) -> tuple[ModelChoice, ...]:
    """Return the candidates named in the settings; raises ConfigError for one that cannot join any of their models."""
    return parse_candidates(settings.candidates, choose_models(settings), settings.season_length)


def shard_size(settings: Settings, models: Sequence[ModelChoice], n_accounts: int, *, times: int = 1) -> int:
    """Return the number of accounts of a shard: as set, else by the cost of ``times`` forecasts of each account.

    It does not depend on the number of workers.
    """
    if settings.shard_size:
        return settings.shard_size
    dearest = max((one.cost_ms / 1000 for one in choose_candidates(settings)), default=0.0)
    cost, largest = times * (cpu_seconds(models, 1) + dearest), max(SMALLEST, LARGEST // times)
    if not cost:
        return max(largest, -(-n_accounts // MOST_SHARDS))
    affordable = min(TARGET_SECONDS / cost, max(LEAST_SECONDS / cost, n_accounts / ENOUGH_SHARDS))
    return _balance_size(max(round(min(largest, max(SMALLEST, affordable))), -(-n_accounts // MOST_SHARDS)), n_accounts)


def _balance_size(size: int, n_accounts: int) -> int:
    """Return the size, up to ``size``, of equal shards, an even number if they are few: two workers end together."""
    if n_accounts <= size:
        return size
    pairs = -(-n_accounts // (2 * size))
    return -(-n_accounts // (2 * pairs))


def cpu_seconds(models: Sequence[ModelChoice], n_accounts: int) -> float:
    """Return the CPU seconds for forecasting ``n_accounts``, from the registry's figures."""
    return n_accounts * sum(choice.with_season_ms for choice in models) / 1000


def joining_seconds(settings: Settings, n_accounts: int) -> float:
    """Return the most CPU seconds that candidates may take, from the registry's figures and the time limit."""
    dearest = max((one.cost_ms for one in choose_candidates(settings)), default=0.0)
    return min(seconds_of(settings.time_limit), n_accounts * dearest / 1000)


def cut_shards(ids: pl.Series, size: int) -> tuple[Shard, ...]:
    """Cut account ids into ranges of ``size`` ids; every id is in exactly one, with all its currencies.

    ``ids`` holds an id once for each of its currencies; ``accounts`` of a shard counts them all.
    """
    members = ids.alias(UNIQUE_ID).to_frame().group_by(UNIQUE_ID).len().sort(UNIQUE_ID)
    ranges = (members.slice(start, size) for start in range(0, members.height, size))
    return tuple(_shard(index, some) for index, some in enumerate(ranges))


def split_shard(shard: Shard, parts: int) -> tuple[Shard, ...]:
    """Split a shard into up to ``parts`` consecutive ranges of its accounts, each with its index."""
    size = -(-shard.members.height // parts)
    return tuple(
        _shard(shard.index, shard.members.slice(start, size)) for start in range(0, shard.members.height, size)
    )


def _shard(index: int, members: pl.DataFrame) -> Shard:
    ids = members[UNIQUE_ID]
    return Shard(index, ids[0], ids[-1], int(members["len"].sum()), members)
