"""Events read off sample paths."""

import numpy as np
import pytest

from forecast_cli.risk.events import low_points, periods_within, probability_below

PATHS = np.array([[[5.0, 3.0, 9.0], [5.0, 5.0, 1.0]], [[2.0, 2.0, 2.0], [8.0, 8.0, 8.0]]])


@pytest.mark.parametrize(("h", "periods"), [(30, (7, 14, 30)), (90, (7, 14, 30)), (29, (7, 14)), (7, (7,)), (6, ())])
def test_periods_are_those_the_horizon_covers(h: int, periods: tuple[int, ...]) -> None:
    assert periods_within(h) == periods


def test_low_points_are_of_the_first_days_only() -> None:
    assert low_points(PATHS, 2).tolist() == [[3.0, 5.0], [2.0, 8.0]]
    assert low_points(PATHS, 3).tolist() == [[3.0, 1.0], [2.0, 8.0]]


def test_probability_is_the_share_of_paths_under_the_threshold_of_the_account() -> None:
    assert probability_below(PATHS, np.array([4.0, 2.0]), days=2).tolist() == [0.5, 0.0]
    assert probability_below(PATHS, np.array([4.0, 9.0]), days=3).tolist() == [1.0, 1.0]


def test_no_paths_no_probability() -> None:
    broken = PATHS.copy()
    broken[0] = np.nan
    assert np.isnan(probability_below(broken, np.array([4.0, 3.0]), days=2)).tolist() == [True, False]
