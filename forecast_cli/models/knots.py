"""Knots: the days ahead at which corrections are learned; between them they are drawn straight."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_KNOTS: Final = (1, 3, 7, 14, 21, 30, 45, 60, 75, 90)
#: Days from one knot to the next beyond the last of them.
_FURTHER: Final = 30


def knots_of(h: int) -> NDArray[np.int64]:
    """Return the knots [k] of a horizon of ``h`` days, ascending, ``h`` the last."""
    further = range(_KNOTS[-1] + _FURTHER, h, _FURTHER)
    return np.array([*(day for day in (*_KNOTS, *further) if day < h), h], dtype=np.int64)


def between_knots(values: NDArray[np.float64], knots: NDArray[np.int64], h: int) -> NDArray[np.float64]:
    """Return ``values`` [n, k, ...] at the ``knots``, 0 at the origin, for 1 to ``h`` days ahead: [n, h, ...]."""
    known = np.concatenate([np.zeros_like(values[:, :1]), values], axis=1)
    at, steps = np.concatenate([[0], knots]), np.arange(1, h + 1)
    left = np.searchsorted(at, steps) - 1
    share = ((steps - at[left]) / (at[left + 1] - at[left])).reshape(-1, *[1] * (values.ndim - 2))
    return np.asarray(known[:, left] * (1.0 - share) + known[:, left + 1] * share)
