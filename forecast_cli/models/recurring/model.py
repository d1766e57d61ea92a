"""RecurringEvents: payments found in an account's past, as dated events, and reversion of the rest to its level."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import DirectModel, Forecast
from forecast_cli.models.failures import blank_failures, too_short
from forecast_cli.models.laplace import laplace_scores
from forecast_cli.models.month_paths import min_obs
from forecast_cli.models.months import match_months
from forecast_cli.models.recurring.events import expected_events
from forecast_cli.models.recurring.streams import Streams
from forecast_cli.models.rows import chunks
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec, as_is

#: Share of the rest's mean course over earlier months, beyond its drift, that goes into the forecast. It stands for
#: payments that were not found.
_COURSE_SHARE: Final = 0.25


@dataclass(frozen=True)
class RecurringEvents(DirectModel):
    """A model that forecasts the last balance, future payments, and reversion of the rest to the account's level.

    Let e(s) be the payments expected on day s, of which some follow the balance mean(s-1); r[t] = d - k (y[t-1] -
    level) fitted to the rest, which is the flow that no payment explains, and g the most it brings; and c(s) the
    mean course of the rest after the same day of earlier months (``rest_course``). Then mean(s) = mean(s-1) + e(s) +
    0.25 (c(s) - c(s-1) - d) + min(d - k (mean(s-1) - level), g). sd(s)^2 is the mean square error of such paths of s
    days over the last year, with payments known and without c and g, plus the variance of the future payments.
    Quantiles are those of a Laplace distribution whose 80 % interval is that of a normal distribution.
    ``docs/recurring-events.md`` has the formulae.
    """

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days; an account with fewer days of history than ``MonthPaths`` needs is a failure."""
        from forecast_cli.models.recurring.detect import find_streams

        streams = find_streams(panel)
        mean, sd, _ = forecast_balances(panel, streams, h)
        quantiles = mean[:, :, None] + sd[:, :, None] * laplace_scores(levels)
        return blank_failures(Forecast(mean, quantiles, levels, too_short(panel, min_obs(h)), streams=streams))


def forecast_balances(
    panel: Panel, streams: Streams, h: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of the balances of ``h`` days, and ``EventFlow.paid``, [n, h] each.

    For an account with less history than ``MonthPaths`` needs, the course of earlier months is left out. With ``h``
    days of history or fewer, the standard deviation is NaN.
    """
    from forecast_cli.models.recurring.rest_course import mean_steps
    from forecast_cli.models.recurring.reversion import fit_reversion, path_squared_errors

    if panel.y.shape[1] < 2:  # a single day has no flow
        return np.repeat(panel.y[:, -1:], h, axis=1), np.full((len(panel), h), np.nan), np.zeros((len(panel), h))
    payments, matching = expected_events(streams, panel.origins, h), match_months(panel.origins, h)
    mean, sd = np.empty((len(panel), h)), np.empty((len(panel), h))
    for rows in chunks(len(panel)):
        y = panel.y[rows]
        rest = np.empty(y.shape)
        rest[:, 0] = np.nan
        np.subtract(y[:, 1:], y[:, :-1], out=rest[:, 1:])
        rest -= streams.explained[rows]
        reversion, flow = fit_reversion(y, rest), payments.base[:, rows].copy()
        steps = mean_steps(rest, panel.lengths[rows], matching.part(rows))
        long_enough = panel.lengths[rows] >= min_obs(h)
        flow[0, long_enough] += _COURSE_SHARE * (steps[long_enough] - reversion.drift[long_enough, None])
        mean[rows] = reversion.path(y[:, -1], flow, payments.gain[:, rows])
        sd[rows] = np.sqrt(path_squared_errors(y, rest, reversion, h) + payments.path_variance[rows])
    sd[panel.lengths <= h] = np.nan
    return mean, sd, payments.paid


SPEC = ModelSpec(
    name="RecurringEvents",
    summary="recurring payments found in the account's past; the rest reverts to its level",
    kind=ModelKind.BLOCK,
    intervals=IntervalMethod.PATHS,
    cost_ms=0.3,
    build=lambda _seasons: RecurringEvents(),
    make_updatable=as_is,
    needs=lambda _seasons, h: min_obs(h),
    finds_events=True,
)
