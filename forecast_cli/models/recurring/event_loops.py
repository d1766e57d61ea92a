"""Loops over payments to come, compiled: whoever imports this loads the compiler, half a second."""

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel


@kernel(
    (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.float64, 2), (np.float64, 1), (np.float64, 1), (np.float64, 2)
)  # fmt: skip
def spread_chances(
    stream: NDArray[np.int64],
    gone: NDArray[np.int64],
    offsets: NDArray[np.int64],
    punctuality: NDArray[np.float64],
    rate: NDArray[np.float64],
    likely: NDArray[np.float64],
    chance: NDArray[np.float64],
) -> None:
    """Fill ``chance`` [e, o] that payments come so many of the ``offsets`` [o] from their due days, 0 if that is over.

    A due day lies ``gone`` [e] days before the origin; its payment comes at the ``rate`` [e] while its ``stream`` [e]
    runs, by the ``punctuality`` [m, o] of that, and was ``likely`` [e] before any of its days was over.
    """
    for event in range(len(stream)):
        own, over = punctuality[stream[event]], 0.0
        for place in range(len(offsets)):
            over += own[place] if offsets[place] <= gone[event] else 0.0
        whole = likely[event] / (1.0 - rate[event] * over) if likely[event] > 0.0 else 0.0
        for place in range(len(offsets)):
            chance[event, place] = whole * own[place] if offsets[place] > gone[event] else 0.0


@kernel(
    (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.float64, 2), (np.float64, 1), (np.float64, 1), (np.float64, 2),
    (np.float64, 2),
)  # fmt: skip
def add_payments(
    row: NDArray[np.int64],
    step: NDArray[np.int64],
    offsets: NDArray[np.int64],
    chance: NDArray[np.float64],
    amount: NDArray[np.float64],
    square: NDArray[np.float64],
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
) -> None:
    """Add to ``mean`` [n, h] what comes on each day, and to ``variance`` [n, h] what that adds to the variance by then.

    Payments to the account ``row`` [e], due ``step`` [e] days after the first, come with a ``chance`` [e, o] so many of
    the ``offsets`` [o] later; of ``amount`` and, in the mean, its ``square`` [e]. Offset by offset, in that order.
    """
    come, before = np.zeros(len(row)), np.zeros(len(row))
    for place in range(len(offsets)):
        for event in range(len(row)):
            come[event] += chance[event, place]
            expected = come[event] * amount[event]
            now = come[event] * square[event] - expected * expected
            day = step[event] + offsets[place]
            if 0 <= day < mean.shape[1]:
                mean[row[event], day] += chance[event, place] * amount[event]
                variance[row[event], day] += now - before[event]
            before[event] = now
