"""FastMSTL: decomposition into seasons by means per phase around a moving average, on whole blocks of accounts."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import DirectModel, Forecast, blank_numbers, quantile_probabilities
from forecast_cli.models.failures import blank_failures, too_short
from forecast_cli.models.knots import interpolate_knots, knots_of
from forecast_cli.models.naive import MIN_OBS
from forecast_cli.models.rows import long_rows, row_sums
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec, Seasons, SeasonUse, as_is

#: Days of history from which seasons are estimated.
_DAYS: Final = 730
#: Number of changes from which the quantiles of errors are taken.
_N_CHANGES: Final = 365
#: Half-life of the weight of a cycle, in days.
_HALF_LIFE: Final = 120.0
#: Rounds in which each season is estimated from the balance less the other seasons.
_ROUNDS: Final = 2


@dataclass(frozen=True)
class FastMSTL(DirectModel):
    """A model that forecasts the last seasonally adjusted balance plus the seasons.

    Twice, for each season length m, shortest first: x is the balance less the other seasons, less its moving average
    over about the longest season; S[j] is the mean of x over the days of phase j, weighted by 2^(-age / 120), less the
    mean of S over the phases, and shrunk towards 0 by the share of its variance that chance alone would produce (James
    and Stein 1961, positive part). With a = y - sum S: mean(s) = a[n] + sum S[n + s]. The quantiles are those of
    a[t + s] - a[t] over the last year, about their median, at the knots of the horizon and linear between them. If
    there is a season, they are wider by sqrt((c + 1) / (c - 1)), c the effective number of cycles of the longest
    season, because errors on the days from which a season was estimated are too small by that factor.
    """

    seasons: Seasons

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days; an account with fewer than ``min_obs`` days of history is a failure."""
        needed = min_obs(self.seasons, h)
        longest, days = max(self.seasons), max(_DAYS, needed)
        mean, quantiles = blank_numbers(len(panel), h, levels)
        for rows in long_rows(panel, needed):
            last = panel.y[rows, -1, None]
            relative, lengths = panel.y[rows, -days:] - last, np.minimum(panel.lengths[rows], days)
            seasons = _estimate_seasons(relative, lengths, self.seasons)
            adjusted = relative - sum(_repeat_backwards(season, relative.shape[1]) for season in seasons)
            course = adjusted[:, -1, None] + sum(_repeat_forwards(season, h) for season in seasons)
            mean[rows] = last + course
            has_season = np.any([season.any(axis=1) for season in seasons], axis=0)
            widening = np.where(has_season, _widening_factor(lengths, longest), 1.0)
            quantiles[rows] = (last + course)[:, :, None] + widening[:, None, None] * _error_quantiles(
                adjusted, lengths, h, levels
            )
        return blank_failures(Forecast(mean, quantiles, levels, too_short(panel, needed)))


def min_obs(seasons: Seasons, h: int) -> int:
    """Return the days of history needed: 2.5 times the longest season, and 30 more than ``h``."""
    return max((5 * max(seasons) + 1) // 2, MIN_OBS + h)


def _estimate_seasons(
    y: NDArray[np.float64], lengths: NDArray[np.int64], seasons: Seasons
) -> list[NDArray[np.float64]]:
    """Return the seasonal component of each season by phase, the day after the origin first: [r, m] each."""
    components = [np.zeros((len(y), m)) for m in seasons]
    for _ in range(_ROUNDS):
        for place, m in enumerate(seasons):
            others = [component for number, component in enumerate(components) if number != place]
            remainder = y - sum((_repeat_backwards(component, y.shape[1]) for component in others), np.zeros(1))
            components[place] = _estimate_season(remainder - _moving_average(remainder, lengths, max(seasons)), m)
    return components


def _moving_average(x: NDArray[np.float64], lengths: NDArray[np.int64], days: int) -> NDArray[np.float64]:
    """Return the moving average of ``x`` over ``days`` // 2 days on either side, fewer at the ends, [r, t]."""
    t, side = x.shape[1], days // 2
    total = np.concatenate([np.zeros((len(x), 1)), np.cumsum(np.where(np.isnan(x), 0.0, x), axis=1)], axis=1)
    day = np.arange(t)
    end, start = np.minimum(day + side + 1, t), np.maximum(day - side, 0)
    known = end - np.maximum(start, t - lengths[:, None])
    return np.asarray((total[:, end] - total[:, start]) / np.maximum(known, 1))


def _estimate_season(x: NDArray[np.float64], m: int) -> NDArray[np.float64]:
    """Return the shrunk means of ``x`` [r, t] by phase, the day after the origin first: [r, m]."""
    weight, total, squares, weights = (np.zeros((len(x), m)) for _ in range(4))
    cycles = -(-x.shape[1] // m)
    padded = np.full((len(x), cycles * m), np.nan)
    padded[:, cycles * m - x.shape[1] :] = x
    for cycles_back in range(cycles):
        values = padded[:, (cycles - 1 - cycles_back) * m : (cycles - cycles_back) * m]
        day_weight = np.where(np.isnan(values), 0.0, 0.5 ** (cycles_back * m / _HALF_LIFE))
        known = np.where(np.isnan(values), 0.0, values)
        weight += day_weight
        weights += day_weight * day_weight
        total += day_weight * known
        squares += day_weight * known * known
    means = total / weight
    noise = np.maximum(squares / weight - means * means, 0.0) * weights / (weight * weight)
    means = means - row_sums(means)[:, None] / m
    variance = row_sums(means * means)
    shrinkage = np.divide(variance - row_sums(noise), variance, out=np.zeros_like(variance), where=variance > 0)
    return np.asarray(means * np.maximum(shrinkage, 0.0)[:, None])


def _widening_factor(lengths: NDArray[np.int64], m: int) -> NDArray[np.float64]:
    """Return the factor [r] by which errors on days included in the mean of their own phase are too small."""
    n_cycles = lengths // m - 1
    weights = 0.5 ** (np.arange(int(n_cycles.max()) + 1) * m / _HALF_LIFE)
    cycles = np.cumsum(weights)[n_cycles] ** 2 / np.cumsum(weights**2)[n_cycles]
    return np.asarray(np.sqrt((cycles + 1) / (cycles - 1)))


def _repeat_backwards(season: NDArray[np.float64], t: int) -> NDArray[np.float64]:
    """Return the seasonal component [r, m] on the ``t`` days up to the origin, [r, t]."""
    m = season.shape[1]
    return season[:, np.arange(-t, 0) % m]


def _repeat_forwards(season: NDArray[np.float64], h: int) -> NDArray[np.float64]:
    return season[:, np.arange(h) % season.shape[1]]


def _error_quantiles(
    adjusted: NDArray[np.float64], lengths: NDArray[np.int64], h: int, levels: tuple[float, ...]
) -> NDArray[np.float64]:
    """Return the quantiles of changes over 1 to ``h`` days, minus their median, [r, h, q]."""
    knots, lower = knots_of(h), quantile_probabilities(levels)[: len(levels) + 1]
    quantiles = np.empty((len(adjusted), len(knots), 2 * len(levels) + 1))
    for number, step in enumerate(knots.tolist()):
        change = np.sort((adjusted[:, step:] - adjusted[:, :-step])[:, -_N_CHANGES:], axis=1)  # NaN goes last
        last_index = np.minimum(lengths - step, _N_CHANGES)[:, None] - 1
        quantiles[:, number, : len(lower)] = _interpolate_sorted(change, lower * last_index, 0)
        quantiles[:, number, len(levels) :] = _interpolate_sorted(change, (lower * last_index)[:, ::-1], last_index)
    return interpolate_knots(quantiles - quantiles[:, :, len(levels), None], knots, h)


def _interpolate_sorted(
    ordered: NDArray[np.float64], place: NDArray[np.float64], top: NDArray[np.int64] | int
) -> NDArray[np.float64]:
    """Interpolate sorted rows at ``place`` [r, q], counted up from the first value or down from ``top`` [r, 1].

    Results are clipped to their two neighbours, so that rounding cannot break the order of the quantiles.
    """
    near, far = np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)
    ends = [np.take_along_axis(ordered, np.abs(top - index), axis=1) for index in (near, far)]
    between = ends[0] + (ends[1] - ends[0]) * (place - near)
    return np.asarray(np.clip(between, np.minimum(*ends), np.maximum(*ends)))


SPEC = ModelSpec(
    name="FastMSTL",
    summary="MSTL's idea on many accounts at once: seasonal means around a moving average",
    kind=ModelKind.BLOCK,
    intervals=IntervalMethod.PATHS,
    cost_ms=0.06,
    build=FastMSTL,
    make_updatable=as_is,
    needs=min_obs,
    seasons=SeasonUse.MANY,
    min_season=2,
    notes="takes several seasons, as in FastMSTL(7,30); 0.1 ms with 7 and 30",
)
