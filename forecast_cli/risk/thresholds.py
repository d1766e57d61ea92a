"""Amounts of the low-balance thresholds of each account at its origin."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.config.thresholds import is_amount, is_percentile
from forecast_cli.data.panel import Panel

#: Days of history used for percentiles and base rates: what is low for an account changes over the years.
TRAILING_DAYS: Final = 365

#: Amounts of thresholds that are columns of the input: column name -> amount of each account, [n], NaN if none.
ColumnAmounts = Mapping[str, NDArray[np.float64]]


def threshold_amounts(panel: Panel, thresholds: Sequence[str], column_amounts: ColumnAmounts) -> NDArray[np.float64]:
    """Return the amounts of ``thresholds`` for each account, [n, k], in units of the balance; NaN if there is none.

    A number is used as it is. ``p10`` is the 10th percentile of the account's balances over its last 365 days,
    interpolated linearly. Any other threshold is a column name and is looked up in ``column_amounts``.
    """
    amounts = np.empty((len(panel), len(thresholds)))
    recent = np.sort(panel.y[:, -TRAILING_DAYS:], axis=1) if any(map(is_percentile, thresholds)) else None
    for place, text in enumerate(thresholds):
        if is_amount(text):
            amounts[:, place] = float(text)
        elif recent is not None and is_percentile(text):
            amounts[:, place] = _interpolate_percentile(recent, panel.lengths, float(text[1:]))
        else:
            amounts[:, place] = column_amounts[text]
    return amounts


def _interpolate_percentile(
    ordered: NDArray[np.float64], lengths: NDArray[np.int64], percent: float
) -> NDArray[np.float64]:
    """Return the percentile of each row of ``ordered``, [n]; rows are ascending with NaN at the end."""
    place = percent / 100 * (np.minimum(lengths, TRAILING_DAYS) - 1)
    below = place.astype(np.int64)
    rows = np.arange(len(lengths))
    low, high = ordered[rows, below], ordered[rows, np.minimum(below + 1, ordered.shape[1] - 1)]
    share = place - below
    return np.where(high > low, low * (1 - share) + high * share, low)  # equal ones would be rounded
