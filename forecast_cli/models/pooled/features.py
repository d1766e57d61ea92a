"""Features of an account on a day, independent of its size, so that accounts can be compared."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.pooled.outlook import Outlook
from forecast_cli.models.rows import in_c_order

#: Value of a feature that a short history does not give. It lies among known values: thresholds are drawn at random
#: between the lowest and the highest value, and from far outside, most would only tell short histories from long ones.
_UNKNOWN: Final = 0.0
#: Bound of every feature but the length.
_MAX_FEATURE: Final = 98.0
_MEANS: Final = (30, 90, 180, 365)
_RANGES: Final = (30, 90)
_CHANGES: Final = (7, 14, 30, 60)
_YEAR: Final = 365.25

#: Names of the features; those of the knots follow them.
NAMES: Final = (
    "length",
    *(f"mean_{days}" for days in _MEANS),
    *(f"{end}_{days}" for days in _RANGES for end in ("lowest", "highest")),
    *(f"change_{days}" for days in _CHANGES),
    *("volatility", "activity", "inflow", "outflow", "days_still", "day_of_month", "day_of_week"),
    *("cosine_of_year", "sine_of_year"),
)
#: Columns of the day of the year, as a point on a circle.
_OF_YEAR: Final = [NAMES.index("cosine_of_year"), NAMES.index("sine_of_year")]


def feature_names(knots: NDArray[np.int64]) -> tuple[str, ...]:
    """Return the name of each feature, in the order of the columns [f] of ``compute_features``."""
    return (*NAMES, *(f"path_{day}" for day in knots), *(f"sd_{day}" for day in knots))


def compute_features(panel: Panel, outlook: Outlook, knots: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the features [n, f] of accounts with a scale above 0, as ``feature_names`` lists them.

    Balances are measured from the last balance, in units of the scale. Flows are those of the last 90 days;
    ``days_still`` is the number of days since the last move, up to 90. A row's features depend on that row alone, to
    the last bit.
    """
    last, scale = panel.y[:, -1:], outlook.scale[:, None]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        path = (outlook.path[:, knots - 1] - last) / scale
        sd = outlook.sd[:, knots - 1] / scale
    account = _account_features(panel, outlook.scale)
    features = np.column_stack([panel.lengths, account, _calendar_features(panel.origins), path, sd])
    features = np.where(np.isnan(features), _UNKNOWN, features)
    np.clip(features[:, 1:], -_MAX_FEATURE, _MAX_FEATURE, out=features[:, 1:])
    return features.astype(np.float32)


def _account_features(panel: Panel, scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the features from ``mean_30`` to ``days_still`` in the order of ``NAMES``, in units of ``scale`` [n]."""
    from forecast_cli.models.pooled.loops import fill_features

    features = np.empty((len(panel), NAMES.index("days_still")))
    means, ranges, changes = (np.array(each) for each in (_MEANS, _RANGES, _CHANGES))
    fill_features(in_c_order(panel.y), panel.lengths, scale, means, ranges, changes, features)
    return features


def _calendar_features(origins: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Return the day of the month (1 to 31), of the week (0 for Monday) and of the year of each origin, [n, 4]."""
    of_month = (origins - origins.astype("datetime64[M]")).astype(np.int64) + 1
    angle = 2 * np.pi * (origins - origins.astype("datetime64[Y]")).astype(np.float64) / _YEAR
    return np.column_stack([of_month, (origins.astype(np.int64) + 3) % 7, np.cos(angle), np.sin(angle)])


def hide_season(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``features`` [n, f] without the day of the year, so that trees grown on them do not use it."""
    hidden = features.copy()
    hidden[:, _OF_YEAR] = 0.0
    return hidden
