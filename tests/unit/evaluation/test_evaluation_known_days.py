"""Days known after an account's last row: those of an account at rest, none of one whose rows have stopped."""

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.evaluation.splits import unknown_days


@pytest.mark.parametrize(("silent", "unknown"), [(0, 0), (1, 0), (4, 0), (5, 5), (40, 40)])
def test_a_rest_as_long_as_an_earlier_one_is_known(silent: int, unknown: int) -> None:
    history = [1.0, 1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 3.0, 3.0, 4.0]  # at 3 since 4 days
    carried = history + [4.0] * silent
    assert unknown_days(panel_of(carried, padding=3), np.array([silent])).tolist() == [unknown]


def test_each_account_is_judged_by_its_own_past() -> None:
    still, restless = [5.0] * 21, [float(day) for day in range(11)] + [10.0] * 10
    assert unknown_days(panel_of(still, restless), np.array([10, 10])).tolist() == [0, 10]


@pytest.mark.parametrize(("every", "silent", "unknown"), [(1, 1, 1), (7, 6, 0), (7, 7, 7)])
def test_a_balance_that_moves_every_so_many_days_has_stopped_when_a_move_is_missing(
    every: int, silent: int, unknown: int
) -> None:
    moves = np.repeat(np.arange(10.0), every)[: 9 * every + 1]
    carried = [*moves.tolist(), *[9.0] * silent]
    assert unknown_days(panel_of(carried), np.array([silent])).tolist() == [unknown]


@pytest.mark.parametrize(("since", "unknown"), [(300, 0), (400, 30)])
def test_only_the_year_before_the_last_row_tells(since: int, unknown: int) -> None:
    rest, restless = [1.0] * 31, [float(day) for day in range(2, since + 2)]
    carried = [restless[-1]] * 30
    assert unknown_days(panel_of(rest + restless + carried), np.array([30])).tolist() == [unknown]
