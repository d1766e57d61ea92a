"""Compare sample paths that statsforecast simulates with those made from a model's quantiles, by Brier scores.

python -m benchmarks.simulated_paths BALANCES.parquet [BALANCES.parquet ...]

Each model is fitted to the windows of a backtest (80 accounts of each of three cutoffs). Both kinds of 100 paths give
the probability of a low point under p10 within 7 and 30 days.
"""

import sys
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.month_paths import read_folds
from forecast_cli.data.panel import Panel
from forecast_cli.evaluation.splits import Fold
from forecast_cli.models.base import Forecast
from forecast_cli.models.path_levels import N_PATHS, PATH_LEVELS
from forecast_cli.models.statsforecast_adapter import Estimator, make_estimator, read_forecast, suppress_output
from forecast_cli.risk.lows import find_lows
from forecast_cli.risk.paths import shuffle_paths
from forecast_cli.risk.thresholds import threshold_amounts

ACCOUNTS: Final = 80
DAYS: Final = (7, 30)
ESTIMATORS: Final = (
    Estimator("RandomWalkWithDrift"),
    Estimator("SimpleExponentialSmoothingOptimized"),
    Estimator("AutoCES", {"season_length": 7}),
    Estimator("AutoETS", {"season_length": 7}),
)


def forecast(estimator: Estimator, panel: Panel, h: int) -> tuple[Forecast, NDArray[np.float64]]:
    """Return the forecast of each account by statsforecast, and the paths [n, s, h] that it simulates."""
    parts, paths = [], []
    for row in range(len(panel)):
        fitted = make_estimator(estimator).fit(y=np.array(panel.series(row), dtype=np.float64))
        parts.append(read_forecast(fitted.predict(h=h, level=list(PATH_LEVELS)), PATH_LEVELS))
        paths.append(np.asarray(fitted.simulate(h=h, n_paths=N_PATHS, seed=panel.seed_of(row)), dtype=np.float64))
    mean, quantiles = (np.stack(each) for each in zip(*parts, strict=True))
    return Forecast(mean, quantiles, PATH_LEVELS), np.stack(paths)


def squared_errors(estimator: Estimator, fold: Fold) -> NDArray[np.float64]:
    """Return the squared errors [n, days, 2] of the probabilities by paths from quantiles and by simulated ones."""
    kept = np.flatnonzero(~np.isnan(fold.y).any(axis=1))[:ACCOUNTS]
    panel, actual = fold.train.take(kept), fold.y[kept]
    with suppress_output():
        said, simulated = forecast(estimator, panel, actual.shape[1])
    amounts = threshold_amounts(panel, ("p10",), {})
    below = [
        find_lows(paths, amounts, DAYS).prob_below[:, 0]
        for paths in (shuffle_paths(panel, said), simulated, actual[:, None])
    ]
    return (np.stack(below[:2], axis=2) - below[2][:, :, None]) ** 2


def main(sources: list[str]) -> None:
    """Print a row for each source, model and number of days."""
    print(f"{'source':<24} {'model':<36} {'days':>4} {'windows':>8} {'quantiles':>10} {'simulated':>10}")
    for source in sources:
        folds = [fold for fold, _ in read_folds(source)]
        for estimator in ESTIMATORS:
            errors = np.concatenate([squared_errors(estimator, fold) for fold in folds])
            for days, (quantiles, simulated) in zip(DAYS, errors.mean(axis=0), strict=True):
                row = f"{source[-24:]:<24} {estimator.name:<36} {days:>4} {len(errors):>8}"
                print(f"{row} {quantiles:>10.4f} {simulated:>10.4f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
