"""Floors: found where months go down to the same low, and kept by all paths except as few as those months allow."""

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, quantile_probabilities
from forecast_cli.models.pooled.outlook import scale_of
from forecast_cli.risk.floors import find_floors, raise_to_floors
from forecast_cli.risk.paths import shuffle_paths

LEVELS = (80.0, 95.0)


def floors_of(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    return find_floors(panel, scale_of(panel))


def payroll(months: int) -> np.ndarray:
    """Return the balance of an account that holds 100, and for a day each month a million."""
    return np.where(np.arange(30 * months) % 30 == 24, 1e6, 100.0)


def test_a_month_counts_that_came_down_to_the_lowest_balance() -> None:
    never_twice = np.linspace(2000, 1000, 300)
    floor, months = floors_of(panel_of(payroll(10), never_twice, np.full(300, 7.0), payroll(4)))
    assert floor.tolist() == [100.0, 1000.0, 7.0, 100.0]
    assert months.tolist() == [10, 1, 10, 4]


def test_a_month_came_down_to_a_low_that_it_missed_by_two_hundredths_of_the_mean_move() -> None:
    lows = np.repeat([100.0, 119.0, 120.0, 121.0], 30)
    y = np.where(np.arange(120) % 30 == 24, lows, 500.0)
    floor, months = find_floors(panel_of(y), np.array([1000.0]))
    assert (floor.tolist(), months.tolist()) == ([100.0], [3])


def test_a_month_that_stays_within_two_hundredths_of_the_mean_move_did_not_come_down() -> None:
    highs = np.repeat([500.0, 120.0, 121.0, 100.0], 30)
    y = np.where(np.arange(120) % 30 == 24, 100.0, highs)
    assert find_floors(panel_of(y), np.array([1000.0]))[1].tolist() == [2]


@pytest.mark.parametrize(("lowest_on", "months"), [(5, 0), (15, 1), (44, 1)])
def test_months_are_whole_ones_back_from_the_origin(lowest_on: int, months: int) -> None:
    """Of 45 days, the last 30 are a month."""
    y = np.where(np.arange(45) == lowest_on, 100.0, 500.0)
    assert find_floors(panel_of(y), np.array([1000.0]))[1].tolist() == [months]


def test_as_many_paths_go_below_a_floor_as_one_in_the_months_that_held_it() -> None:
    panel = panel_of(payroll(10))
    paths = np.tile(np.linspace(-50, 150, 100), (1, 30, 1))
    raise_to_floors(panel, paths)
    low = paths[0].min(axis=0)
    assert (low < 100.0).sum() == 10
    np.testing.assert_array_equal(low[:10], np.linspace(-50, 150, 100)[:10])
    assert (low[10:75] == 100.0).all()
    np.testing.assert_array_equal(low[75:], np.linspace(-50, 150, 100)[75:])


@pytest.mark.parametrize(("h", "most"), [(7, 3), (30, 10), (90, 28), (365, 73)])
def test_more_paths_may_go_below_the_longer_they_are(h: int, most: int) -> None:
    """1 - 0.9^(h/30) of them: a month in ten."""
    paths = np.tile(np.linspace(-50, 50, 100), (1, h, 1))
    raise_to_floors(panel_of(payroll(10)), paths)
    assert (paths[0].min(axis=0) < 100.0).sum() == most


def test_of_paths_that_go_equally_low_as_many_may_as_of_others() -> None:
    paths = np.tile(np.repeat([-50.0, 150.0], [60, 40]), (1, 30, 1))
    raise_to_floors(panel_of(payroll(10)), paths)
    assert (paths[0].min(axis=0) < 100.0).sum() == 10


def test_months_at_rest_on_the_floor_count_only_if_the_account_never_moved() -> None:
    rested = np.concatenate([np.full(90, 100.0), np.linspace(500, 200, 30), np.full(90, 100.0)])
    _, months = floors_of(panel_of(rested, np.full(210, 100.0)))
    assert months.tolist() == [0, 7]


def test_an_account_that_never_moved_is_unlikely_to_fall_under_its_own_balance() -> None:
    """Thirteen months stood still, so one in thirteen may go below: 8 of 100 paths, where half of them would."""
    paths = np.tile(np.linspace(480, 520, 100), (1, 30, 1))
    raise_to_floors(panel_of(np.full(400, 500.0)), paths)
    assert (paths[0].min(axis=0) < 500.0).sum() == 8
    assert (paths[0, :7].min(axis=0) < 500.0).sum() == 2


def test_the_first_week_of_an_account_that_never_moved_is_the_same_in_a_longer_forecast() -> None:
    month, quarter = (np.tile(np.linspace(480, 520, 100), (1, h, 1)) for h in (30, 90))
    for paths in (month, quarter):
        raise_to_floors(panel_of(np.full(400, 500.0)), paths)
    np.testing.assert_array_equal(month, quarter[:, :30])


@pytest.mark.parametrize("series", [np.linspace(2000, 1000, 300), np.full(59, 7.0), np.array([5.0])])
def test_without_a_floor_paths_stay_as_they_are(series: np.ndarray) -> None:
    paths = np.tile(np.linspace(-3000, 3000, 100), (1, 30, 1))
    held = paths.copy()
    raise_to_floors(panel_of(series), held)
    np.testing.assert_array_equal(held, paths)


def test_what_an_account_gets_hangs_on_it_alone() -> None:
    series = [payroll(10), np.linspace(2000, 1000, 200), payroll(3)[:75]]
    paths = np.tile(np.linspace(-3000, 3000, 100), (3, 30, 1))
    together = paths.copy()
    raise_to_floors(panel_of(*series), together)
    for row, one in enumerate(series):
        alone = paths[:1].copy()
        raise_to_floors(panel_of(one), alone)
        np.testing.assert_array_equal(alone[0], together[row])


def test_paths_of_a_forecast_are_held() -> None:
    panel = panel_of(payroll(20))
    spread = np.tile(100.0 + np.array([-2000.0, -1000.0, 0.0, 1000.0, 2000.0]), (1, 30, 1))
    assert spread.shape[2] == len(quantile_probabilities(LEVELS))
    [paths] = shuffle_paths(panel, Forecast(np.full((1, 30), 100.0), spread, LEVELS))
    assert (paths.min(axis=1) < 100.0).sum() == 5


def test_a_row_without_paths_stays_without() -> None:
    paths = np.full((1, 30, 100), np.nan)
    raise_to_floors(panel_of(payroll(10)), paths)
    assert np.isnan(paths).all()
