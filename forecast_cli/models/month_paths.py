"""MonthPaths: the mean path after the same day of earlier months, with reversion to the account's own level."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import DirectModel, Forecast
from forecast_cli.models.courses import forecast_courses
from forecast_cli.models.months import MAX_MONTHS, match_days
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec, as_is

#: Half-life of the weight of a path, in months.
_HALF_LIFE: Final = 4.0


@dataclass(frozen=True)
class MonthPaths(DirectModel):
    """A model that forecasts from the account's own paths after the same day of up to 24 earlier months.

    With p_k(s) = y[d_k(s)] - y[d_k(0)], d_k(s) the day k months before the day s days ahead (``months.match_days``),
    and weights w_k = 2^(-(k - 1) / 4), halved for paths shifted by a day:
    mean(s) = y + 0.6 sum_{i<=s} (mean of p_k(i) - p_k(i - 1) over k) + (level - y) (1 - 0.55^(s / 30)),
    level the mean of the last 180 days; sd(s)^2 = (1 + 1 / m) times the weighted variance of p_k(s) over k,
    m = (sum w_k)^2 / sum w_k^2 (Kish 1965, Survey Sampling, section 11.7). Quantiles are those of a Laplace
    distribution whose 80 % interval is that of a normal distribution with this sd, because balances stand still or
    jump. A path counts at s only if its day s is not after the origin. ``docs/accuracy.md`` says where the constants
    come from.
    """

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days; an account with fewer than ``min_obs`` days of history is a failure."""
        return forecast_courses(
            panel, h, levels, needed=min_obs(h), cycles_of=lambda origins: _earlier_months(origins, h)
        )


def min_obs(h: int) -> int:
    """Return the days of history that hold two paths of ``h`` days, shifted by a day, whatever the months."""
    return 31 * ((h + 1) // 28 + 2) + 2


def _earlier_months(origins: NDArray[np.datetime64], h: int) -> Iterator[tuple[NDArray[np.int64], float]]:
    """Yield, for each earlier month, the days that match 0 to ``h`` days after each origin, and its weight."""
    distinct, place = np.unique(origins, return_inverse=True)
    for month in range(1, MAX_MONTHS + 1):
        yield match_days(distinct, month, h)[place.reshape(-1)], 0.5 ** ((month - 1) / _HALF_LIFE)


SPEC = ModelSpec(
    name="MonthPaths",
    summary="the account's movements after the same day of earlier months, reverting to its level",
    kind=ModelKind.BLOCK,
    intervals=IntervalMethod.PATHS,
    cost_ms=0.04,
    build=lambda _seasons: MonthPaths(),
    make_updatable=as_is,
    needs=lambda _seasons, h: min_obs(h),
)
