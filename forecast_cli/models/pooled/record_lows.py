"""Record lows: quantiles below an account's lowest balance are drawn towards it, as far as past windows show.

A balance falls below the lowest it has had less often than the errors of all accounts suggest: people spend less when
little is left, and banks refuse payments.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel

#: An account whose lowest balance is from this many last days alone is falling.
_RECENT: Final = 180
#: Kinds of accounts, each with a rule of its own: 1 for falling accounts, 0 for all others.
KINDS: Final = 2
#: Margins and depths that are tried. No depth is 0, because no balance is impossible.
_MARGINS: Final = tuple(twentieths / 20 for twentieths in range(9))
_DEPTHS: Final = tuple(tenths / 10 for tenths in range(10, 1, -1))


@dataclass(frozen=True)
class RecordLows:
    """The rule of one kind of accounts: a quantile at a distance x below the lowest balance is put at x'.

    x' = ``depth`` max(x - ``margin`` w, 0), where w is the width of the 80 % interval.
    """

    margin: float
    depth: float


#: The rule as long as nothing is learned. On real accounts and on the sample, margins of 0.15 to 0.4 are learned, and
#: depths of 0.2 to 1.
UNLEARNED: Final = RecordLows(margin=0.15, depth=1.0)


def lowest_of(panel: Panel) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return each account's lowest balance [n], and 1 if it is falling, else 0, [n].

    It is falling if all balances before its last 180 days are above its lowest one, or if there are none.
    """
    before, recent = panel.y[:, :-_RECENT], panel.y[:, -_RECENT:]
    lowest_before = np.fmin.reduce(before, axis=1, initial=np.inf)
    lowest_recent = np.fmin.reduce(recent, axis=1, initial=np.inf)
    return np.minimum(lowest_before, lowest_recent), (lowest_recent < lowest_before).astype(np.int64)


def draw_to_lowest(
    quantiles: NDArray[np.float64],
    lowest: NDArray[np.float64],
    width: NDArray[np.float64],
    margin: NDArray[np.float64] | float,
    depth: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """Return ``quantiles`` by the rule of ``RecordLows``; they stay in their order. Shapes are broadcast."""
    below = np.minimum(quantiles - (lowest - margin * width), 0.0)
    return np.asarray(np.where(quantiles < lowest, lowest + depth * below, quantiles))


def learn_record_lows(
    quantiles: NDArray[np.float64],
    probabilities: NDArray[np.float64],
    lowest: NDArray[np.float64],
    came: NDArray[np.float64],
) -> RecordLows:
    """Return the rule that describes past windows best.

    The margin has the lowest Brier score of a balance below the lowest one, the depth then the lowest pinball loss.
    Without a quantile below a lowest balance, it is ``UNLEARNED``.
    ``quantiles`` [m, q] of ascending ``probabilities`` [q], with the 10th and the 90th percentile among them, the
    ``lowest`` balance and the one that ``came`` [m] have one unit and origin.
    """
    some = quantiles[:, 0] < lowest
    if not some.any():
        return UNLEARNED
    quantiles, lowest, came = quantiles[some], lowest[some], came[some]
    width = quantiles[:, np.searchsorted(probabilities, 0.9)] - quantiles[:, np.searchsorted(probabilities, 0.1)]
    event = came < lowest

    def brier(margin: float) -> float:
        said = _probability_below(quantiles, probabilities, lowest - margin * width)
        return float(((said - event) ** 2).sum())

    margin = min(_MARGINS, key=brier)

    def loss(depth: float) -> float:
        drawn = draw_to_lowest(quantiles, lowest[:, None], width[:, None], margin, depth)
        error = came[:, None] - drawn
        return float(np.maximum(probabilities * error, (probabilities - 1.0) * error).sum())

    return RecordLows(margin, min(_DEPTHS, key=loss))


def _probability_below(
    quantiles: NDArray[np.float64],
    probabilities: NDArray[np.float64],
    amounts: NDArray[np.float64],
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
