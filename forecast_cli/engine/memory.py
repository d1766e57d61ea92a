"""Memory: the number of workers, and of accounts each works on at a time, with which a run stays within a bound.

The bound changes neither what a run writes nor its fingerprint: numbers do not depend on which accounts are worked on
together, and the parts of a shard are joined before anything is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from forecast_cli.config.settings import Settings
from forecast_cli.config.texts import memory_bytes
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.text import counted
from forecast_cli.engine.environment import FRUGAL, KEEPING
from forecast_cli.models.registry import ModelChoice, learns
from forecast_cli.models.spec import ModelKind

_MB: Final = 1_000_000
#: Share of the available memory that is used if no bound is given; other programs may need the rest.
_SHARE: Final = 0.8
# Sizes are in bytes. These are measured over all processes of a run (proportional set size).
#: All processes while the input is checked, and while the run learns.
_CHECKING: Final = 250 * _MB
_LEARNING: Final = 460 * _MB
#: The main process while workers are at work, what it takes more if it checked the input itself, and for each account.
_WAITING: Final = 130 * _MB
_CHECKED: Final = 150 * _MB
_ACCOUNT: Final = 400
#: The fork server, and each worker.
_SERVER: Final = 80 * _MB
_WORKER: Final = 170 * _MB
#: What a worker and the fork server take more where published forecasts are scored.
_SCORING: Final = 150 * _MB
#: A run of a few accounts with one worker.
SMALLEST_RUN: Final = max(_LEARNING, _WAITING + _SERVER + _WORKER)
#: Each account of a shard until the shard is written, for each forecast of it.
_WRITTEN: Final = 9_000
#: Below this limit a run checks its input and learns in separate processes, whose memory is returned when they end.
_TIGHT: Final = 1_000 * _MB
#: With this much for each worker and once more, workers keep freed memory, and take ``_KEPT`` more each.
_AMPLE: Final = 1_000 * _MB
_KEPT: Final = 190 * _MB
#: What statsforecast adds to the fork server, whose memory workers share, and to each worker.
_SERIES_SERVER: Final = 120 * _MB
_SERIES_WORKER: Final = 20 * _MB
#: One model's forecast of an account until the other models are done, and more for each day ahead beyond ``_AHEAD``.
_FORECAST: Final = 8_000
_FORECAST_A_DAY: Final = 100
#: Each window while reports are made, however many models forecast it, beside what the run takes then.
_REPORTED: Final = 400
#: An account in a worker, from reading to writing: where models run, and where its published forecast is scored.
_MODELLED: Final = 72_000
_SCORED: Final = 60_000
#: With fewer accounts at a time than this, each account takes longer.
_FEW: Final = 250
#: Days of history and days ahead for which these figures hold.
_DAYS: Final = 730
_AHEAD: Final = 30


@dataclass(frozen=True)
class Load:
    """The size of a run: its number of ``accounts``, that of its largest ``shard``, and more.

    ``days`` are those of the longest history, ``times`` is the number of forecasts of each account, ``ahead`` the
    horizon in days, and ``reports`` says whether the run ends with reports on all of these forecasts.
    """

    accounts: int
    shard: int
    days: int = _DAYS
    times: int = 1
    ahead: int = _AHEAD
    reports: bool = False


@dataclass(frozen=True)
class Room:
    """What fits into ``limit`` bytes (None: no bound is known): ``workers`` with up to ``at_once`` accounts each."""

    limit: int | None
    workers: int
    at_once: int

    @property
    def is_tight(self) -> bool:
        """Return whether memory is so short that the run is made slower to save some."""
        return is_tight(self.limit)

    @property
    def variables(self) -> Mapping[str, str]:
        """Return the environment variables with which processes of the run are started."""
        return variables_for(self.limit, self.workers)


def memory_limit(settings: Settings, available: int | None) -> int | None:
    """Return the bound in bytes: ``--memory``, or a share of what is ``available``; None if that is not known."""
    if settings.memory is not None:
        return memory_bytes(settings.memory)
    return None if available is None else round(_SHARE * available)


def is_tight(limit: int | None) -> bool:
    """Return whether a limit is so low that the run is made slower to save memory."""
    return limit is not None and limit < _TIGHT


def variables_for(limit: int | None, workers: int) -> Mapping[str, str]:
    """Return the environment variables with which processes of a run of so many ``workers`` are started."""
    if is_tight(limit):
        return FRUGAL
    return KEEPING if _is_ample(limit, workers) else {}


def refuse_too_little(settings: Settings, models: Sequence[ModelChoice], load: Load) -> None:
    """Raise ConfigError if a run of ``load`` does not fit into ``--memory``, with the smallest possible bound."""
    least = _minimum_memory(models, load, min(load.shard, _FEW))
    if settings.memory is not None and memory_bytes(settings.memory) < least:
        raise ConfigError(
            f"--memory {settings.memory}: {counted(load.accounts, 'account')} {_done_by(models)} "
            f"need at least {_rounded_up(least)}",
            f"give --memory {_rounded_up(least)} or more{', or fewer models' if models else ''}",
        )


def find_room(models: Sequence[ModelChoice], load: Load, *, workers: int, limit: int | None) -> Room:
    """Return the room for a run of ``load`` with up to ``workers`` in ``limit`` bytes, the smallest if nothing fits."""
    if limit is None:
        return Room(None, workers, load.shard)
    few = min(load.shard, _FEW)
    left = limit - _overhead(models, load) - (0 if is_tight(limit) else _CHECKED)
    fitting = max(min(workers, left // (_worker(models, load) + few * _need(models, load))), 1)
    kept = _KEPT if _is_ample(limit, fitting) else 0
    at_once = (left // fitting - _worker(models, load) - kept) // _need(models, load)
    return Room(limit, fitting, max(min(at_once, load.shard), few))


def _is_ample(limit: int | None, workers: int) -> bool:
    return limit is None or limit >= _AMPLE * (workers + 1)


def _minimum_memory(models: Sequence[ModelChoice], load: Load, few: int) -> int:
    before = (_LEARNING if learns(models) else _CHECKING) + load.accounts * _ACCOUNT
    during = _overhead(models, load) + _worker(models, load) + few * _need(models, load)
    return max(before, during, _reporting(models, load) if load.reports else 0)


def _reporting(models: Sequence[ModelChoice], load: Load) -> int:
    return _overhead(models, load) + _WORKER + load.accounts * load.times * _REPORTED


def _overhead(models: Sequence[ModelChoice], load: Load) -> int:
    """Return the bytes taken while workers are at work, apart from the workers."""
    series = _SERIES_SERVER if _has_series(models) else 0
    return _WAITING + load.accounts * _ACCOUNT + _SERVER + series


def _worker(models: Sequence[ModelChoice], load: Load) -> int:
    written = load.shard * load.times * _WRITTEN * len(models)
    scoring = 0 if models else _SCORING
    return _WORKER + written + scoring + (_SERIES_WORKER if _has_series(models) else 0)


def _need(models: Sequence[ModelChoice], load: Load) -> int:
    """Return the bytes of each account while it is worked on: by one model, and the forecasts of the others."""
    one = _MODELLED if models else _SCORED
    further = _FORECAST_A_DAY * max(load.ahead - _AHEAD, 0)
    forecasts = (_FORECAST + further) * max(len(models) - 1, 0)
    return round(((one + forecasts) * max(load.days / _DAYS, 0.5) + further) * load.times)


def _has_series(models: Sequence[ModelChoice]) -> bool:
    return any(choice.spec.kind is ModelKind.SERIES for choice in models)


def _done_by(models: Sequence[ModelChoice]) -> str:
    return f"by {', '.join(model.label for model in models)}" if models else "with published forecasts"


def _rounded_up(count: int) -> str:
    return f"{-(-count // (10 * _MB)) * 10}MB"
