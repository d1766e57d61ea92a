"""The figures of a whole backtest, over the windows on which its models are compared."""

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
    """Every model's figures over the compared windows: those with a scale that all ``models`` forecast.

    - ``models``: those that forecast any window with a scale, sorted by name.
    - ``windows``: window rows of the m compared windows, sorted by ``keys`` and cutoff.
    - ``forecast``: number of windows that each model forecast, with or without a scale.
    - ``read_figures``: function that returns some metrics of a model, with keys and cutoff (columns of
      ``scoring.score_days``).
    - ``levels``: levels that were forecast.
    - ``currency``: key column that holds the unit of the balances, if there is one.
    - ``seed``: seed of the bootstrap draws.
    """

    models: tuple[str, ...]
    windows: pl.DataFrame
    forecast: Mapping[str, int]
    read_figures: Callable[[str, Sequence[str]], pl.DataFrame]
    keys: tuple[str, ...]
    levels: tuple[float, ...]
    currency: str | None
    seed: int

    @property
    def metrics(self) -> dict[str, Metric]:
        """Return every metric, by name."""
        return metrics_of(self.levels)

    @property
    def currencies(self) -> tuple[str, ...]:
        """Return the currencies of the windows, empty if there is no currency column."""
        return () if self.currency is None else tuple(self.windows[self.currency].unique().sort())

    @property
    def mixed(self) -> bool:
        """Return whether there are several currencies, so that no mean over all windows has units of the balance."""
        return len(self.currencies) > 1

    def figures_of(self, model: str, metrics: Sequence[str]) -> pl.DataFrame:
        """Return keys, cutoff and some metrics of a model for each of the m windows, in their order."""
        places = self.windows.select(*self.keys, CUTOFF)
        return places.join(self.read_figures(model, metrics), on=places.columns, how="left", maintain_order="left")

    def summands_of(self, model: str) -> NDArray[np.float64]:
        """Return the summand of each metric for each window, and a last column of ones, [m, k + 1]."""
        summands = [summand(name, metric).alias(name) for name, metric in self.metrics.items()]
        return self.figures_of(model, list(self.metrics)).select(*summands, windows=pl.lit(1.0)).to_numpy()


def find_common_windows(
    windows: pl.DataFrame, forecasts: pl.DataFrame, keys: Sequence[str]
) -> tuple[tuple[str, ...], pl.DataFrame]:
    """Return the models that forecast any of ``windows`` with a scale, and the windows that all of them forecast.

    ``forecasts`` has a row for each window and model: ``keys``, cutoff, model. Models are sorted by name,
    windows by keys and cutoff.
    """
    by = [*keys, CUTOFF]
    moving = windows.filter(pl.col(SCALE).is_not_null())
    scored = forecasts.join(moving, on=by, how="semi")
    models = tuple(sorted(set(scored[c.MODEL])))
    by_all = scored.group_by(by).len().filter(pl.col("len") == len(models))
    return models, moving.join(by_all, on=by, how="semi").sort(by)
