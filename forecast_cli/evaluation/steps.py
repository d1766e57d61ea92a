"""Accuracy by day of the horizon, from sums of each shard that are added up over all shards.

Sums are kept by group of accounts (``bootstrap.hash_groups``), so that groups can be drawn by the bootstrap at a cost
that does not grow with the number of accounts. They are also kept by the set of models that forecast the window: models
are compared only over windows that all of them forecast, and a shard does not know what models forecast elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.evaluation.bootstrap import (
    HASHED_GROUPS,
    GroupCells,
    account_codes,
    count_distinct,
    hash_groups,
    sum_cells,
)
from forecast_cli.evaluation.groups import Groups, group_rows
from forecast_cli.evaluation.metrics import Metric
from forecast_cli.evaluation.pooled import Pooled
from forecast_cli.evaluation.report import StepScore
from forecast_cli.evaluation.rows import CUTOFF, SCALE

WINDOWS: Final = "windows"
ACCOUNTS: Final = "accounts"
GROUP: Final = "group"
#: Names of the models that forecast a window, one per line.
FORECAST_BY: Final = "forecast_by"

_CELL: Final = [c.MODEL, c.STEP, FORECAST_BY, GROUP]


@dataclass(frozen=True)
class StepCells:
    """The cells in which the days of windows with a scale are added up.

    ``keys`` has a row for each of k cells: model, step, forecast_by, group, number of accounts and of windows.
    ``places`` [rows] is the cell of each day, k for days of windows without a scale, which count in no cell.
    """

    keys: pl.DataFrame
    places: NDArray[np.int64]

    @classmethod
    def of(cls, days: Groups, keys: Sequence[str], *, seed: int) -> "StepCells":
        """Return the cells of ``days``, which are grouped by ``keys``, model and cutoff and have their scales."""
        windows = _index_windows(days, keys, seed=seed)
        rows = windows[np.repeat(np.arange(windows.height), days.counts)].with_columns(days.rows[c.STEP])
        moving = days.rows[SCALE].is_not_null().to_numpy()
        cells = rows.filter(moving).select(_CELL).unique().sort(_CELL).with_row_index("place")
        cell_of_row = rows.join(cells, on=_CELL, how="left", maintain_order="left")["place"].fill_null(cells.height)
        places = np.where(moving, cell_of_row.cast(pl.Int64).to_numpy(), cells.height)
        counts = {
            ACCOUNTS: count_distinct(places, rows[ACCOUNTS].to_numpy(), cells.height),
            WINDOWS: np.bincount(places, minlength=cells.height + 1)[: cells.height],
        }
        counted = [pl.Series(name, values, dtype=pl.Int64) for name, values in counts.items()]
        return cls(cells.select(_CELL).with_columns(counted), places)

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the days' ``values`` in each cell, [k]."""
        sums = np.bincount(self.places, weights=values, minlength=self.keys.height + 1).astype(np.float64, copy=False)
        return sums[: self.keys.height]

    def with_columns(self, sums: Mapping[str, NDArray[np.float64]]) -> pl.DataFrame:
        """Return the cells with a column for each of ``sums`` [k]."""
        return self.keys.with_columns(pl.Series(name, values, dtype=pl.Float64) for name, values in sums.items())


def add_tallies(tallies: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return the sums of the cells of several shards, added in the order of the shards."""
    return reduce(_add_cells, tallies)


def score_steps(tally: pl.DataFrame, metrics: Mapping[str, Metric], *, mixed: bool, seed: int) -> Iterator[StepScore]:
    """Yield the figures of each model and step, in that order, over the windows that all models forecast.

    ``tally`` comes from ``add_tallies``. If windows of several currencies are ``mixed``, figures in units are NaN.
    """
    models = set(tally[c.MODEL])
    common = tally.filter(pl.col(FORECAST_BY) == "\n".join(sorted(models)))
    for own in common.partition_by(c.MODEL, maintain_order=True):
        steps, place = np.unique(own[c.STEP].to_numpy(), return_inverse=True)
        cells = GroupCells.of(own[GROUP].to_numpy(), HASHED_GROUPS, places=place, parts=len(steps))
        [by_step] = sum_cells((own[name].to_numpy() for name in (*metrics, WINDOWS)), [cells])
        counts = own.group_by(c.STEP).agg(pl.col(ACCOUNTS, WINDOWS).sum()).sort(c.STEP)
        figures = Pooled.of(by_step, metrics, seed=seed).figures(mixed=mixed)
        for (step, accounts, windows), metrics_of_step in zip(counts.iter_rows(), figures, strict=True):
            yield StepScore(
                model=own[c.MODEL][0], step=step, accounts=accounts, windows=windows, metrics=metrics_of_step
            )


def _add_cells(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    cells = group_rows(pl.concat([one, other]), _CELL)
    sums = {name: cells.sums(cells.values(pl.col(name))) for name in one.columns if name not in _CELL}
    return cells.keys.with_columns(pl.Series(name, sum_, dtype=one.schema[name]) for name, sum_ in sums.items())


def _index_windows(days: Groups, keys: Sequence[str], *, seed: int) -> pl.DataFrame:
    """Return model, forecast_by, group, and account index of each window of ``days``."""
    models = days.keys.group_by(*keys, CUTOFF).agg(pl.col(c.MODEL).sort().str.join("\n").alias(FORECAST_BY))
    windows = days.keys.join(models, on=[*keys, CUTOFF], how="left", maintain_order="left")
    return windows.select(
        c.MODEL,
        FORECAST_BY,
        pl.Series(GROUP, hash_groups(days.keys, keys, seed=seed)),
        pl.Series(ACCOUNTS, account_codes(days.keys, keys)),
    )
