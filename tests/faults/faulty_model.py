"""Models that fail in every possible way for accounts whose ids say so: ``acc-003-hang`` hangs, others work.

Workers install them by importing this module, which contains the work function of their job.
"""

import ctypes
import os
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.engine import backtest, worker
from forecast_cli.engine.shards import Done, Job, Shard
from forecast_cli.models import naive, registry
from forecast_cli.models.base import Forecast
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec, as_is
from forecast_cli.models.statsforecast_adapter import forecast_accounts

#: File in the run's folder that exists once the fault "once" has occurred.
_flag: list[Path] = []


def _hang() -> None:
    """Sleep in native code that holds the GIL."""
    ctypes.PyDLL(None).sleep(3600)


def _loop() -> None:
    while True:
        pass


def _hog() -> None:
    """Allocate 8 GB with a limit of 2 GB."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 2 * 2**30, before[1]))
    try:
        np.ones(2**30)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _raise() -> None:
    raise ArithmeticError("cannot be done")


def _once() -> None:
    """Kill this process, but only the first time."""
    [flag] = _flag
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)


FAULTS: dict[str, Callable[[], object]] = {
    "hang": _hang,
    "sleep": lambda: time.sleep(3600),
    "loop": _loop,
    "exit": lambda: os._exit(7),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segv": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "hog": _hog,
    "raise": _raise,
    "once": _once,
}


def fail(unique_id: str) -> None:
    """Produce the fault named by an id; before it, create the file ``FAULTY_BEGUN``, if set, which a test waits for."""
    fault = FAULTS.get(unique_id.rpartition("-")[2])
    if fault is None:
        return
    if "FAULTY_BEGUN" in os.environ:
        Path(os.environ["FAULTY_BEGUN"]).touch()
    fault()


def spoil(unique_id: str, mean: NDArray[np.float64], quantiles: NDArray[np.float64]) -> None:
    """Overwrite an account's mean [h] and quantiles [h, q] with numbers that no forecast may contain."""
    match unique_id.rpartition("-")[2]:
        case "nan":
            mean[3] = np.nan
        case "inf":
            quantiles[3, -1] = np.inf
        case "crossed":
            quantiles[:] = quantiles[:, ::-1].copy()
        case "exploding":
            quantiles[:, -1] = 1e48


@dataclass(frozen=True)
class Faulty:
    """Naive model that fails for some accounts, in a block or, with ``series``, account by account like a library."""

    series: bool
    panel: Panel | None = None

    def fit(self, panel: Panel) -> "Faulty":
        return Faulty(self.series, panel)

    def update(self, panel: Panel) -> "Faulty":
        return Faulty(self.series, panel)

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        assert self.panel is not None
        ids, good = self.panel.ids, naive.Naive().fit(self.panel).forecast(h, levels)
        if self.series:
            one = lambda row: (fail(ids[row]), good.mean[row], good.quantiles[row])[1:]  # noqa: E731
            return forecast_accounts(self.panel, one, h=h, levels=levels)
        if len(ids) > 1 and any(unique_id.endswith("-crowd") for unique_id in ids):
            raise IndexError("too many")
        for row, unique_id in enumerate(ids):
            fail(unique_id)
            spoil(unique_id, good.mean[row], good.quantiles[row])
        return good


def _spec(name: str, *, series: bool) -> ModelSpec:
    return ModelSpec(
        name=name,
        summary="fails",
        kind=ModelKind.BLOCK,
        intervals=IntervalMethod.NORMAL,
        cost_ms=0.1,
        build=lambda _: Faulty(series),
        make_updatable=as_is,
        needs=lambda _seasons, _h: naive.MIN_OBS,
    )


SPECS = {"FaultyBlock": _spec("FaultyBlock", series=False), "FaultySeries": _spec("FaultySeries", series=True)}


def install(job: Job | None = None) -> None:
    if job is not None:
        _flag[:] = [job.staging.parent / "came-once"]
    registry.REGISTRY = MappingProxyType({**registry.REGISTRY, **SPECS})  # type: ignore[misc]


def forecast_shard(job: Job, shard: Shard) -> Done:
    install(job)
    return worker.forecast_shard(job, shard)


def backtest_shard(job: Job, shard: Shard) -> Done:
    install(job)
    return backtest.backtest_shard(job, shard)
