"""Failures of single accounts, as values."""

import numpy as np

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import RowFailure

TOO_SHORT = "TooShort"


def too_short(panel: Panel, needed: int) -> tuple[RowFailure, ...]:
    """Return a failure for each account of fewer than ``needed`` days of history."""
    rows = np.flatnonzero(panel.lengths < needed)
    return tuple(RowFailure(int(row), TOO_SHORT, too_short_message(int(panel.lengths[row]), needed)) for row in rows)


def too_short_message(found: int, needed: int) -> str:
    """Return the message of an account with ``found`` days of history."""
    return f"{found} day{'' if found == 1 else 's'} of history, at least {needed} needed"
