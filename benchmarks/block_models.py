"""Time the block models against those of statsforecast, on the same accounts in one run.

python -m benchmarks.block_models [ACCOUNTS]
"""

import sys
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from benchmarks.rows import Row, at_least, compared, print_rows
from forecast_cli.data.panel import Panel
from forecast_cli.models.registry import parse_model
from forecast_cli.models.window_average import MAX_WINDOWS

ACCOUNTS = 10_000
DAYS = 730
HORIZON = 30
LEVELS = (80.0, 95.0)
MODELS = ("Naive", "SeasonalNaive(30)", "RandomWalkWithDrift", "WindowAverage(30)")
REPEATS = 3


def panel_of(accounts: int) -> Panel:
    """Return seeded random balances that change on one day in five."""
    rng = np.random.default_rng(0)
    y = np.cumsum(rng.normal(0, 100, (accounts, DAYS)) * (rng.random((accounts, DAYS)) < 0.2), axis=1) + 1000.0
    ids = pl.Series("unique_id", [f"A{row:07}" for row in range(accounts)])
    return Panel(ids, y, np.full(accounts, DAYS), np.full(accounts, np.datetime64("2026-01-31")))


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the shortest of ``repeats`` wall times."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def run(accounts: int = ACCOUNTS) -> list[Row]:
    """Return one row for each model: the seconds of both, and how many times as fast the block model is."""
    panel = panel_of(accounts)
    frame = pl.DataFrame(
        {
            "unique_id": np.repeat(panel.ids.to_numpy(), DAYS),
            "ds": np.tile(np.arange(DAYS), accounts),
            "y": panel.y.ravel(),
        }
    )
    _statsforecast(MODELS[0], frame.head(2 * DAYS))  # import it now, so that the import is not timed
    return [_compare(name, panel, frame) for name in MODELS]


def _compare(name: str, panel: Panel, frame: pl.DataFrame) -> Row:
    block = parse_model(name, (HORIZON,)).build()
    ours = seconds(lambda: block.fit(panel).forecast(HORIZON, LEVELS), REPEATS)
    theirs = seconds(lambda: _statsforecast(name, frame), 1)
    measure = f"{name}, {len(panel):,} accounts x {DAYS} days, times as fast"
    return compared(measure, "statsforecast, n_jobs=1", ours, theirs, at_least(50))


def _statsforecast(name: str, frame: pl.DataFrame) -> object:
    from statsforecast import StatsForecast
    from statsforecast import models as sf
    from statsforecast.utils import ConformalIntervals

    intervals = ConformalIntervals(n_windows=MAX_WINDOWS, h=HORIZON)
    made = {
        "Naive": sf.Naive,
        "SeasonalNaive(30)": lambda: sf.SeasonalNaive(30),
        "RandomWalkWithDrift": sf.RandomWalkWithDrift,
        "WindowAverage(30)": lambda: sf.WindowAverage(30, prediction_intervals=intervals),
    }
    return StatsForecast(models=[made[name]()], freq=1).forecast(df=frame, h=HORIZON, level=list(LEVELS))


if __name__ == "__main__":
    print_rows(run(*(int(argument) for argument in sys.argv[1:2])))
