"""Metrics, each one expression over forecast rows joined with the scales of their window (columns of ``rows``).

A metric's expression gives its value for each day. Only ``combine`` and ``summand`` turn days into the figure of a
window, and days or windows into that of a model, a step or a segment: sums come first, then the root or the ratio.

Sources: HK, Hyndman and Koehler 2006, International Journal of Forecasting 22; GR, Gneiting and Raftery 2007, Journal
of the American Statistical Association 102; M5, Makridakis, Spiliotis and Assimakopoulos 2022, International Journal of
Forecasting 38; FPP, Hyndman and Athanasopoulos 2021, Forecasting: Principles and Practice, 3rd edition; KS, Kolassa and
Schuetz 2007, Foresight 6; LT, Laio and Tamea 2007, Hydrology and Earth System Sciences 11.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import add
from typing import Final, assert_never

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.evaluation.rows import SCALE, SCALE_RMS, SCORED_LEVELS
from forecast_cli.models.base import quantile_probabilities


class Combine(StrEnum):
    """How the values of many days or windows become one figure."""

    MEAN = "mean"
    ROOT_MEAN = "root of the mean"
    OF_BALANCE = "sum, over that of the absolute balance"


@dataclass(frozen=True)
class Metric:
    """A metric: its value for each day, how values are combined, and whether it is in units of the balance.

    ``is_error``: lower is better, so that two backtests can be compared by it.
    """

    value: pl.Expr
    combine: Combine = Combine.MEAN
    in_units: bool = False
    is_error: bool = True


def metrics_of(levels: tuple[float, ...]) -> dict[str, Metric]:
    """Return all metrics of forecasts with ascending ``levels``: name -> metric.

    The rows have the columns of ``SCORED_LEVELS`` too.
    """
    columns = zip(c.quantile_columns(levels), quantile_probabilities(levels).tolist(), strict=True)
    return {
        **METRICS,
        **{
            f"{name}_{c.level_label(level)}": Metric(value(level), in_units=name in _LEVELS_IN_UNITS)
            for level in levels
            for name, value in BY_LEVEL.items()
        },
        **{
            f"pinball_{probability:.12g}": Metric(pinball(column, probability), in_units=True)
            for column, probability in columns
        },
    }


def combine_of(name: str) -> Combine:
    """Return how values of the metric ``name`` are combined into one figure."""
    return METRICS[name].combine if name in METRICS else Combine.MEAN


def is_in_units(name: str) -> bool:
    """Return whether the metric ``name`` is in units of the balance, so that currencies cannot be averaged."""
    if name in METRICS:
        return METRICS[name].in_units
    return name.split("_", maxsplit=1)[0] in _LEVELS_IN_UNITS | {"pinball"}


def is_error(name: str) -> bool:
    """Return whether a lower value of the metric ``name`` is better, as it is not for coverage, width and bias."""
    if name in METRICS:
        return METRICS[name].is_error
    return name.split("_", maxsplit=1)[0] in _LEVEL_ERRORS | {"pinball"}


def is_amount(name: str) -> bool:
    """Return whether the metric ``name`` is an amount of money; a ratio to the balance is in units, but no amount."""
    return is_in_units(name) and combine_of(name) is not Combine.OF_BALANCE


def combine(how: Combine, mean: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the figures of a metric from the ``mean`` of its summands and the mean absolute balance, ``size``.

    Both have the same shape, any. A root is in the unit of the error. A ratio to the balance has no unit and is NaN
    where the balance is 0.
    """
    match how:
        case Combine.MEAN:
            return mean
        case Combine.ROOT_MEAN:
            return np.sqrt(mean)
        case Combine.OF_BALANCE:
            return np.where(size > 0, mean / np.where(size > 0, size, 1.0), np.nan)
        case _:
            assert_never(how)


def summand(name: str, metric: Metric) -> pl.Expr:
    """Return the expression that is averaged over windows for a metric, from the columns of a window's figures.

    ``combine`` takes its mean over windows, as it takes the mean of the metric's values over days.
    """
    match metric.combine:
        case Combine.MEAN:
            return pl.col(name)
        case Combine.ROOT_MEAN:
            return pl.col(name).pow(2)
        case Combine.OF_BALANCE:
            return pl.col(ABSOLUTE_ERROR)
        case _:
            assert_never(metric.combine)


def absolute_error() -> pl.Expr:
    """|y - median|, in units of the balance; it is lowest in expectation for the median (FPP, section 5.8)."""
    return (pl.col(c.Y) - pl.col(c.MEDIAN)).abs()


def scaled_absolute_error() -> pl.Expr:
    """|y - median| / scale (HK, section 3, with the scale at the scale lag: FPP, section 5.8)."""
    return absolute_error() / pl.col(SCALE)


def squared_error() -> pl.Expr:
    """(y - mean)^2, in squared units of the balance; it is lowest in expectation for the mean (FPP, section 5.8)."""
    return (pl.col(c.Y) - pl.col(c.MEAN)).pow(2)


def scaled_squared_error() -> pl.Expr:
    """((y - mean) / scale_rms)^2 (RMSSE of M5, with the scale at the scale lag)."""
    return ((pl.col(c.Y) - pl.col(c.MEAN)) / pl.col(SCALE_RMS)).pow(2)


def absolute_balance() -> pl.Expr:
    """|y|, in units of the balance: the denominator of WAPE (the MAD/mean ratio of KS)."""
    return pl.col(c.Y).abs()


def error() -> pl.Expr:
    """Mean - y, in units of the balance: positive if the forecast is too high (HK, section 2, sign reversed)."""
    return pl.col(c.MEAN) - pl.col(c.Y)


def scaled_error() -> pl.Expr:
    """(mean - y) / scale (HK, section 3, with the sign reversed)."""
    return error() / pl.col(SCALE)


def pinball(column: str, probability: float) -> pl.Expr:
    """max(p (y - q), (p - 1) (y - q)) for the quantile q of probability p (GR, section 6.1; FPP, section 5.9)."""
    over = pl.col(c.Y) - pl.col(column)
    return pl.max_horizontal(probability * over, (probability - 1) * over)


def crps() -> pl.Expr:
    """2 * mean pinball over the deciles 0.1 .. 0.9: the integral of GR, section 4.2, over quantiles (LT)."""
    deciles = zip(c.quantile_columns(SCORED_LEVELS), quantile_probabilities(SCORED_LEVELS).tolist(), strict=True)
    losses = [pinball(column, probability) for column, probability in deciles]
    return 2 * reduce(add, losses) / len(losses)


def scaled_crps() -> pl.Expr:
    """CRPS / scale: in units of the account's own mean move, so that accounts and currencies can be averaged."""
    return crps() / pl.col(SCALE)


def coverage(level: float) -> pl.Expr:
    """1 where lo <= y <= hi, both ends included, else 0 (FPP, section 5.5)."""
    low, high = _bounds(level)
    return pl.col(c.Y).is_between(low, high).cast(pl.Float64)


def width(level: float) -> pl.Expr:
    """Hi - lo, in units of the balance."""
    low, high = _bounds(level)
    return high - low


def scaled_width(level: float) -> pl.Expr:
    """(hi - lo) / scale."""
    return width(level) / pl.col(SCALE)


def winkler(level: float) -> pl.Expr:
    """(hi - lo) + 2 / a * (the distance of y from the interval), a = 1 - level / 100 (GR, section 6.2, equation 43)."""
    low, high = _bounds(level)
    miss = pl.max_horizontal(low - pl.col(c.Y), pl.col(c.Y) - high, 0.0)
    return (high - low) + 2 / (1 - level / 100) * miss


def scaled_winkler(level: float) -> pl.Expr:
    """Winkler score / scale."""
    return winkler(level) / pl.col(SCALE)


def _bounds(level: float) -> tuple[pl.Expr, pl.Expr]:
    label = c.level_label(level)
    return pl.col(f"lo_{label}"), pl.col(f"hi_{label}")


#: Metrics that are numerator and denominator of WAPE.
ABSOLUTE_ERROR: Final = "mae"
ABSOLUTE_BALANCE: Final = "mean_abs_y"

#: Metrics of the point forecast and of the whole distribution.
METRICS: Final[Mapping[str, Metric]] = {
    ABSOLUTE_ERROR: Metric(absolute_error(), in_units=True),
    "mase": Metric(scaled_absolute_error()),
    "rmse": Metric(squared_error(), Combine.ROOT_MEAN, in_units=True),
    "rmsse": Metric(scaled_squared_error(), Combine.ROOT_MEAN),
    # with several currencies it would be a ratio of mixed sums
    "wape": Metric(absolute_error(), Combine.OF_BALANCE, in_units=True),
    ABSOLUTE_BALANCE: Metric(absolute_balance(), in_units=True, is_error=False),
    "bias": Metric(error(), in_units=True, is_error=False),
    "sbias": Metric(scaled_error(), is_error=False),
    "crps": Metric(crps(), in_units=True),
    "scrps": Metric(scaled_crps()),
}

#: Metrics of an interval, by the first part of their names: ``coverage_80``.
BY_LEVEL: Final[Mapping[str, Callable[[float], pl.Expr]]] = {
    "coverage": coverage,
    "width": width,
    "swidth": scaled_width,
    "winkler": winkler,
    "swinkler": scaled_winkler,
}
_LEVELS_IN_UNITS: Final = frozenset({"width", "winkler"})
_LEVEL_ERRORS: Final = frozenset({"winkler", "swinkler"})
