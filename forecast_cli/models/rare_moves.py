"""RareMoves: the last balance and, with the account's own frequency and size of moves, the chance of a move."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import DirectModel, Forecast, quantile_probabilities
from forecast_cli.models.failures import blank_failures, too_short
from forecast_cli.models.naive import MIN_OBS
from forecast_cli.models.rows import row_sums
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec, as_is

#: Days of history from which moves are counted.
_DAYS: Final = 730


@dataclass(frozen=True)
class RareMoves(DirectModel):
    """A model that forecasts the last balance and rare moves, with probability, size and direction from the history.

    Over the last 730 days, the balance changed on a share r of the days; a share u of these changes was upwards; a_up
    and a_down are the mean sizes. In s days nothing moves with probability N = (1 - r)^s. Otherwise k = r s / (1 - N)
    moves are expected, and the change is exponential: upwards with probability U = u (1 - N) and mean a_up sqrt(k),
    downwards with D = (1 - u)(1 - N) and mean a_down sqrt(k). Hence mean(s) = y[n] + (U a_up - D a_down) sqrt(k), and
    the quantile p is y[n] - a_down sqrt(k) ln(D / p) if p < D, y[n] + a_up sqrt(k) ln(U / (1 - p)) if 1 - p < U, and
    y[n] between. The model is meant for rare moves: with many, pay and spending cancel each other, but not here.
    """

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days; an account with fewer than 30 days of history is a failure."""
        move = np.diff(panel.y[:, -_DAYS - 1 :], axis=1)
        days = np.maximum(np.minimum(panel.lengths - 1, _DAYS), 1)
        up, down = _measure_side(move, days), _measure_side(-move, days)
        steps, rate = np.arange(1, h + 1), (up.rate + down.rate)[:, None]
        chance = 1 - (1 - rate) ** steps
        moves = np.divide(rate * steps, chance, out=np.zeros_like(chance), where=chance > 0)
        tail, last = quantile_probabilities(levels), panel.y[:, -1, None]
        upwards, downwards = (_Tail.of(side, rate, chance, moves) for side in (up, down))
        mean = last + (upwards.mean() - downwards.mean())
        quantiles = last[:, :, None] + (upwards.beyond(tail[::-1]) - downwards.beyond(tail))
        return blank_failures(Forecast(mean, quantiles, levels, too_short(panel, MIN_OBS)))


@dataclass(frozen=True)
class _Side:
    """Moves in one direction: the mean number in a day and the mean size, [n] each."""

    rate: NDArray[np.float64]
    size: NDArray[np.float64]


@dataclass(frozen=True)
class _Tail:
    """The probability of a change in one direction and its mean size, [n, h] each."""

    chance: NDArray[np.float64]
    size: NDArray[np.float64]

    @classmethod
    def of(
        cls, side: _Side, rate: NDArray[np.float64], chance: NDArray[np.float64], moves: NDArray[np.float64]
    ) -> "_Tail":
        share = np.divide(side.rate[:, None], rate, out=np.zeros_like(rate), where=rate > 0)
        return cls(share * chance, side.size[:, None] * np.sqrt(moves))

    def mean(self) -> NDArray[np.float64]:
        return self.chance * self.size

    def beyond(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the size that a change exceeds with each of ``probabilities`` [q], [n, h, q].

        It is 0 if a change in this direction is less likely than that.
        """
        chance = self.chance[:, :, None]
        ratio = np.maximum(chance / probabilities, 1.0)
        return np.asarray(self.size[:, :, None] * np.log(ratio))


def _measure_side(move: NDArray[np.float64], days: NDArray[np.int64]) -> _Side:
    """Return rate and size of the upward moves among ``move`` [n, t] over ``days`` [n]."""
    upwards = move > 0
    count = np.count_nonzero(upwards, axis=1)
    return _Side(count / days, row_sums(np.where(upwards, move, 0.0)) / np.maximum(count, 1))


SPEC = ModelSpec(
    name="RareMoves",
    summary="the last balance and occasional moves, for dormant and nearly constant accounts",
    kind=ModelKind.BLOCK,
    intervals=IntervalMethod.PATHS,
    cost_ms=0.02,
    build=lambda _seasons: RareMoves(),
    make_updatable=as_is,
    needs=lambda _seasons, _h: MIN_OBS,
)
