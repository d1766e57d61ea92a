"""WeekPaths: the mean path after the same day of earlier weeks or fortnights, with reversion to the level."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import DirectModel, Forecast
from forecast_cli.models.courses import forecast_courses
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec, as_is

#: Paths begin within this many days before the origin.
_DAYS: Final = 365
#: Half-life of the weight of a path, in days.
_HALF_LIFE: Final = 120.0


@dataclass(frozen=True)
class WeekPaths(DirectModel):
    """A model that forecasts from the account's movements after the same day of earlier cycles of 7 or 14 days.

    Cycles are those of the last year. With p_k(s) = y[n + s - c k] - y[n - c k], c the ``cycle`` in days, and weights
    w_k = 2^(-c (k - 1) / 120), halved for paths shifted by a day:
    mean(s) = y[n] + 0.6 sum_{i<=s} (mean of p_k(i) - p_k(i - 1) over k) + (level - y[n]) (1 - 0.55^(s / 30)),
    level the mean of the last 180 days. Spread and quantiles are those of ``MonthPaths``. A path counts at s only if
    its day s is not after the origin. Cycles are counted back from the origin, so the phase of a fortnight need not be
    estimated.
    """

    cycle: int

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days; an account with fewer than ``min_obs`` days of history is a failure."""
        needed = min_obs(self.cycle, h)
        return forecast_courses(panel, h, levels, needed=needed, cycles_of=lambda _origins: _past_cycles(self.cycle, h))


def min_obs(cycle: int, h: int) -> int:
    """Return the days of history that hold two paths of ``h`` days, shifted by a day."""
    return cycle * (-(-(h + 1) // cycle) + 1) + 2


def _past_cycles(cycle: int, h: int) -> Iterator[tuple[NDArray[np.int64], float]]:
    """Yield, for each cycle, the days that match 0 to ``h`` days ahead, counted from the origin, and its weight.

    Cycles go back a year, or further if that is needed for two paths of ``h`` days.
    """
    ahead, latest = np.arange(h + 1)[None], max(_DAYS, min_obs(cycle, h))
    for back in range(cycle, latest, cycle):
        yield ahead - back, 0.5 ** ((back - cycle) / _HALF_LIFE)


def _build_spec(name: str, cycle: int, summary: str, *, cost_ms: float) -> ModelSpec:
    return ModelSpec(
        name=name,
        summary=summary,
        kind=ModelKind.BLOCK,
        intervals=IntervalMethod.PATHS,
        cost_ms=cost_ms,
        build=lambda _seasons: WeekPaths(cycle),
        make_updatable=as_is,
        needs=lambda _seasons, h: min_obs(cycle, h),
    )


_PATHS_AFTER: Final = "the account's movements after the same day of earlier"
WEEKLY = _build_spec("WeekPaths", 7, f"{_PATHS_AFTER} weeks, reverting to its level", cost_ms=0.08)
BIWEEKLY = _build_spec("BiweekPaths", 14, f"{_PATHS_AFTER} fortnights, reverting to its level", cost_ms=0.04)
