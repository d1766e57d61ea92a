"""Score MonthPaths with one constant changed at a time, over 3 windows of 30 days for each account.

python -m benchmarks.month_paths BALANCES.parquet [BALANCES.parquet ...]
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast_cli.config.settings import Settings
from forecast_cli.data.contract.series import read_shard
from forecast_cli.evaluation.facts import window_facts
from forecast_cli.evaluation.rows import SCALE, SCORED_LEVELS
from forecast_cli.evaluation.splits import Fold, extend_history, split_windows
from forecast_cli.models import courses, month_paths
from forecast_cli.models.base import quantile_probabilities
from forecast_cli.workflows.backtest import backtest_settings, cutoffs_back
from forecast_cli.workflows.reading import check_whole_input, require_valid_input

VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "the whole course": {"_COURSE": 1.0},
    "0.8 of the course": {"_COURSE": 0.8},
    "0.4 of the course": {"_COURSE": 0.4},
    "no reversion": {"_REVERSION": 0.0},
    "reversion 0.3": {"_REVERSION": 0.3},
    "reversion 0.6": {"_REVERSION": 0.6},
    "level of 90 days": {"_LEVEL_DAYS": 90},
    "level of 365 days": {"_LEVEL_DAYS": 365},
    "half-life 2 months": {"_HALF_LIFE": 2.0},
    "half-life 8 months": {"_HALF_LIFE": 8.0},
    "one phase": {"_SHIFTS": ((0, 1.0),)},
    "phases up to 2 days off": {"_SHIFTS": ((-2, 0.25), (-1, 0.5), (0, 1.0), (1, 0.5), (2, 0.25))},
}


def read_folds(path: str) -> list[tuple[Fold, NDArray[np.float64]]]:
    """Return the windows of a default backtest, each with the scales [m] of its accounts."""
    asked = backtest_settings(Settings())
    settings = extend_history(asked, days_back=max(cutoffs_back(asked)))
    checked = check_whole_input(path, settings)
    contract = require_valid_input(checked)
    ids = contract.ledger["unique_id"]
    found = read_shard(checked.source, settings, origin=contract.origin, first_id=ids[0], last_id=ids[-1])
    folds = split_windows(found.panel, settings)
    return [(fold, window_facts(fold.train, lag=settings.scale_lag)[SCALE].to_numpy()) for fold in folds]


@contextmanager
def changed(constants: dict[str, Any]) -> Iterator[None]:
    """Set constants of the model while the block runs."""
    modules = {name: courses if hasattr(courses, name) else month_paths for name in constants}
    before = {name: getattr(modules[name], name) for name in constants}
    for name, value in constants.items():
        setattr(modules[name], name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(modules[name], name, value)


def score(folds: list[tuple[Fold, NDArray[np.float64]]]) -> tuple[float, float, float]:
    """Return sCRPS, MASE and 80 % coverage, as means over the windows that have a scale."""
    levels, rows = SCORED_LEVELS, []
    p = quantile_probabilities(levels)
    for fold, scale in folds:
        said = month_paths.MonthPaths().fit(fold.train).forecast(fold.y.shape[1], levels)
        over = fold.y[:, :, None] - said.quantiles
        loss = 2 * np.maximum(p * over, (p - 1) * over).mean(axis=(1, 2))
        inside = ((over[:, :, 0] >= 0) & (over[:, :, -1] <= 0)).mean(axis=1)
        figures = np.stack([loss / scale, np.abs(over[:, :, len(levels)]).mean(axis=1) / scale, inside], axis=1)
        rows.append(figures[np.isfinite(figures[:, :2]).all(axis=1)])
    scrps, mase, coverage = np.concatenate(rows).mean(axis=0)
    return float(scrps), float(mase), float(coverage)


def main(paths: list[str]) -> None:
    """Print one row for each variant: sCRPS, MASE and coverage on each input."""
    inputs = [read_folds(path) for path in paths]
    for name, constants in VARIANTS.items():
        with changed(constants):
            figures = [" ".join(f"{figure:.4f}" for figure in score(folds)) for folds in inputs]
        print(f"{name:26} {' | '.join(figures)}")


if __name__ == "__main__":
    main(sys.argv[1:])
