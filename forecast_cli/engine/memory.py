"""Memory: how many workers, and how many accounts each may have at hand, so that a whole run stays within a bound.

Accounts that are worked on together change no number, and parts of a shard are put together before anything is written:
the bound changes neither what a run writes nor what it is made from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from forecast_cli.config.memory_size import memory_bytes
from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.text import counted
from forecast_cli.engine.environment import FRUGAL, KEEPING
from forecast_cli.models.registry import ModelChoice, learns
from forecast_cli.models.spec import ModelKind

_MB: Final = 1_000_000
#: Of the memory that is there, so much is taken where no bound is given: others may want some of it meanwhile.
_SHARE: Final = 0.8
#: Measured over all processes of a run (proportional set size): what all take while the input is looked at and while it
#: learns, what the first one takes while workers are at work, and more where it looked at the input itself, each of its
#: accounts, the server that makes workers, a worker.
_LOOKING: Final = 250 * _MB
_LEARNING: Final = 460 * _MB
_WAITING: Final = 130 * _MB
_LOOKED: Final = 150 * _MB
_ACCOUNT: Final = 400
_SERVER: Final = 80 * _MB
_WORKER: Final = 170 * _MB
#: What a run of a few accounts takes with one worker.
SMALLEST_RUN: Final = max(_LEARNING, _WAITING + _SERVER + _WORKER)
#: What each account of a shard takes until the shard is written, for each forecast of it.
_WRITTEN: Final = 9_000
#: Below this a run looks at its input and learns in processes of their own, and what those took is gone with them.
_TIGHT: Final = 1_000 * _MB
#: Where there is so much for each worker and as much again, workers keep what is freed, and take more for it.
_AMPLE: Final = 1_000 * _MB
_KEPT: Final = 190 * _MB
#: What statsforecast adds to the server, whose memory its workers share, and to each worker.
_SERIES_SERVER: Final = 120 * _MB
_SERIES_WORKER: Final = 20 * _MB
#: Bytes that one model's forecast of an account takes until the others are done, and more for each further day ahead.
_SAID: Final = 8_000
_SAID_A_DAY: Final = 100
#: Fewer accounts at a time than this are slower for each.
_FEW: Final = 250
#: Days of history, and ahead, that the registry's figures are for.
_DAYS: Final = 730
_AHEAD: Final = 30


@dataclass(frozen=True)
class Load:
    """What a run has to hold: accounts in all, in its largest shard, days of the longest history, forecasts of each.

    ``ahead`` are the days that are forecast.
    """

    accounts: int
    shard: int
    days: int = _DAYS
    times: int = 1
    ahead: int = _AHEAD


@dataclass(frozen=True)
class Room:
    """What fits: ``workers`` with up to ``at_once`` accounts each, in ``limit`` bytes (None: no bound is known)."""

    limit: int | None
    workers: int
    at_once: int

    @property
    def is_tight(self) -> bool:
        """Say whether memory is short enough to take time for it."""
        return is_tight(self.limit)

    @property
    def variables(self) -> Mapping[str, str]:
        """Return the variables that processes of the run are started with."""
        return variables_for(self.limit, self.workers)


def memory_limit(settings: Settings, available: int | None) -> int | None:
    """Return the bytes to keep within: ``--memory``, or most of what is ``available``; None where that is not known."""
    if settings.memory is not None:
        return memory_bytes(settings.memory)
    return None if available is None else round(_SHARE * available)


def is_tight(limit: int | None) -> bool:
    """Say whether a limit is low enough to take time for it."""
    return limit is not None and limit < _TIGHT


def variables_for(limit: int | None, workers: int) -> Mapping[str, str]:
    """Return the variables that processes of a run are started with, by its limit and its ``workers``."""
    if is_tight(limit):
        return FRUGAL
    return KEEPING if _is_ample(limit, workers) else {}


def refuse_too_little(settings: Settings, models: Sequence[ModelChoice], load: Load) -> None:
    """Raise ConfigError where a run of ``load`` does not fit into ``--memory``, with the least that would do."""
    least = _least(models, load, min(load.shard, _FEW))
    if settings.memory is not None and memory_bytes(settings.memory) < least:
        raise ConfigError(
            f"--memory {settings.memory}: {counted(load.accounts, 'account')} by {', '.join(m.label for m in models)} "
            f"take {_rounded_up(least)} at least",
            f"give --memory {_rounded_up(least)} or more, or fewer models",
        )


def find_room(models: Sequence[ModelChoice], load: Load, *, workers: int, limit: int | None) -> Room:
    """Return how a run of ``load`` fits into ``limit`` bytes, or comes nearest to it, with up to ``workers``."""
    if limit is None:
        return Room(None, workers, load.shard)
    few = min(load.shard, _FEW)
    left = limit - _fixed(models, load) - (0 if is_tight(limit) else _LOOKED)
    fitting = max(min(workers, left // (_worker(models, load) + few * _need(models, load))), 1)
    kept = _KEPT if _is_ample(limit, fitting) else 0
    at_once = (left // fitting - _worker(models, load) - kept) // _need(models, load)
    return Room(limit, fitting, max(min(at_once, load.shard), few))


def _is_ample(limit: int | None, workers: int) -> bool:
    return limit is None or limit >= _AMPLE * (workers + 1)


def _least(models: Sequence[ModelChoice], load: Load, few: int) -> int:
    before = (_LEARNING if learns(models) else _LOOKING) + load.accounts * _ACCOUNT
    return max(before, _fixed(models, load) + _worker(models, load) + few * _need(models, load))


def _fixed(models: Sequence[ModelChoice], load: Load) -> int:
    """Return the bytes that are taken while workers are at work, whatever they do."""
    series = _SERIES_SERVER if _has_series(models) else 0
    return _WAITING + load.accounts * _ACCOUNT + _SERVER + series


def _worker(models: Sequence[ModelChoice], load: Load) -> int:
    written = load.shard * load.times * _WRITTEN * len(models)
    return _WORKER + written + (_SERIES_WORKER if _has_series(models) else 0)


def _need(models: Sequence[ModelChoice], load: Load) -> int:
    """Return the bytes that each account takes while it is at hand: the most by any model, and all that they said."""
    most = 1_000 * max(choice.spec.memory_kb for choice in models)
    further = _SAID_A_DAY * max(load.ahead - _AHEAD, 0)
    said = (_SAID + further) * (len(models) - 1)
    return round(((most + said) * max(load.days / _DAYS, 0.5) + further) * load.times)


def _has_series(models: Sequence[ModelChoice]) -> bool:
    return any(choice.spec.kind is ModelKind.SERIES for choice in models)


def _rounded_up(count: int) -> str:
    return f"{-(-count // (10 * _MB)) * 10}MB"
