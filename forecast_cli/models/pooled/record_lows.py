"""Record lows: quantiles below an account's lowest balance are drawn towards it, as far as past windows show.

A balance falls below the lowest it has had less often than the errors of all accounts suggest: people spend less when
little is left, and banks refuse payments.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.pooled.windows import NEW_DAYS

#: Margins and depths that are tried. No depth is 0, because no balance is impossible.
_MARGINS: Final = tuple(twentieths / 20 for twentieths in range(9))
_DEPTHS: Final = tuple(tenths / 10 for tenths in range(10, 1, -1))
#: The rule ends where the median lies this share of the width of the 80 % interval below the lowest balance.
_END: Final = 0.25
#: The rule counts half with so many expected balances below the lowest one, at a knot on average.
_HALF: Final = 3.0


@dataclass(frozen=True)
class RecordLows:
    """The rule: a quantile at a distance x below the lowest balance is put at x' = ``depth`` max(x - ``margin`` w, 0).

    w is the width of the 80 % interval. The rule fades out where the median lies below the lowest balance: an account
    that is expected to fall, because pay has ended or nothing comes in, is left alone.
    """

    margin: float
    depth: float


#: The rule that changes nothing.
NO_RULE: Final = RecordLows(margin=0.0, depth=1.0)


def lowest_balances(panel: Panel) -> NDArray[np.float64]:
    """Return each account's lowest balance, [n]."""
    return np.asarray(np.fmin.reduce(panel.y, axis=1))


def lowest_records(panel: Panel) -> NDArray[np.float64]:
    """Return the same, minus infinity for new accounts: the lowest balance of up to 90 days is soon passed."""
    return np.where(panel.lengths > NEW_DAYS, lowest_balances(panel), -np.inf)


def draw_to_lowest(
    quantiles: NDArray[np.float64], outer: NDArray[np.float64], lowest: NDArray[np.float64], rule: RecordLows
) -> NDArray[np.float64]:
    """Return ``quantiles`` [..., q] by the ``rule``; they stay in their order.

    ``outer`` [..., 3] are the 10th, 50th and 90th percentile, ``lowest`` [...] the lowest balance.
    """
    counts, margin = _fade(outer, lowest, rule)
    below = np.minimum(quantiles - (lowest - margin)[..., None], 0.0)
    depth = 1.0 - counts * (1.0 - rule.depth)
    return np.asarray(np.where(quantiles < lowest[..., None], lowest[..., None] + depth[..., None] * below, quantiles))


def learn_record_lows(
    quantiles: NDArray[np.float64],
    probabilities: NDArray[np.float64],
    lowest: NDArray[np.float64],
    came: NDArray[np.float64],
) -> RecordLows:
    """Return the rule that describes past windows best.

    The margin has the lowest Brier score of a balance below the lowest one, the depth then the lowest pinball loss. The
    fewer balances were expected below the lowest one, the less both count. ``quantiles`` [m, k, q] of ascending
    ``probabilities`` [q], with the 10th, 50th and 90th percentile among them, the ``lowest`` balances and those that
    ``came`` [m, k] have one unit and origin.
    """
    some = quantiles[..., 0] < lowest
    own, low, outcome = quantiles[some], lowest[some], came[some]
    outer = own[:, np.searchsorted(probabilities, (0.1, 0.5, 0.9))]
    event = outcome < low

    def below(margin: float) -> NDArray[np.float64]:
        return _probability_below(own, probabilities, low - _fade(outer, low, RecordLows(margin, 1.0))[1])

    margin = min(_MARGINS, key=lambda margin: float(((below(margin) - event) ** 2).sum()))

    def loss(depth: float) -> float:
        error = outcome[:, None] - draw_to_lowest(own, outer, low, RecordLows(margin, depth))
        return float(np.maximum(probabilities * error, (probabilities - 1.0) * error).sum())

    expected = float(below(0.0).sum()) / quantiles.shape[1]
    counts = expected / (expected + _HALF)
    return RecordLows(counts * margin, 1.0 - counts * (1.0 - min(_DEPTHS, key=loss)))


def _fade(
    outer: NDArray[np.float64], lowest: NDArray[np.float64], rule: RecordLows
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far the rule counts, from 0 to 1, and its margin in units of the balance, both [...]."""
    median, width = outer[..., 1], outer[..., 2] - outer[..., 0]
    under, end = np.maximum(lowest - median, 0.0), _END * width
    without_width = np.array(under == 0.0, dtype=np.float64)
    counts = np.divide(np.maximum(end - under, 0.0), end, out=without_width, where=end > 0.0)
    return counts, rule.margin * counts * width


def _probability_below(
    quantiles: NDArray[np.float64], probabilities: NDArray[np.float64], amounts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probability [m] of a balance below ``amounts`` [m], on straight lines between ``quantiles`` [m, q].

    It is 0 below the first quantile, and the last of ``probabilities`` [q] above the last one.
    """
    last = len(probabilities) - 1
    left = np.clip(np.count_nonzero(quantiles < amounts[:, None], axis=1) - 1, 0, last - 1)
    row = np.arange(len(quantiles))
    from_left, step = amounts - quantiles[row, left], quantiles[row, left + 1] - quantiles[row, left]
    share = np.clip(np.divide(from_left, step, out=np.zeros_like(step), where=step > 0.0), 0.0, 1.0)
    said = probabilities[left] + share * np.diff(probabilities)[left]
    return np.asarray(np.where(amounts > quantiles[:, 0], said, 0.0))
