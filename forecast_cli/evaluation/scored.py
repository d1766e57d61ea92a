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

    ``models`` are those that forecast any window with a scale, by name; ``windows``, a row for each of the m windows
    that all of them did, sorted by ``keys`` and cutoff: the columns of window rows. ``forecast`` counts the windows
    that each model forecast, with a scale or without. ``read_figures`` gives some metrics of a model, beside keys and
    cutoff: columns of ``scoring.score_days``. ``currency`` is the key that says what units balances are in, where there
    is one. ``levels`` are those that were forecast, ``seed`` that of the draws.
    """

    models: tuple[str, ...]
    windows: pl.DataFrame
    forecast: Mapping[str, int]
    read_figures: Callable[[str, Sequence[str]], pl.DataFrame]
    keys: tuple[str, ...]
    levels: tuple[float, ...]
    currency: str | None = None
    seed: int = 0

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

    def figures_of(self, model: str, metrics: Sequence[str]) -> pl.DataFrame:
        """Return some metrics of a model over the windows, [m rows], in their order, beside keys and cutoff."""
        places = self.windows.select(*self.keys, CUTOFF)
        return places.join(self.read_figures(model, metrics), on=places.columns, how="left", maintain_order="left")

    def summands_of(self, model: str) -> NDArray[np.float64]:
        """Return what is added up over windows for each metric, and one for each window, [m, k + 1]."""
        told = [summand(name, metric).alias(name) for name, metric in self.metrics.items()]
        return self.figures_of(model, list(self.metrics)).select(*told, windows=pl.lit(1.0)).to_numpy()


def compare_windows(
    windows: pl.DataFrame, forecasts: pl.DataFrame, keys: Sequence[str]
) -> tuple[tuple[str, ...], pl.DataFrame]:
    """Return the models that forecast any of the ``windows`` with a scale, by name, and those that all of them did.

    ``forecasts`` has a row for each window and model: ``keys``, cutoff, model. Windows are sorted by keys and cutoff.
    """
    by = [*keys, CUTOFF]
    moving = windows.filter(pl.col(SCALE).is_not_null())
    told = forecasts.join(moving, on=by, how="semi")
    models = tuple(sorted(set(told[c.MODEL])))
    by_all = told.group_by(by).len().filter(pl.col("len") == len(models))
    return models, moving.join(by_all, on=by, how="semi").sort(by)
