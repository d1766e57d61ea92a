"""Low points of sample paths."""

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.models.normal import normal_forecast
from forecast_cli.models.path_levels import N_PATHS, PATH_LEVELS
from forecast_cli.risk import paths
from forecast_cli.risk.lows import find_lows, first_day_below, windows_within
from forecast_cli.risk.panel_lows import panel_lows

PATHS = np.array([[[5.0, 3.0, 9.0], [5.0, 5.0, 1.0]], [[2.0, 2.0, 2.0], [8.0, 8.0, 8.0]]])


@pytest.mark.parametrize(
    ("h", "windows"),
    [(366, (7, 14, 30, 60, 90)), (90, (7, 14, 30, 60, 90)), (89, (7, 14, 30, 60)), (29, (7, 14)), (7, (7,)), (6, (6,))],
)
def test_windows_are_those_the_horizon_covers_or_the_horizon_itself(h: int, windows: tuple[int, ...]) -> None:
    assert windows_within(h) == windows


def test_lows_are_of_the_days_of_the_window_only() -> None:
    found = find_lows(PATHS, np.empty((2, 0)), (2, 3))
    assert found.expected_low.tolist() == [[4.0, 2.0], [5.0, 5.0]]
    assert found.low_q50.tolist() == [[4.0, 2.0], [5.0, 5.0]]
    assert found.low_q05.tolist() == [[3.0, 1.0], [2.0, 2.0]]
    assert found.prob_below.shape == (2, 0, 2)


def test_the_most_paths_of_a_day_are_those_within_the_longest_window() -> None:
    on_the_third_day = np.array([[2.0], [2.5]])
    assert find_lows(PATHS, on_the_third_day, (1, 2)).most_below.tolist() == [[0.0], [0.5]]
    assert find_lows(PATHS, on_the_third_day, (1, 3)).most_below.tolist() == [[0.5], [0.5]]


def test_a_path_under_the_threshold_counts_from_its_first_day_on() -> None:
    found = find_lows(PATHS, np.array([[4.0], [9.0]]), (2, 3))
    assert found.prob_below.tolist() == [[[0.5, 1.0]], [[1.0, 1.0]]]
    assert found.days_below.tolist() == [[[0.5, 1.0]], [[2.0, 3.0]]]
    assert found.most_below.tolist() == [[0.5], [1.0]], "the two paths are under it on different days"
    np.testing.assert_array_equal(found.first_below[0, 0], [[2.0, 2.0, np.nan], [2.0, 2.0, 3.0]])
    np.testing.assert_array_equal(found.reached[0, 0], [[0.5, 0.5, np.nan], [0.5, 0.5, 1.0]])
    assert found.first_below[1, 0].tolist() == [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]


def test_a_balance_on_the_threshold_is_not_under_it() -> None:
    found = find_lows(np.full((1, 4, 7), 10.3), np.array([[10.3]]), (7,))
    assert found.prob_below.tolist() == [[[0.0]]]
    assert np.isnan(found.first_below).all()


def test_no_paths_or_no_threshold_no_probability() -> None:
    broken = PATHS.copy()
    broken[0, 1, 2] = np.nan
    found = find_lows(broken, np.array([[4.0, 4.0], [3.0, np.nan]]), (3,))
    assert np.isnan(found.prob_below[:, :, 0]).tolist() == [[True, True], [False, True]]
    assert np.isnan(found.days_below[:, :, 0]).tolist() == [[True, True], [False, True]]
    assert np.isnan(found.first_below[0]).all()


def test_the_first_day_below_is_counted_from_1() -> None:
    y = np.array([[5.0, 3.0, 1.0], [5.0, 5.0, 5.0], [np.nan, 1.0, 1.0]])
    np.testing.assert_array_equal(first_day_below(y, np.full(3, 4.0)), [2.0, np.nan, 2.0])


def test_accounts_at_a_time_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = panel_of(*np.random.default_rng(1).normal(size=(5, 40)).cumsum(axis=1))
    forecast = normal_forecast(np.repeat(panel.y[:, -1:], 7, axis=1), np.full((5, 7), 2.0), levels=PATH_LEVELS)
    whole = panel_lows(panel, {"M": forecast}, np.zeros((5, 1)))["M"]
    monkeypatch.setattr(paths, "_CHUNK_CELLS", 2 * 7 * N_PATHS)  # two accounts
    parts = panel_lows(panel, {"M": forecast}, np.zeros((5, 1)))["M"]
    np.testing.assert_array_equal(parts.prob_below, whole.prob_below)
    np.testing.assert_array_equal(parts.low_q05, whole.low_q05)
    assert panel_lows(panel, {}, np.zeros((5, 1))) == {}
