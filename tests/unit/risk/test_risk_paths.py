"""Sample paths: the forecast's distribution on each day, and the account's own dependence between days."""

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, quantile_probabilities
from forecast_cli.models.normal import normal_forecast
from forecast_cli.models.path_levels import N_PATHS, PATH_LEVELS, levels_to_request
from forecast_cli.risk.paths import PERSISTENCE, order_courses, shuffle_paths

H = 10


def walk(seed: int, days: int = 400) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 1000 + np.cumsum(rng.normal(size=days) * (rng.random(days) < 0.3) * 50)


def forecast_of(panel: Panel, levels: tuple[float, ...] = PATH_LEVELS, sigma: float = 10.0) -> Forecast:
    n = len(panel)
    mean = np.repeat(panel.y[:, -1:], H, axis=1)
    return normal_forecast(mean, np.full((n, H), sigma) * np.sqrt(np.arange(1, H + 1)), levels=levels)


def test_the_margins_are_the_forecasts_quantiles() -> None:
    panel = panel_of(walk(1), walk(2))
    forecast = forecast_of(panel)
    paths = shuffle_paths(panel, forecast, n_paths=2000)
    probabilities = quantile_probabilities(PATH_LEVELS)
    found = np.moveaxis(np.quantile(paths, probabilities, axis=1, method="hazen"), 0, -1)
    np.testing.assert_allclose(found, forecast.quantiles, rtol=0, atol=0.3)


def test_a_forecast_at_some_of_its_levels_has_their_quantiles() -> None:
    panel = panel_of(walk(1))
    many = forecast_of(panel, levels_to_request((50.0, 80.0, 99.0)))
    assert many.levels == (20.0, 40.0, 50.0, 60.0, 80.0, 95.0, 99.0)
    for some in (PATH_LEVELS, (50.0, 80.0, 99.0), (99.0,), ()):
        np.testing.assert_array_equal(many.at(some).quantiles, forecast_of(panel, some).quantiles)
        assert many.at(some).levels == some
    assert many.at(many.levels) is many


@pytest.mark.parametrize("n_paths", [N_PATHS, 300])
def test_paths_reach_the_outermost_quantiles_and_lie_between_them(n_paths: int) -> None:
    panel = panel_of(walk(1))
    forecast = forecast_of(panel)
    paths = shuffle_paths(panel, forecast, n_paths=n_paths)
    np.testing.assert_array_equal(paths.min(axis=1), forecast.quantiles[:, :, 0])
    np.testing.assert_array_equal(paths.max(axis=1), forecast.quantiles[:, :, -1])


def ranks_of(values: list[float]) -> list[int]:
    return [sum(other < one for other in values) for one in values]


def test_paths_follow_the_rank_order_of_the_past() -> None:
    """The same written out: past courses, their ranks by day, each held near the mean rank of its course."""
    h, s = 4, 7
    series = 1000 + np.cumsum(np.random.default_rng(3).normal(size=60))
    starts = [len(series) - 1 - h - age for age in range(len(series) - h)]
    picked = [starts[k * len(starts) // s] for k in range(s)]
    courses = [[series[start + step] for step in range(1, h + 1)] for start in picked]
    by_day = list(zip(*(ranks_of([course[step] for course in courses]) for step in range(h)), strict=True))
    held = [[rank + PERSISTENCE * sum(ranks) / h for rank in ranks] for ranks in by_day]
    wanted = {
        tuple(column) for column in zip(*(ranks_of([one[step] for one in held]) for step in range(h)), strict=True)
    }
    order = order_courses(panel_of(series), h, s)[0]
    assert {tuple(path) for path in order.argsort(axis=1).T.tolist()} == wanted
    assert len(wanted) == s


def test_each_day_holds_each_value_once() -> None:
    panel = panel_of(walk(4), walk(5, days=30))
    order = order_courses(panel, H)
    assert order.shape == (2, H, N_PATHS)
    assert (np.sort(order, axis=2) == np.arange(N_PATHS)).all()


@pytest.mark.parametrize("series", [np.full(200, 5.0), walk(6, days=1)], ids=["still", "one"])
def test_paths_of_an_account_that_never_moved_do_not_cross(series: np.ndarray) -> None:
    panel = panel_of(series)
    [paths] = shuffle_paths(panel, forecast_of(panel))
    ranks = paths.argsort(axis=0, kind="stable").argsort(axis=0)
    assert (ranks == ranks[:, :1]).all()


def test_neither_neighbours_nor_padding_change_a_bit() -> None:
    series = [walk(7, days=120), walk(8, days=400), walk(9, days=33)]
    together = panel_of(*series, padding=50)
    paths = shuffle_paths(together, forecast_of(together))
    for row, one in enumerate(series):
        alone = panel_of(one)
        np.testing.assert_array_equal(shuffle_paths(alone, forecast_of(alone))[0], paths[row])


def test_the_scale_of_the_balances_does_not_count() -> None:
    panel = panel_of(walk(10))
    scaled = panel_of(walk(10) * 8.0)
    np.testing.assert_array_equal(order_courses(panel, H), order_courses(scaled, H))


def test_a_known_order_gives_the_same_paths() -> None:
    panel = panel_of(walk(11), walk(12))
    forecast = forecast_of(panel)
    known = shuffle_paths(panel, forecast, order=order_courses(panel, H))
    np.testing.assert_array_equal(known, shuffle_paths(panel, forecast))


@pytest.mark.parametrize("n_paths", [1, 2, 100, 128, 129, 3000])
def test_any_number_of_paths_is_an_order(n_paths: int) -> None:
    order = order_courses(panel_of(walk(17)), H, n_paths)
    assert (np.sort(order, axis=2) == np.arange(n_paths)).all()


def test_more_paths_than_can_be_put_in_order_are_refused() -> None:
    with pytest.raises(ValueError, match="2000 paths of 366 days are too many"):
        order_courses(panel_of(walk(17)), 366, 2000)


def test_balances_of_any_sign_and_size_are_ordered() -> None:
    rng = np.random.default_rng(18)
    series = rng.normal(size=60) * 10.0 ** rng.integers(-9, 15, size=60)
    h, s = 1, 59
    later = (series[1:] - series[-1])[::-1].astype(np.float32)
    ages = np.argsort(np.arange(s) * ((5**0.5 - 1) / 2) % 1.0, kind="stable") * 59 // s
    order = order_courses(panel_of(series), h, s)[0, 0]
    assert (np.diff(later[ages[order]]) >= 0).all()


def test_small_moves_of_a_large_balance_are_distinguished() -> None:
    large, small = (panel_of(1e9 * size + np.rint(walk(19) * 8) / 8) for size in (1.0, 0.0))
    np.testing.assert_array_equal(order_courses(large, H), order_courses(small, H))


def test_a_balance_that_is_filled_up_again_runs_low_in_most_months() -> None:
    """It falls by some 10 a day from 100 and is filled up under 20: where it is in that is not known for long."""
    rng = np.random.default_rng(20)
    level, series = 100.0, np.empty(720)
    for day in range(len(series)):
        level = 100.0 if level < 20 else level - 10 * rng.exponential()
        series[day] = level
    panel, cycle = panel_of(series), np.quantile(series, quantile_probabilities(PATH_LEVELS))
    forecast = Forecast(np.full((1, 30), series.mean()), np.tile(cycle, (1, 30, 1)), PATH_LEVELS)
    [paths] = shuffle_paths(panel, forecast)
    assert (paths.min(axis=1) < np.quantile(series, 0.1)).mean() > 0.45


def test_a_row_without_a_forecast_has_no_paths_and_harms_no_other() -> None:
    panel = panel_of(walk(14), walk(15))
    forecast = forecast_of(panel)
    quantiles = forecast.quantiles.copy()
    quantiles[0] = np.nan
    paths = shuffle_paths(panel, Forecast(forecast.mean, quantiles, PATH_LEVELS))
    assert np.isnan(paths[0]).all()
    np.testing.assert_array_equal(paths[1], shuffle_paths(panel, forecast)[1])
