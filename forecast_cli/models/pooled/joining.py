"""Joining: forecasts of candidates, combined with those of auto on the accounts that they join."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, Joined, blank_numbers
from forecast_cli.models.checks import account_facts, check_forecast
from forecast_cli.models.one_by_one import fit_and_forecast
from forecast_cli.models.pooled.candidates import Candidate, Candidates, Weights, band_of, joined_by
from forecast_cli.models.pooled.segments import segments_of


def join_candidates(
    panel: Panel,
    mean: NDArray[np.float64],
    quantiles: NDArray[np.float64],
    weights: Sequence[Weights],
    candidates: Candidates,
    *,
    levels: tuple[float, ...],
) -> Forecast:
    """Return the forecast of ``mean`` [n, h] and ``quantiles`` [n, h, q] combined with candidates by their weights.

    Quantiles are averaged level by level (Lichtendahl, Grushka-Cockayne and Winkler, Management Science 59, 2013). An
    account that is too short for its candidate, or on which the candidate fails, keeps the forecast of auto.
    """
    if not weights:
        return Forecast(mean, quantiles, levels)
    segments, h = segments_of(panel), mean.shape[1]
    mean, quantiles = mean.copy(), quantiles.copy()
    joined: dict[int, Joined] = {}
    taken_apart: list[str] = []
    place = joined_by(panel, segments, weights)
    for number in np.unique(place[place >= 0]).tolist():
        one = weights[number]
        rows = np.flatnonzero((place == number) & (panel.lengths >= candidates[one.candidate].min_obs(h)))
        forecast = forecast_candidate(candidates[one.candidate], panel.take(rows), h, levels)
        taken_apart += forecast.taken_apart
        share = one.weight[:, band_of(np.arange(1, h + 1))][segments[rows]]
        for at in np.flatnonzero(forecast.done).tolist():
            row, own = int(rows[at]), share[at]
            mean[row] = (1 - own) * mean[row] + own * forecast.mean[at]
            quantiles[row] = (1 - own[:, None]) * quantiles[row] + own[:, None] * forecast.quantiles[at]
            joined[row] = Joined(one.candidate, own)
    return Forecast(mean, quantiles, levels, joined=joined, taken_apart=tuple(taken_apart))


def forecast_candidate(candidate: Candidate, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
    """Return the candidate's forecast of a panel, checked by ``check_forecast``."""
    if not len(panel):
        return Forecast(*blank_numbers(0, h, levels), levels)
    model = candidate.build()
    _, forecast = fit_and_forecast(candidate.name, model, panel, h, levels, fit=model.fit)
    return check_forecast(forecast, account_facts(panel))
