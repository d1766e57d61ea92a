"""Known days: until when an account's balance is known where its rows end before the input does."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel

#: Days up to an account's last row in which its longest rest is looked for.
_LOOK_BACK: Final = 365


def unknown_days(panel: Panel, silent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many of the last days of each account have no known balance, [n].

    ``silent`` [n] is the number of days from an account's own last row to its origin. They are known, and the balance
    is that of the last row, if the account has rested as long in the year before: many inputs have rows only on days
    on which a balance moves. Otherwise its rows have stopped, and none of these days is known.
    """
    rested = [
        days == 0 or days <= _longest_rest(panel.series(row)[: -int(days)][-_LOOK_BACK:])
        for row, days in enumerate(silent.tolist())
    ]
    return np.where(rested, 0, silent)


def _longest_rest(balances: NDArray[np.float64]) -> int:
    """Return the most days for which the balance stood still, after the first of them."""
    moves = np.flatnonzero(np.diff(balances)) + 1
    return int(np.diff([0, *moves, len(balances)]).max(initial=1)) - 1
