"""RareMoves: an account that seldom moves stands still, but for the chance that it moves, as far as it has before."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import DirectModel, Forecast, quantile_probabilities
from forecast_cli.models.failures import blank_failures, too_short
from forecast_cli.models.naive import MIN_OBS
from forecast_cli.models.rows import row_sums
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec

#: Days whose moves are looked at.
_DAYS: Final = 730


@dataclass(frozen=True)
class RareMoves(DirectModel):
    """Forecast the last balance, and moves as likely, as large and as often upwards as the account's own.

    Over the last 730 days the balance changed on a share r of them, on a share u of those upwards, by a_up and a_down
    in the mean. In s days nothing moves with probability N = (1 - r)^s; otherwise k = r s / (1 - N) moves are expected,
    and the change is exponential: upwards with probability U = u (1 - N) and mean a_up sqrt(k), downwards with
    D = (1 - u)(1 - N) and mean a_down sqrt(k). Hence mean(s) = y[n] + (U a_up - D a_down) sqrt(k), and the quantile p
    is y[n] - a_down sqrt(k) ln(D / p) where p < D, y[n] + a_up sqrt(k) ln(U / (1 - p)) where 1 - p < U, y[n] between.
    Made for rare moves: where there are many, pay and spending cancel each other, and here they do not.
    """

    def forecast(self, panel: Panel, h: int, levels: tuple[float, ...]) -> Forecast:
        """Forecast h days; an account of fewer than 30 is a failure."""
        move = np.diff(panel.y[:, -_DAYS - 1 :], axis=1)
        days = np.maximum(np.minimum(panel.lengths - 1, _DAYS), 1)
        up, down = _side(move, days), _side(-move, days)
        steps, rate = np.arange(1, h + 1), (up.rate + down.rate)[:, None]
        some = 1 - (1 - rate) ** steps
        moves = np.divide(rate * steps, some, out=np.zeros_like(some), where=some > 0)
        tail, last = quantile_probabilities(levels), panel.y[:, -1, None]
        upwards, downwards = (_Tail.of(side, rate, some, moves) for side in (up, down))
        mean = last + (upwards.mean() - downwards.mean())
        quantiles = last[:, :, None] + (upwards.beyond(tail[::-1]) - downwards.beyond(tail))
        return blank_failures(Forecast(mean, quantiles, levels, too_short(panel, MIN_OBS)))


@dataclass(frozen=True)
class _Side:
    """Moves to one side: how many there are in a day, and by how much in the mean, [n] each."""

    rate: NDArray[np.float64]
    size: NDArray[np.float64]


@dataclass(frozen=True)
class _Tail:
    """The chance of a change to one side and the mean of it, [n, h] each."""

    chance: NDArray[np.float64]
    size: NDArray[np.float64]

    @classmethod
    def of(
        cls, side: _Side, rate: NDArray[np.float64], some: NDArray[np.float64], moves: NDArray[np.float64]
    ) -> "_Tail":
        share = np.divide(side.rate[:, None], rate, out=np.zeros_like(rate), where=rate > 0)
        return cls(share * some, side.size[:, None] * np.sqrt(moves))

    def mean(self) -> NDArray[np.float64]:
        return self.chance * self.size

    def beyond(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far out the change lies with each of ``probabilities`` [q], [n, h, q]; 0 where it is likelier."""
        chance = self.chance[:, :, None]
        likelier = np.maximum(chance / probabilities, 1.0)
        return np.asarray(self.size[:, :, None] * np.log(likelier))


def _side(move: NDArray[np.float64], days: NDArray[np.int64]) -> _Side:
    """Return the moves above 0 of ``move`` [n, t] over ``days`` [n]."""
    upwards = move > 0
    count = np.count_nonzero(upwards, axis=1)
    return _Side(count / days, row_sums(np.where(upwards, move, 0.0)) / np.maximum(count, 1))


SPEC = ModelSpec(
    name="RareMoves",
    summary="the last balance, and the account's own rare moves: for dormant and nearly constant accounts",
    kind=ModelKind.BLOCK,
    intervals=IntervalMethod.PATHS,
    cost_ms=0.02,
    build=lambda _seasons: RareMoves(),
    build_updatable=lambda _seasons: RareMoves(),
    needs=lambda _seasons, _h: MIN_OBS,
)
