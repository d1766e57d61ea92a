"""The block models against statsforecast, account by account, for all lengths of history."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from statsforecast import models as reference
from statsforecast.utils import ConformalIntervals

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.models.registry import parse_model
from forecast_cli.models.window_average import MAX_WINDOWS

LEVELS = (50.0, 80.0, 95.5, 99.9)
ACCOUNTS = 200


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Balances that mostly stand still, of 2 to 420 days, some negative, some constant, one at zero."""
    rng = np.random.default_rng(11)
    lengths = np.concatenate([np.arange(2, 62), rng.integers(62, 421, ACCOUNTS - 60)])
    y = np.full((ACCOUNTS, int(lengths.max()) + 3), np.nan)
    for row, n in enumerate(lengths):
        moves = rng.normal(0, 10.0 ** rng.integers(0, 6), n) * (rng.random(n) < 0.3)
        y[row, -n:] = np.round(rng.normal(0, 10_000) + np.cumsum(moves), 2)
    y[100, -lengths[100] :] = 250.0
    y[101, -lengths[101] :] = 0.0
    ids = pl.Series("unique_id", [f"A{row:03}" for row in range(ACCOUNTS)])
    return Panel(ids, y, lengths, np.full(ACCOUNTS, np.datetime64("2026-01-31")))


def ours(panel: Panel, model: str, h: int) -> Forecast:
    return parse_model(model, (30,)).build().fit(panel).forecast(h, LEVELS)


def theirs(model: reference._TS, y: np.ndarray, h: int) -> tuple[np.ndarray, np.ndarray]:
    said = model.forecast(y=y, h=h, level=list(LEVELS))
    lows = [said[f"lo-{level}"] for level in reversed(LEVELS)]
    highs = [said[f"hi-{level}"] for level in LEVELS]
    return said["mean"], np.stack([*lows, said["mean"], *highs], axis=1)


def assert_same(panel: Panel, got: Forecast, make: Callable[[int], reference._TS], *, from_length: int) -> None:
    h, failed = got.mean.shape[1], {failure.row for failure in got.failures}
    assert failed == set(np.flatnonzero(panel.lengths < from_length).tolist())
    for row in sorted(set(range(len(panel))) - failed):
        y = panel.series(row)
        mean, quantiles = theirs(make(len(y)), y, h)
        scale = np.abs(y).max()
        np.testing.assert_allclose(got.mean[row], mean, rtol=1e-9, atol=1e-9 * scale)
        np.testing.assert_allclose(got.quantiles[row], quantiles, rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize("h", [1, 30, 366])
def test_naive(panel: Panel, h: int):
    assert_same(panel, ours(panel, "Naive", h), lambda _n: reference.Naive(), from_length=1)


@pytest.mark.parametrize("h", [1, 30, 366])
@pytest.mark.parametrize("m", [1, 7, 30])
def test_seasonal_naive(panel: Panel, h: int, m: int):
    got = ours(panel, f"SeasonalNaive({m})", h)
    assert_same(panel, got, lambda _n: reference.SeasonalNaive(m), from_length=m)


@pytest.mark.parametrize("h", [1, 30, 366])
def test_random_walk_with_drift(panel: Panel, h: int):
    got = ours(panel, "RandomWalkWithDrift", h)
    assert_same(panel, got, lambda _n: reference.RandomWalkWithDrift(), from_length=2)


@pytest.mark.parametrize(("window", "h"), [(1, 1), (7, 14), (30, 30), (60, 90)])
def test_window_average(panel: Panel, window: int, h: int):
    def make(n: int) -> reference._TS:
        intervals = ConformalIntervals(n_windows=min(MAX_WINDOWS, (n - window) // h), h=h)
        return reference.WindowAverage(window, prediction_intervals=intervals)

    assert_same(panel, ours(panel, f"WindowAverage({window})", h), make, from_length=window + 2 * h)
