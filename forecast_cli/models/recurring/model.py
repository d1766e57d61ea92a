"""RecurringEvents: the payments found in an account's past, dated, and what is left drawn to the account's level."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.models.failures import too_short
from forecast_cli.models.laplace import laplace_scores
from forecast_cli.models.month_paths import min_obs, month_courses
from forecast_cli.models.normal import blank_failures
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.events import expected_events
from forecast_cli.models.recurring.reversion import fit_reversion, path_errors
from forecast_cli.models.recurring.streams import Streams
from forecast_cli.models.rows import chunks
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec

#: Share of the rest's own course over earlier months that is taken over beyond its drift: payments that were not found.
_COURSE: Final = 0.25


@dataclass(frozen=True)
class RecurringEvents:
    """Forecast the last balance, plus the payments to come, plus a rest that goes back to the account's level.

    With e(s) the flow of payments expected on day s, r[t] = d - k (y[t-1] - level) fitted to the flow that no payment
    explains, and c(s) the course that the rest took after the same day of earlier months (``month_paths``):
    mean(s) = mean(s-1) + e(s) + d + 0.25 (c(s) - c(s-1) - d) - k (mean(s-1) - level). sd(s)^2 is the mean square error
    of such paths of s days over the last year, their payments known and c left out, plus the variance of the payments
    to come. Quantiles are those of a Laplace distribution whose 80 % interval is that of a normal one.
    ``docs/recurring-events.md`` has the formulae.
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
        """Forecast h days; an account with fewer days than MonthPaths needs is a failure."""
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
            balance = np.add.accumulate(np.where(np.isnan(rest), 0.0, rest), axis=1)
            course, _ = month_courses(balance, panel.lengths[rows], panel.origins[rows], h)
            beyond = np.diff(course, axis=1, prepend=0.0) - reversion.drift[:, None]
            mean[rows] = reversion.path(y[:, -1], coming.mean[rows] + _COURSE * beyond)
            sd[rows] = np.sqrt(path_errors(y, rest, reversion, h) ** 2 + coming.path_variance[rows])
        quantiles = mean[:, :, None] + sd[:, :, None] * laplace_scores(levels)
        return blank_failures(Forecast(mean, quantiles, levels, too_short(panel, needed)))

    def update(self, panel: Panel) -> "FittedRecurringEvents":
        """Find the streams anew: nothing was learned that could be kept."""
        return RecurringEvents().fit(panel)


SPEC = ModelSpec(
    name="RecurringEvents",
    summary="dated payments found in the account's past, the rest drawn back to its level",
    kind=ModelKind.BLOCK,
    intervals=IntervalMethod.PATHS,
    cost_ms=0.9,
    build=lambda _seasons: RecurringEvents(),
    build_updatable=lambda _seasons: RecurringEvents(),
    needs=lambda _seasons, h: min_obs(h),
)
