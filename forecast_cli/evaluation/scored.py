"""The figures of a whole backtest, over the windows that compare its models."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.evaluation.metrics import Metric, metrics_of, summand
from forecast_cli.evaluation.rows import CUTOFF, SCALE


@dataclass(frozen=True)
class Scored:
    """Every model's figures over the same windows: those that have a scale and that all ``models`` forecast.

    ``windows``, a row for each of m such windows, sorted by ``keys`` and cutoff: the columns of window rows. ``models``
    are those that forecast any window, and ``forecast`` counts the windows of each, with a scale or without.
    ``read_figures`` gives a model's figures, columns of ``scoring.score_days``. ``currency`` is the key that says what
    units balances are in, where there is one. ``levels`` are those that were forecast, ``seed`` that of the draws.
    """

    windows: pl.DataFrame
    forecast: Mapping[str, int]
    read_figures: Callable[[str], pl.DataFrame]
    keys: tuple[str, ...]
    levels: tuple[float, ...]
    currency: str | None = None
    seed: int = 0

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models that forecast any window, by name."""
        return tuple(sorted(self.forecast))

    @property
    def metrics(self) -> dict[str, Metric]:
        """Return every metric, by name."""
        return metrics_of(self.levels)

    @property
    def currencies(self) -> tuple[str, ...]:
        """Return the currencies of the windows, where balances name one."""
        return () if self.currency is None else tuple(self.windows[self.currency].unique().sort())

    @property
    def mixed(self) -> bool:
        """Say whether balances are in several currencies, so that no mean over all windows holds their units."""
        return len(self.currencies) > 1

    def figures_of(self, model: str) -> pl.DataFrame:
        """Return a model's figures of the windows, [m rows], in their order."""
        places = self.windows.select(*self.keys, CUTOFF)
        return places.join(self.read_figures(model), on=places.columns, how="left", maintain_order="left")

    def summands_of(self, model: str) -> NDArray[np.float64]:
        """Return what is added up over windows for each metric, and one for each window, [m, k + 1]."""
        told = [summand(name, metric).alias(name) for name, metric in self.metrics.items()]
        return self.figures_of(model).select(*told, windows=pl.lit(1.0)).to_numpy()


def shared_windows(windows: pl.DataFrame, forecasts: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Return the ``windows`` with a scale that every model among ``forecasts`` forecast, sorted by keys and cutoff.

    ``forecasts`` has a row for each window and model: ``keys``, cutoff, model.
    """
    by = [*keys, CUTOFF]
    by_all = forecasts.group_by(by).len().filter(pl.col("len") == forecasts[c.MODEL].n_unique())
    return windows.filter(pl.col(SCALE).is_not_null()).join(by_all.select(by), on=by, how="semi").sort(by)
