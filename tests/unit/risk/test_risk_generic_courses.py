"""Generic courses: what orders the paths of an account whose history has too few past courses."""

import math

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.models.path_levels import N_PATHS
from forecast_cli.risk.courses import order_generic_courses
from forecast_cli.risk.paths import order_courses

H = 30


def walk(days: int, seed: int = 1) -> np.ndarray:
    return 1000 + np.cumsum(np.random.default_rng(seed).normal(size=days) * 50)


def test_each_day_has_each_course_once() -> None:
    order = order_generic_courses(H, 99)
    np.testing.assert_array_equal(np.sort(order, axis=1), np.broadcast_to(np.arange(99), (H, 99)))


def test_they_are_the_same_wherever_they_are_made() -> None:
    """By any version of numpy, and on any machine."""
    assert order_generic_courses(3, 6).tolist() == [[4, 1, 3, 2, 0, 5], [4, 3, 1, 0, 2, 5], [4, 1, 3, 2, 0, 5]]


def test_every_second_course_mirrors_another() -> None:
    ranks = order_generic_courses(H, 100).argsort(axis=1)
    np.testing.assert_array_equal(ranks[:, ::2] + ranks[:, 1::2], 99)


def test_their_memory_is_a_month() -> None:
    """The rank correlation of normal values with a correlation of r is 6 / pi asin(r / 2)."""
    ranks = order_generic_courses(61, 2_000).argsort(axis=1)
    for apart in (1, 7, 30, 60):
        wanted = 6 / math.pi * math.asin(math.exp(-apart / 30) / 2)
        assert np.corrcoef(ranks[0], ranks[apart])[0, 1] == pytest.approx(wanted, abs=0.06)


def test_a_longer_horizon_begins_with_the_same_order() -> None:
    np.testing.assert_array_equal(order_generic_courses(90, N_PATHS)[:H], order_generic_courses(H, N_PATHS))


@pytest.mark.parametrize("days", [2, H, H + 1])
def test_without_past_courses_to_rank_all_are_generic(days: int) -> None:
    [order] = order_courses(panel_of(walk(days)), H)
    np.testing.assert_array_equal(order, order_generic_courses(H, N_PATHS))


@pytest.mark.parametrize("courses", [2, 3, 40, 99])
def test_each_past_course_orders_one_path_and_generic_ones_the_rest(courses: int) -> None:
    """The balance falls, so its past courses never cross; the last one is the lowest, and the others lie evenly."""
    [order] = order_courses(panel_of(-1.0 * np.arange(H + courses)), H)
    ranks, generic = (one.argsort(axis=1) for one in (order, order_generic_courses(H, N_PATHS)))
    scattered = np.argsort(np.arange(N_PATHS) * ((5**0.5 - 1) / 2) % 1.0)
    followed = scattered * courses // N_PATHS  # which past course each path would follow, the last one being 0
    first = [min(np.flatnonzero(followed == one), key=lambda path: scattered[path]) for one in range(courses)]
    rest = np.setdiff1d(np.arange(N_PATHS), first)
    for day in range(H):
        np.testing.assert_array_equal(np.argsort(ranks[day, first]), np.arange(courses))
        even = N_PATHS / courses * (np.arange(courses) + 0.5)
        np.testing.assert_allclose(ranks[day, first], even, rtol=0, atol=8 + N_PATHS / 2 / courses)
        np.testing.assert_array_equal(np.argsort(ranks[day, rest]), np.argsort(generic[day, rest]))


def test_with_as_many_past_courses_as_paths_none_is_generic() -> None:
    long = panel_of(walk(H + N_PATHS))
    before = order_courses(long, H)
    together = order_courses(panel_of(walk(H + N_PATHS), walk(H + 3, seed=2)), H)
    np.testing.assert_array_equal(together[0], before[0])
    assert (before[0] != order_generic_courses(H, N_PATHS)).mean() > 0.9


def test_an_account_that_never_moved_has_paths_that_do_not_cross() -> None:
    [order] = order_courses(panel_of(np.full(H + 20, 7.0)), H)
    assert (order == order[0]).all()
