"""RecurringEvents: the payments found in an account's past, dated, and what is left drawn to the account's level."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.models.failures import too_short
from forecast_cli.models.laplace import laplace_scores
from forecast_cli.models.normal import blank_failures
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.events import expected_events
from forecast_cli.models.recurring.reversion import fit_reversion, path_errors
from forecast_cli.models.recurring.streams import Streams
from forecast_cli.models.rows import chunks
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec

#: Days of history besides the horizon: two months show a payment three times at most.
_DAYS: Final = 60


@dataclass(frozen=True)
class RecurringEvents:
    """Forecast the last balance, plus the payments to come, plus a rest that goes back to the account's level.

    With e(s) the flow of payments expected on day s and r[t] = d - k (y[t-1] - level) fitted to the flow that no
    payment explains: mean(s) = mean(s-1) + e(s) + d - k (mean(s-1) - level). sd(s)^2 is the mean square error of such
    paths of s days over the last year, their payments known, plus the variance of the payments to come. Quantiles are
    those of a Laplace distribution whose 80 % interval is that of a normal one. ``docs/recurring-events.md`` has the
    formulae.
    """

    def fit(self, panel: Panel) -> "FittedRecurringEvents":
        """Find the streams of each account."""
        return FittedRecurringEvents(panel, find_streams(panel))


@dataclass(frozen=True)
class FittedRecurringEvents:
    """The balances and the ``streams`` found in them."""

    panel: Panel
    streams: Streams

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days; an account with fewer than 60 days besides the horizon is a failure."""
        panel, needed = self.panel, min_obs(h)
        coming = expected_events(self.streams, panel.origins, h)
        mean, sd = np.full((len(panel), h), np.nan), np.full((len(panel), h), np.nan)
        for some in chunks(len(panel)):
            rows = np.arange(len(panel))[some][panel.lengths[some] >= needed]
            if not len(rows):
                continue
            y = panel.y[rows]
            rest = np.diff(y, axis=1, prepend=np.nan) - self.streams.explained[rows]
            reversion = fit_reversion(y, rest)
            mean[rows] = reversion.path(y[:, -1], coming.mean[rows])
            sd[rows] = np.sqrt(path_errors(y, rest, reversion, h) ** 2 + coming.path_variance[rows])
        quantiles = mean[:, :, None] + sd[:, :, None] * laplace_scores(levels)
        return blank_failures(Forecast(mean, quantiles, levels, too_short(panel, needed)))

    def update(self, panel: Panel) -> "FittedRecurringEvents":
        """Find the streams anew: nothing was learned that could be kept."""
        return RecurringEvents().fit(panel)


def min_obs(h: int) -> int:
    """Return the days of history that errors over paths of ``h`` days need."""
    return h + _DAYS


SPEC = ModelSpec(
    name="RecurringEvents",
    summary="dated payments found in the account's past, the rest drawn back to its level",
    kind=ModelKind.BLOCK,
    intervals=IntervalMethod.PATHS,
    cost_ms=0.6,
    build=lambda _seasons: RecurringEvents(),
    build_updatable=lambda _seasons: RecurringEvents(),
    needs=lambda _seasons, h: min_obs(h),
)
