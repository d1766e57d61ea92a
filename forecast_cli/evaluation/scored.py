"""The figures of a whole backtest, over the windows on which its models are compared."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.evaluation.metrics import Metric, metrics_of, summand
from forecast_cli.evaluation.segment import Segment
from forecast_cli.evaluation.window_index import WindowIndex

#: Number of columns of figures in memory at a time.
_COLUMNS: Final = 8


@dataclass(frozen=True)
class Scored:
    """Every model's figures over the compared windows: those with a scale that all ``models`` forecast.

    - ``index``: all windows of the run.
    - ``models``: those that forecast any window with a scale, sorted by name.
    - ``windows`` [m]: numbers of the compared windows, ascending.
    - ``read_figures``: function that returns expressions of a model's figures (columns of ``scoring.score_days``), with
      a row for each window of ``index.figures``, in their order.
    - ``levels``: levels that were forecast.
    - ``currency``: segment that is the unit of the balances, if there is one.
    - ``seed``: seed of the bootstrap draws.
    """

    index: WindowIndex
    models: tuple[str, ...]
    windows: NDArray[np.int64]
    read_figures: Callable[[str, Sequence[pl.Expr]], pl.DataFrame]
    levels: tuple[float, ...]
    currency: str | None
    seed: int

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def metrics(self) -> dict[str, Metric]:
        """Return every metric, by name."""
        return metrics_of(self.levels)

    @cached_property
    def accounts(self) -> NDArray[np.int32]:
        """Return the number of each window's account, [m]."""
        return self.index.accounts[self.windows]

    @property
    def groups(self) -> NDArray[np.int32]:
        """Return the bootstrap group of each window's account, [m]."""
        return self.index.groups[self.windows]

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """Return the currencies of the windows, empty if there is no currency column."""
        return () if self.currency is None else self.segment(self.currency).values

    @property
    def mixed(self) -> bool:
        """Return whether there are several currencies, so that no mean over all windows has units of the balance."""
        return len(self.currencies) > 1

    def segment(self, name: str) -> Segment:
        """Return the values of a segment that the windows have, and those of each window."""
        return self.index.segments[name].take(self.windows).without_empty()

    def figures_of(self, model: str, metric: str) -> NDArray[np.float64]:
        """Return a metric of a model for each window, [m]."""
        (values,) = self._read(model, [pl.col(metric)])
        return values

    def summands_of(self, model: str) -> Iterator[NDArray[np.float64]]:
        """Yield the summand of each metric for each window, [m], and last a column of ones."""
        summands = [summand(name, metric).alias(name) for name, metric in self.metrics.items()]
        for start in range(0, len(summands), _COLUMNS):
            yield from self._read(model, summands[start : start + _COLUMNS])
        yield np.ones(len(self))

    def _read(self, model: str, figures: Sequence[pl.Expr]) -> Iterator[NDArray[np.float64]]:
        forecast = self.index.figures[model]
        for column in self.read_figures(model, figures):
            values = np.full(len(self.index), np.nan)
            values[forecast] = column.cast(pl.Float64).to_numpy()
            yield values[self.windows]


def find_compared_windows(index: WindowIndex) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the models that forecast any window with a scale, and the windows with one that all of them forecast.

    Models are sorted by name, numbers of windows ascend.
    """
    forecast = {model: own for model, own in index.figures.items() if (own & index.moving).any()}
    compared = index.moving.copy() if forecast else np.zeros_like(index.moving)
    for own in forecast.values():
        compared &= own
    return tuple(forecast), np.flatnonzero(compared)
