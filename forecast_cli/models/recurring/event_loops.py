"""Compiled loops over future payments. Importing this module loads the compiler (half a second)."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel

#: Share of the balance below which nothing is left to take.
_NOTHING: Final = 1e-9


@kernel((np.int64, 1), (np.int64, 1), (np.int64, 1), (np.float64, 2), (np.float64, 1), (np.float64, 2))
def spread_chances(
    stream: NDArray[np.int64],
    days_since_due: NDArray[np.int64],
    offsets: NDArray[np.int64],
    punctuality: NDArray[np.float64],
    probability: NDArray[np.float64],
    chance: NDArray[np.float64],
) -> None:
    """Fill ``chance`` [e, o]: the probability that a payment comes with each of ``offsets`` [o] from its due day.

    It is 0 for days up to the origin. ``days_since_due`` [e] is the origin minus the due day, in days. ``punctuality``
    [m, o] are the probabilities of the offsets of payments of each ``stream`` [e], and ``probability`` [e] is the
    probability that a payment comes, before any of its days has passed.
    """
    for event in range(len(stream)):
        shares, passed = punctuality[stream[event]], 0.0
        for place in range(len(offsets)):
            passed += shares[place] if offsets[place] <= days_since_due[event] else 0.0
        scale = probability[event] / (1.0 - probability[event] * passed)
        for place in range(len(offsets)):
            chance[event, place] = scale * shares[place] if offsets[place] > days_since_due[event] else 0.0


@kernel((np.int64, 1), (np.int64, 1), (np.int64, 1), (np.float64, 2), (np.float64, 2))
def multiply_absence(
    row: NDArray[np.int64],
    step: NDArray[np.int64],
    offsets: NDArray[np.int64],
    chance: NDArray[np.float64],
    absence: NDArray[np.float64],
) -> None:
    """Multiply ``absence`` [n, h] by the probability that each payment has not come by a day.

    Payment e of account ``row`` [e] is due ``step`` [e] days after the first day of the horizon, and comes with
    probability ``chance`` [e, o] at each of ``offsets`` [o], which ascend by 1.
    """
    h = absence.shape[1]
    for event in range(len(row)):
        first, arrived = step[event] + offsets[0], 0.0
        for day in range(max(first, 0), h):
            arrived += chance[event, day - first] if day - first < len(offsets) else 0.0
            absence[row[event], day] *= 1.0 - min(arrived, 1.0)


@kernel(
    (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.float64, 2), (np.int64, 1), (np.int64, 1), (np.float64, 1),
    (np.float64, 1), (np.float64, 1), (np.float64, 1), (np.float64, 3), (np.float64, 3), (np.float64, 2),
)  # fmt: skip
def add_payments(
    stream: NDArray[np.int64],
    step: NDArray[np.int64],
    offsets: NDArray[np.int64],
    chance: NDArray[np.float64],
    row: NDArray[np.int64],
    kind: NDArray[np.int64],
    amount: NDArray[np.float64],
    square: NDArray[np.float64],
    at_zero: NDArray[np.float64],
    slope: NDArray[np.float64],
    base: NDArray[np.float64],
    gain: NDArray[np.float64],
    variance: NDArray[np.float64],
) -> None:
    """Add expected payments to ``base`` and ``gain``, and to ``variance`` how much each day adds to the path variance.

    Payment e of ``stream`` [e] is due ``step`` [e] days after the first day of the horizon, and comes with probability
    ``chance`` [e, o] at each of ``offsets`` [o]. Of each stream, ``row`` [m] is its account, ``kind`` [m] the part
    of ``base`` and ``gain`` [2, n, h] it is added to, ``amount`` [m] its mean amount, ``square`` [m] the mean of its
    square, ``at_zero`` [m] its mean amount after a balance of 0, and ``slope`` [m] by how much it grows with the
    balance. ``variance`` is [n, h]. Sums are taken offset by offset, in that order.

    A payment that follows the balance takes its share of what is there if it has not come yet. With slope b, and the
    probability p that it has come, the mean balance is 1 + b p times that, so that shares of it are divided by 1 + b p.
    """
    arrived, previous = np.zeros(len(stream)), np.zeros(len(stream))
    for place in range(len(offsets)):
        for event in range(len(stream)):
            one = stream[event]
            left = 1.0 + slope[one] * arrived[event]
            share = chance[event, place] / left if left > _NOTHING else 0.0
            arrived[event] += chance[event, place]
            expected = arrived[event] * amount[one]
            current = arrived[event] * square[one] - expected * expected
            day = step[event] + offsets[place]
            if 0 <= day < variance.shape[1]:
                base[kind[one], row[one], day] += share * at_zero[one]
                gain[kind[one], row[one], day] += share * slope[one]
                variance[row[one], day] += current - previous[event]
            previous[event] = current
