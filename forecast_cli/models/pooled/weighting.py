"""Weights of candidates, learned from how much each lowers the loss of auto in past windows of held-out accounts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.core.errors import ConfigError
from forecast_cli.data.panel import Panel
from forecast_cli.models.base import quantile_probabilities
from forecast_cli.models.pooled.allot import allocate_budget
from forecast_cli.models.pooled.candidates import BANDS, Candidate, Weights, band_of
from forecast_cli.models.pooled.learn import choose_per_vintage
from forecast_cli.models.pooled.learned import Learned, Vintage
from forecast_cli.models.pooled.probes import LEVELS, Probes, auto_deciles, build_probes, candidate_deciles
from forecast_cli.models.pooled.segments import RECENT, SEGMENTS, segments_of
from forecast_cli.models.pooled.windows import Windows, list_windows, panel_at

#: Weights of a candidate that are tried.
_SHARES: Final = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
#: Largest number of windows from which a vintage's weights are learned, and the smallest, overall and in a segment.
_MOST: Final = 2_000
_FEWEST: Final = 150
_FEWEST_OF_SEGMENT: Final = 50
#: Share of the time limit that learning the weights may take.
_LEARNING: Final = 0.2


@dataclass(frozen=True)
class Training:
    """The input of learning: ``panel``, ``known`` [n, v] and ``look_back`` as in ``learn.learn``.

    ``accounts`` [v] is the number of accounts that each vintage can be learned from, of which those of the panel are a
    sample. With ``max_stale``, only accounts with a balance within that many days before the vintage are forecast.
    """

    panel: Panel
    known: NDArray[np.int64]
    look_back: int
    accounts: NDArray[np.int64]
    max_stale: int | None


def learn_weights(learned: Learned, training: Training, candidates: Sequence[Candidate], *, limit_ms: float) -> Learned:
    """Return ``learned`` with weights of ``candidates`` in each vintage that has a forest; without one, there are none.

    ``limit_ms`` is the CPU time in milliseconds that candidates may take for all forecasts of one day, including the
    learning of weights, counted by the registry's costs. Raises ConfigError if it does not suffice for the learning.
    """
    windows, known = list_windows(training.panel, learned.h), training.known
    costs, most = [candidate.cost_ms for candidate in candidates], affordable_windows(limit_ms, candidates)
    chosen, union = choose_per_vintage(windows, known, learned.vintages, h=learned.h, most=most)
    if not len(union):
        return learned
    probes, kept = build_probes(learned, training.panel, windows.take(union), training.look_back)
    said = [candidate_deciles(candidate, probes, learned) for candidate in candidates]
    vintages = []
    for v, (vintage, own) in enumerate(zip(learned.vintages, chosen, strict=True)):
        some = np.flatnonzero(np.isin(union[kept], own))
        found = [
            _choose_weights(candidate.name, learned.knots, vintage, probes=probes, said=quantiles, some=some)
            for candidate, quantiles in zip(candidates, said, strict=True)
            if len(some)
        ]
        left, accounts = limit_ms - len(own) * sum(costs), estimate_accounts(training, v, vintage.as_of)
        vintages.append(replace(vintage, weights=_allocate(found, costs, accounts, left)))
    return replace(learned, vintages=tuple(vintages))


def affordable_windows(limit_ms: float, candidates: Sequence[Candidate]) -> int:
    """Return the number of windows to learn weights from; raises ConfigError if ``limit_ms`` is not enough for it."""
    each = sum(candidate.cost_ms for candidate in candidates)
    count = min(_MOST, int(_LEARNING * limit_ms / each))
    if count < _FEWEST:
        raise ConfigError(
            f"time_limit: {limit_ms / 1000:g} s buys {count} past windows to weigh {_join_names(candidates)} by, "
            f"{_FEWEST} are needed",
            f"give {_FEWEST * each / _LEARNING / 1000:.0f} s or more, or fewer candidates",
        )
    return count


def _join_names(candidates: Sequence[Candidate]) -> str:
    return ", ".join(candidate.name for candidate in candidates)


def estimate_accounts(training: Training, v: int, as_of: np.datetime64) -> NDArray[np.float64]:
    """Return the estimated number of accounts that vintage ``v`` of ``as_of`` forecasts in each segment, [segments]."""
    known, day = training.known[:, v], as_of.astype(np.int64)
    read = np.flatnonzero(known >= 0)
    alive = read if training.max_stale is None else read[known[read] >= day - training.max_stale]
    if not len(alive):
        return np.zeros(SEGMENTS)
    windows = Windows(alive, known[alive], np.zeros(len(alive), dtype=np.uint64), np.full(len(alive), RECENT + 1))
    count = np.bincount(segments_of(panel_at(training.panel, windows, RECENT + 1)), minlength=SEGMENTS)
    return np.asarray(count * (int(training.accounts[v]) / len(read)))


def _choose_weights(
    name: str,
    knots: NDArray[np.int64],
    vintage: Vintage,
    *,
    probes: Probes,
    said: NDArray[np.float64],
    some: NDArray[np.int64],
) -> Weights:
    """Return the weights of least loss for each segment and band, 0 without a gain; ``reach`` is still 0."""
    some = some[~np.isnan(said[some]).any(axis=(1, 2))]
    segments, band = probes.segment[some], band_of(knots)
    windows = np.bincount(segments, minlength=SEGMENTS)
    weight, gain = np.zeros((SEGMENTS, len(BANDS))), np.zeros(SEGMENTS)
    if windows.max() < _FEWEST_OF_SEGMENT:
        return Weights(name, windows, weight, gain, np.zeros(SEGMENTS))
    auto, came = auto_deciles(vintage, knots, probes, some), probes.came[some]
    loss = np.stack([_loss((1 - share) * auto + share * said[some], came) for share in _SHARES], axis=2)
    for segment in np.flatnonzero(windows >= _FEWEST_OF_SEGMENT).tolist():
        own = segments == segment
        own_gain = _estimate_gain(loss[own], probes.group[some[own]], band)
        best = _SHARES[_best_shares(loss[own], band)]
        if own_gain > 0.0 and best.any():
            gain[segment], weight[segment] = own_gain, best
    return Weights(name, windows, weight, gain, np.zeros(SEGMENTS))


def _loss(quantiles: NDArray[np.float64], outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return twice the mean pinball loss of ``quantiles`` [m, k, q], [m, k]."""
    p, over = quantile_probabilities(LEVELS), outcomes[:, :, None] - quantiles
    return np.asarray(2 * np.maximum(p * over, (p - 1) * over).mean(axis=2))


def _best_shares(loss: NDArray[np.float64], band: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index of the weight of least mean loss [m, k, shares] in each band, [bands]; 0 if it has no knot."""
    found = np.zeros(len(BANDS), dtype=np.int64)
    for number in np.unique(band).tolist():
        found[number] = int(np.argmin(loss[:, band == number].mean(axis=(0, 1))))
    return found


def _estimate_gain(loss: NDArray[np.float64], group: NDArray[np.int64], band: NDArray[np.int64]) -> float:
    """Return the mean decrease of the loss with weights chosen on other groups; 0 unless above its standard error."""
    lower = np.zeros(len(loss))
    for number in np.unique(group).tolist():
        own = group == number
        if own.all():
            return 0.0
        best = _best_shares(loss[~own], band)[band]
        lower[own] = (loss[own, :, 0] - loss[own][:, np.arange(len(band)), best]).mean(axis=1)
    mean, error = float(lower.mean()), float(lower.std(ddof=1)) / len(lower) ** 0.5
    return mean if mean > error else 0.0


def _allocate(
    found: Sequence[Weights], costs: Sequence[float], accounts: NDArray[np.float64], budget_ms: float
) -> tuple[Weights, ...]:
    if not found:
        return ()
    reach = allocate_budget(np.stack([one.gain for one in found]), costs, accounts, budget_ms)
    return tuple(replace(one, reach=own) for one, own in zip(found, reach, strict=True))
