"""Features: what an account is like on a day, free of its size, so that accounts can be likened to each other."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.pooled.outlook import Outlook
from forecast_cli.models.rows import chunks, row_sums

#: Stands for what a short history does not tell: below all that one does.
_UNKNOWN: Final = -99.0
_FURTHEST: Final = 98.0
_MEANS: Final = (30, 90, 180, 365)
_RANGES: Final = (30, 90)
_CHANGES: Final = (7, 14, 30, 60)
#: Days whose flows tell how lively an account is.
_RECENT: Final = 90

#: Names of the features before those of the knots.
NAMES: Final = (
    "length",
    *(f"mean_{days}" for days in _MEANS),
    *(f"{end}_{days}" for days in _RANGES for end in ("lowest", "highest")),
    *(f"change_{days}" for days in _CHANGES),
    *("volatility", "activity", "inflow", "outflow", "days_still", "day_of_month", "day_of_week"),
)


def feature_names(knots: NDArray[np.int64]) -> tuple[str, ...]:
    """Return the name of each feature."""
    return (*NAMES, *(f"path_{day}" for day in knots), *(f"sd_{day}" for day in knots))


def describe(panel: Panel, outlook: Outlook, knots: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the features [n, f] of accounts whose scale is above 0: balances over the last one, in units of the scale.

    Flows are those of the last 90 days; ``days_still`` counts those since the balance moved last. What a row gets
    depends on that row alone, to the last bit.
    """
    told = np.empty((len(panel), len(NAMES) + 2 * len(knots)))
    for rows in chunks(len(panel)):
        last, scale = panel.y[rows, -1, None], outlook.scale[rows, None]
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            own = _account_features((panel.y[rows] - last) / scale, panel.lengths[rows])
            path = (outlook.path[rows][:, knots - 1] - last) / scale
            sd = outlook.sd[rows][:, knots - 1] / scale
        told[rows] = np.column_stack([own, _calendar(panel.origins[rows]), path, sd])
    told = np.where(np.isnan(told), _UNKNOWN, told)
    np.clip(told[:, 1:], _UNKNOWN, _FURTHEST, out=told[:, 1:])
    return told.astype(np.float32)


def _account_features(above: NDArray[np.float64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the features of balances ``above`` [n, t] the last one, in units of the scale."""
    columns = [lengths.astype(np.float64)]
    columns += [row_sums(above[:, -days:]) / np.minimum(lengths, days) for days in _MEANS]
    for days in _RANGES:
        columns += [np.fmin.reduce(above[:, -days:], axis=1), np.fmax.reduce(above[:, -days:], axis=1)]
    columns += [_change(above, days) for days in _CHANGES]
    flow = np.diff(above[:, -_RECENT - 1 :], axis=1)
    flow = np.where(np.isnan(flow), 0.0, flow)
    recent = np.maximum(np.minimum(lengths - 1, _RECENT), 1)
    moved = flow != 0.0
    columns += [
        np.sqrt(row_sums(flow * flow) / recent),
        np.count_nonzero(moved, axis=1) / recent,
        row_sums(np.maximum(flow, 0.0)) / recent,
        row_sums(np.minimum(flow, 0.0)) / recent,
        np.where(moved.any(axis=1), np.argmax(moved[:, ::-1], axis=1), _RECENT).astype(np.float64),
    ]
    return np.column_stack(columns)


def _change(above: NDArray[np.float64], days: int) -> NDArray[np.float64]:
    """Return what the balance changed by over the last ``days`` days, NaN where it is younger."""
    return -above[:, -1 - days] if above.shape[1] > days else np.full(len(above), np.nan)


def _calendar(origins: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Return the day of the month, 1 to 31, and of the week, 0 for Monday, of each origin: [n, 2]."""
    day = origins.astype("datetime64[D]")
    of_month = (day - day.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    return np.column_stack([of_month, (day.astype(np.int64) + 3) % 7]).astype(np.float64)
