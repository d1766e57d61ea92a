"""Knots: the days ahead at which values are estimated; between knots they are interpolated linearly."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.rows import in_c_order

_KNOTS: Final = (1, 3, 7, 14, 21, 30, 45, 60, 75, 90)
#: Days between knots beyond the last of them.
_KNOT_SPACING: Final = 30


def knots_of(h: int) -> NDArray[np.int64]:
    """Return the ascending knots [k] of a horizon of ``h`` days; the last is ``h``."""
    later = range(_KNOTS[-1] + _KNOT_SPACING, h, _KNOT_SPACING)
    return np.array([*(day for day in (*_KNOTS, *later) if day < h), h], dtype=np.int64)


def interpolate_knots(values: NDArray[np.float64], knots: NDArray[np.int64], h: int) -> NDArray[np.float64]:
    """Interpolate ``values`` [n, k, ...] at the ``knots``, and 0 at the origin, for 1 to ``h`` days ahead: [n, h, ...].

    Raises ValueError if the last knot lies before day ``h``.
    """
    from forecast_cli.models.row_loops import interpolate_days

    if h > knots[-1]:
        raise ValueError(f"knots end on day {knots[-1]}, before day {h}")
    n, k, *trailing = values.shape
    interpolated = np.empty((n, h, *trailing))
    interpolate_days(in_c_order(values).reshape(n, k, -1), knots, interpolated.reshape(n, h, -1))
    return interpolated
