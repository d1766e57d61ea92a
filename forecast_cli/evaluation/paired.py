"""Errors of two models over the same windows, combined as on the leaderboard, and their difference."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.evaluation.bootstrap import account_codes, bootstrap_means, bootstrap_ratios
from forecast_cli.evaluation.gate import Scores
from forecast_cli.evaluation.metrics import ABSOLUTE_BALANCE, ABSOLUTE_ERROR, Combine, combine, combine_of
from forecast_cli.evaluation.report import Estimate
from forecast_cli.evaluation.rows import CUTOFF, METRIC, SCALE, VALUE

_BASE: Final = "base"
_NEW: Final = "new"
_SIZE: Final = "size"


@dataclass(frozen=True)
class Paired:
    """Errors of two models, with one of ``rows`` for each window for which both have a figure.

    Columns: ``keys``, cutoff, ``base`` and ``new`` (the windows' own figures of ``metric``; for WAPE, its numerator),
    and ``size`` (the mean absolute balance for WAPE, else 1). ``seed`` is that of the bootstrap draws.
    """

    rows: pl.DataFrame
    metric: str
    keys: tuple[str, ...]
    seed: int

    def __len__(self) -> int:
        return self.rows.height

    @property
    def accounts(self) -> int:
        """Return the number of accounts."""
        return self.rows.select(self.keys).n_unique()

    @property
    def codes(self) -> NDArray[np.int64]:
        """Return an integer for the account of each window, [windows], for the bootstrap."""
        return account_codes(self.rows, self.keys)

    def errors(self) -> tuple[float, float]:
        """Return the errors of base and new over all windows, NaN if there is no window."""
        if self.rows.is_empty():
            return math.nan, math.nan
        size = self.rows[_SIZE].to_numpy().mean(keepdims=True)
        base, new = (combine(self._combine, one.mean(keepdims=True), size) for one in self._summands())
        return float(base[0]), float(new[0])

    def change(self) -> Estimate:
        """Return error(new) / error(base) - 1; 0 if neither made an error, NaN if there is no window."""
        base, new = self._summands()
        if len(base) and not base.any() and not new.any():
            return Estimate(value=0.0, low=0.0, high=0.0)
        # size cancels out of the ratio, and the root of a percentile is the percentile of the roots
        root = 0.5 if self._combine is Combine.ROOT_MEAN else 1.0
        estimate = bootstrap_ratios(new, base, self.codes, seed=self.seed)
        return Estimate(value=estimate.value**root - 1, low=estimate.low**root - 1, high=estimate.high**root - 1)

    def tails(self, ratio: float) -> tuple[float, float, Estimate]:
        """Return shares of windows with new > ``ratio`` * base and base > ``ratio`` * new, and their difference."""
        base, new = self.rows[_BASE].to_numpy(), self.rows[_NEW].to_numpy()
        grew, shrank = (exceeds.astype(np.float64) for exceeds in (new > ratio * base, base > ratio * new))
        return _mean(grew), _mean(shrank), bootstrap_means(grew - shrank, self.codes, seed=self.seed)

    def split_by(self, labels: pl.DataFrame) -> list[tuple[str, "Paired"]]:
        """Split the windows by ``labels`` (keys, cutoff, value), in ascending order of the values."""
        labelled = self.rows.join(labels, on=[*self.keys, CUTOFF], how="left", maintain_order="left")
        parts = sorted(labelled.partition_by(VALUE, as_dict=True, include_key=False).items())
        return [(str(value), replace(self, rows=rows)) for (value,), rows in parts]

    def _summands(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the values that are averaged over windows, of base and of new."""
        base, new = self.rows[_BASE].to_numpy(), self.rows[_NEW].to_numpy()
        return (np.square(base), np.square(new)) if self._combine is Combine.ROOT_MEAN else (base, new)

    @property
    def _combine(self) -> Combine:
        return combine_of(self.metric)


def read_figures(backtest: Scores, model: str, metric: str) -> pl.DataFrame:
    """Return the finite figures of one model and metric over windows with a scale: keys, cutoff, value.

    A balance that does not move is easy to forecast and any interval covers it, so it counts in no mean of a backtest.
    """
    moving = backtest.windows.filter(pl.col(SCALE) > 0).select(*backtest.keys, CUTOFF)
    wanted = (pl.col(c.MODEL) == model) & (pl.col(METRIC) == metric) & pl.col(VALUE).is_finite()
    figures = backtest.scores.filter(wanted).select(*backtest.keys, CUTOFF, VALUE)
    return figures.join(moving, on=[*backtest.keys, CUTOFF], how="semi").sort(*backtest.keys, CUTOFF)


def read_errors(backtest: Scores, model: str, metric: str) -> pl.DataFrame:
    """Return figures of an error metric: keys, cutoff, value, size. For WAPE, value is the numerator."""
    if combine_of(metric) is not Combine.OF_BALANCE:
        return read_figures(backtest, model, metric).with_columns(pl.lit(1.0).alias(_SIZE))
    sizes = read_figures(backtest, model, ABSOLUTE_BALANCE).rename({VALUE: _SIZE})
    errors = read_figures(backtest, model, ABSOLUTE_ERROR)
    return errors.join(sizes, on=[*backtest.keys, CUTOFF], how="inner", maintain_order="left")


def pair_errors(base: pl.DataFrame, new: pl.DataFrame, metric: str, keys: Sequence[str], seed: int) -> Paired:
    """Pair the errors of two models, as returned by ``read_errors``, by window."""
    return Paired(pair_windows(base, new.drop(_SIZE), keys), metric, tuple(keys), seed)


def pair_windows(base: pl.DataFrame, new: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Return a row for each window for which both have a figure: keys, cutoff, base, new."""
    return base.rename({VALUE: _BASE}).join(
        new.rename({VALUE: _NEW}), on=[*keys, CUTOFF], how="inner", maintain_order="left"
    )


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else math.nan
