"""The parts of what is learned from all accounts, each against a hand-worked case or a slow loop."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor

from forecast_cli.models.knots import interpolate_knots, knots_of
from forecast_cli.models.pooled.calibration import GRID, Calibration, calibrate
from forecast_cli.models.pooled.forest import Tree, grow_forest, predict
from forecast_cli.models.pooled.leaves import leaf_quantiles


@pytest.mark.parametrize(
    ("h", "knots"),
    [(1, [1]), (2, [1, 2]), (14, [1, 3, 7, 14]), (31, [1, 3, 7, 14, 21, 30, 31]), (90, None), (366, None)],
)
def test_the_last_knot_is_the_horizon(h: int, knots: list[int] | None) -> None:
    found = knots_of(h)
    assert found[-1] == h
    assert (np.diff(found) > 0).all()
    if knots is not None:
        assert found.tolist() == knots


def test_between_knots_values_lie_on_straight_lines_from_nothing_at_the_origin() -> None:
    values = np.array([[[4.0, 0.0], [8.0, 6.0]]])
    got = interpolate_knots(values, np.array([2, 5]), 5)
    assert got[0, :, 0].tolist() == pytest.approx([2.0, 4.0, 16 / 3, 20 / 3, 8.0])
    assert got[0, :, 1].tolist() == pytest.approx([0.0, 0.0, 2.0, 4.0, 6.0])


def test_no_line_is_drawn_beyond_the_last_knot() -> None:
    with pytest.raises(ValueError, match="knots end on day 5, before day 6"):
        interpolate_knots(np.ones((1, 2)), np.array([2, 5]), 6)


def test_leaves_keep_the_quantiles_of_the_outcomes() -> None:
    rng = np.random.default_rng(5)
    leaf, came = rng.integers(0, 7, 90) * 3, rng.normal(size=(90, 2))
    leaves, quantiles = leaf_quantiles(leaf, came, np.argsort(came, axis=0, kind="stable"))
    assert leaves.tolist() == sorted(set(leaf.tolist()))
    for place, name in enumerate(leaves):
        own = came[leaf == name]
        for knot in range(2):
            np.testing.assert_allclose(quantiles[place, knot], np.quantile(own[:, knot], [0.1, 0.5, 0.9]), rtol=1e-12)


def leaf_of(tree: Tree, row: np.ndarray) -> int:
    node = 0
    while tree.left[node] != node:
        node = int((tree.left if row[tree.feature[node]] <= tree.threshold[node] else tree.right)[node])
    return node


def test_a_tree_is_gone_down_as_drawn() -> None:
    values = np.arange(5, dtype=np.float32).reshape(5, 1, 1).repeat(3, axis=2)
    tree = Tree(
        feature=np.array([1, 0, 0, 0, 0], dtype=np.int32),
        threshold=np.array([0.5, -1.0, np.inf, np.inf, np.inf]),
        left=np.array([1, 3, 2, 3, 4], dtype=np.int32),
        right=np.array([2, 4, 2, 3, 4], dtype=np.int32),
        values=values,
    )
    x = np.array([[0.0, 0.6], [-1.0, 0.5], [-0.9, 0.5]], dtype=np.float32)
    assert predict((tree, tree), x)[:, 0, 0].tolist() == [2.0, 3.0, 4.0]


def test_a_forest_says_the_mean_of_what_like_windows_saw() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 5)).astype(np.float32)
    came = np.stack([x[:, 0] + rng.normal(0, 0.1, 400), np.zeros(400)], axis=1).astype(np.float64)
    forest = grow_forest(x, came, trees=20, seed=3)
    said = predict(forest, x)
    assert np.corrcoef(said[:, 0, 1], x[:, 0])[0, 1] > 0.9
    assert (said[:, 1] == 0.0).all()
    assert (np.diff(said[:, 0, :3], axis=1) >= 0).all()
    slow = np.mean([tree.values[leaf_of(tree, x[7])] for tree in forest], axis=0)
    np.testing.assert_allclose(said[7], slow, rtol=1e-6)
    again = grow_forest(x, came, trees=20, seed=3)
    assert all((one.threshold == other.threshold).all() for one, other in zip(forest, again, strict=True))


def test_trees_are_those_that_scikit_learns_forest_would_grow() -> None:
    rng = np.random.default_rng(10)
    x, came = rng.normal(size=(300, 6)).astype(np.float32), rng.normal(size=(300, 2))
    theirs = ExtraTreesRegressor(3, min_samples_leaf=15, max_features=0.3, max_depth=16, random_state=5).fit(x, came)
    for ours, tree in zip(grow_forest(x, came, trees=3, seed=5), theirs.estimators_, strict=True):
        inner = tree.tree_.children_left >= 0
        np.testing.assert_array_equal(ours.threshold[inner], tree.tree_.threshold[inner])
        np.testing.assert_array_equal(ours.left[inner], tree.tree_.children_left[inner])


@pytest.mark.filterwarnings("error")
def test_a_horizon_of_a_single_knot_is_learned_without_a_word() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=(100, 4)).astype(np.float32)
    assert predict(grow_forest(x, rng.normal(size=(100, 1)), trees=2, seed=0), x).shape == (100, 1, 3)


def test_the_prediction_of_a_row_does_not_depend_on_its_neighbours() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(300, 4)).astype(np.float32)
    forest = grow_forest(x, rng.normal(size=(300, 3)), trees=4, seed=0)
    whole = predict(forest, x)
    assert (predict(forest, x[[250, 3]]) == whole[[250, 3]]).all()


def test_calibrated_quantiles_hold_what_they_say() -> None:
    rng = np.random.default_rng(4)
    came = rng.standard_t(4, size=(20_000, 1))
    said = np.tile(np.array([-0.5, 0.1, 0.9, 0.0]), (20_000, 1, 1))
    none = np.zeros(20_000, dtype=np.int64)
    found = calibrate(said, came, none, none)
    probabilities = np.array([0.025, 0.1, 0.5, 0.9, 0.975])
    quantiles = found.quantiles(said[:1], probabilities, none[:1])[0, 0]
    below = [(came < quantile).mean() for quantile in quantiles]
    np.testing.assert_allclose(below, probabilities, atol=2e-3)


def test_outcomes_of_thousands_of_scales_do_not_set_the_tails_of_others() -> None:
    """One window in fifty moves by thousands of scales: the 99 % interval ends fifty distances from the median."""
    rng = np.random.default_rng(4)
    came = rng.normal(size=(5_000, 1))
    came[::50] *= 1e5
    said, none = np.tile(np.array([-1.0, 0.0, 1.0, 0.0]), (5_000, 1, 1)), np.zeros(5_000, dtype=np.int64)
    found = calibrate(said, came, none, none)
    low, high = found.quantiles(said[:1], np.array([0.005, 0.995]), none[:1])[0, 0]
    assert [low, high] == pytest.approx([-50.0, 50.0])
    inner = found.quantiles(said[:1], np.array([0.1, 0.9]), none[:1])[0, 0]
    np.testing.assert_allclose(inner, [-1.28, 1.28], atol=0.08)


def test_outer_levels_hold_where_trees_expect_no_move() -> None:
    """The predicted distance is 0, and one window in 25 moves: the limit of scores must not cut these off."""
    rng = np.random.default_rng(5)
    came = rng.normal(size=(20_000, 1)) * (rng.random((20_000, 1)) < 0.04) * 0.3
    said, none = np.zeros((20_000, 1, 4)), np.zeros(20_000, dtype=np.int64)
    low, high = calibrate(said, came, none, none).quantiles(said[:1], np.array([0.005, 0.995]), none[:1])[0, 0]
    assert ((came >= low) & (came <= high)).mean() == pytest.approx(0.99, abs=0.002)


def test_intervals_are_widened_to_hold_in_most_months() -> None:
    rng = np.random.default_rng(6)
    months = np.repeat(np.arange(10), 500)
    came = rng.normal(size=(5_000, 1)) * np.where(months >= 7, 3.0, 1.0)[:, None]
    held = held_by_month(came, months)
    assert sorted(held)[2] == pytest.approx(0.8, abs=0.05), "four months of five hold 80 %"


def test_months_that_differ_by_chance_alone_widen_nothing() -> None:
    rng = np.random.default_rng(6)
    months = np.repeat(np.arange(30), 60)
    came = rng.normal(size=(1_800, 1))
    assert np.mean(held_by_month(came, months)) == pytest.approx(0.8, abs=0.015)
    assert sorted(held_by_month(came, months))[6] < 0.78, "a few windows of a month scatter"


def test_few_months_do_not_tell_how_months_differ() -> None:
    rng = np.random.default_rng(6)
    months = np.repeat(np.arange(5), 500)
    came = rng.normal(size=(2_500, 1)) * np.where(months >= 3, 3.0, 1.0)[:, None]
    assert np.mean(held_by_month(came, months)) == pytest.approx(0.8, abs=0.001)


def test_six_months_are_enough_to_tell_how_months_differ() -> None:
    rng = np.random.default_rng(6)
    months = np.repeat(np.arange(6), 500)
    came = rng.normal(size=(3_000, 1)) * np.where(months >= 4, 3.0, 1.0)[:, None]
    assert np.mean(held_by_month(came, months)) > 0.82


def test_months_of_fewer_than_fifty_windows_do_not_count() -> None:
    rng = np.random.default_rng(6)
    months = np.concatenate([np.repeat(np.arange(5), 500), np.repeat(np.arange(5, 9), 49)])
    came = rng.normal(size=(len(months), 1)) * np.where(months >= 3, 3.0, 1.0)[:, None]
    assert np.mean(interval_holds(came, months)) == pytest.approx(0.8, abs=0.001), "five months count, one too few"


def test_a_side_is_widened_only_if_months_differ_on_that_side() -> None:
    rng = np.random.default_rng(6)
    months = np.repeat(np.arange(10), 500)
    came = rng.normal(size=(5_000, 1))
    came[(came > 0.0) & (months >= 7)[:, None]] *= 3.0
    low, high = interval_of(came, months)
    assert low == pytest.approx(-1.28, abs=0.05)
    assert high > np.quantile(came, 0.9) + 0.5


def test_months_that_differ_by_far_widen_intervals_to_no_more_than_twice_their_width() -> None:
    rng = np.random.default_rng(6)
    months = np.repeat(np.arange(10), 500)
    came = rng.normal(size=(5_000, 1)) * np.where(months >= 7, 15.0, 1.0)[:, None]
    assert interval_of(came, months) == pytest.approx((2.0 * np.quantile(came, (0.1, 0.9))).tolist(), rel=0.05)


def test_months_that_are_more_alike_than_by_chance_make_no_interval_narrower() -> None:
    came = np.tile(np.random.default_rng(6).normal(size=60), 30)[:, None]
    assert interval_of(came, np.repeat(np.arange(30), 60)) == pytest.approx(np.quantile(came, (0.1, 0.9)).tolist())


def test_a_knot_is_widened_alike_wherever_its_median_lies() -> None:
    rng = np.random.default_rng(6)
    months = np.repeat(np.arange(10), 500)
    came = rng.normal(size=(5_000, 1)) * np.where(months >= 7, 3.0, 1.0)[:, None]
    said, none = np.tile(np.array([-1.0, 0.0, 1.0]), (5_000, 2, 1)), np.zeros(5_000, dtype=np.int64)
    found = calibrate(said, np.hstack([came, came + 10.0]), months, none)
    first, other = found.quantiles(said[:1], np.array([0.1, 0.5, 0.9]), none[:1])[0]
    assert other == pytest.approx(first + 10.0)


def test_a_segment_is_widened_by_its_own_months() -> None:
    """Months differ in the third segment only; the second has too few of them, and is widened as all together are."""
    rng = np.random.default_rng(6)
    segments = np.repeat([0, 1, 2], [5_000, 250, 5_000])
    months = np.concatenate([np.repeat(np.arange(10), 500), np.repeat(np.arange(5), 50), np.repeat(np.arange(10), 500)])
    came = rng.normal(size=(len(months), 1)) * np.where((segments == 2) & (months >= 7), 3.0, 1.0)[:, None]
    said = np.tile(np.array([-1.28, 0.0, 1.28, 0.0]), (len(came), 1, 1))
    found = calibrate(said, came, months, segments)
    low, high = found.quantiles(said[:3], np.array([0.1, 0.9]), np.arange(3))[:, 0].T
    held = [float(((came >= low[one]) & (came <= high[one]))[segments == one].mean()) for one in range(3)]
    assert held[0] == pytest.approx(0.8, abs=0.015)
    assert held[1] > 0.84, "all together"
    assert held[2] > 0.88


def held_by_month(came: NDArray[np.float64], months: NDArray[np.int64]) -> list[float]:
    """The share of each month that an interval of 80 % holds, where a forest says the same of all windows."""
    inside = interval_holds(came, months)
    return [float(inside[months == month].mean()) for month in np.unique(months)]


def interval_holds(came: NDArray[np.float64], months: NDArray[np.int64]) -> NDArray[np.bool_]:
    low, high = interval_of(came, months)
    return (came[:, 0] >= low) & (came[:, 0] <= high)


def interval_of(came: NDArray[np.float64], months: NDArray[np.int64]) -> list[float]:
    """Return the interval of 80 % of a forest that says the same of all windows."""
    said = np.tile(np.array([-1.28, 0.0, 1.28, 0.0]), (len(came), 1, 1))
    found = calibrate(said, came, months, np.zeros(len(came), dtype=np.int64))
    low, high = found.quantiles(said[:1], np.array([0.1, 0.9]), np.zeros(1, dtype=np.int64))[0, 0].tolist()
    return [low, high]


def test_what_trees_say_too_little_of_counts_for_more() -> None:
    rng = np.random.default_rng(3)
    median = rng.normal(size=(4_000, 1))
    said = median[:, :, None] + np.array([-1.0, 0.0, 1.0, 0.0])
    none = np.zeros(4_000, dtype=np.int64)
    found = calibrate(said, 1.3 * median + rng.normal(size=(4_000, 1)), none, none)
    assert found.slope == 1.3
    assert calibrate(0 * said, 1.3 * median, none, none).slope == 1.0, (
        "nothing said is nothing more for being stretched"
    )
    assert calibrate(said, 0.2 * median, none, none).slope == 1.0, "held-out accounts tell too little of others"
    middle = found.quantiles(said[:50], np.array([0.5]), none[:50])[:, :, 0]
    np.testing.assert_allclose(middle, 1.3 * median[:50], atol=0.1)


def test_outcomes_beyond_four_scales_count_as_four_in_the_slope() -> None:
    said = np.tile(np.array([2.5, 3.5, 4.5, 3.5]), (100, 1, 1))
    none = np.zeros(100, dtype=np.int64)
    assert calibrate(said, np.full((100, 1), 5.25), none, none).slope == 1.1, "4 / 3.5, not 5.25 / 3.5"


def test_a_segment_has_scores_of_its_own_where_it_has_the_windows_for_them() -> None:
    rng = np.random.default_rng(8)
    segments = np.repeat([0, 1, 2], [4_000, 4_000, 199])
    came = rng.normal(size=(8_199, 1)) * np.array([1.0, 5.0, 0.1])[segments][:, None]
    said = np.tile(np.array([-1.0, 0.0, 1.0, 0.0]), (8_199, 1, 1))
    found = calibrate(said, came, np.zeros(8_199, dtype=np.int64), segments)
    low, high = found.quantiles(said[:3], np.array([0.1, 0.9]), np.arange(3))[:, 0].T
    held = [((came[segments == one] >= low[one]) & (came[segments == one] <= high[one])).mean() for one in range(3)]
    assert held[:2] == pytest.approx([0.8, 0.8], abs=1e-3)
    assert low[0] > low[2] > low[1], "too few windows: those of all segments"


def test_two_hundred_windows_are_enough_for_scores_of_its_own() -> None:
    came = np.concatenate([np.linspace(-5.0, 5.0, 4_000), np.linspace(-0.1, 0.1, 200)])[:, None]
    said = np.tile(np.array([-1.0, 0.0, 1.0, 0.0]), (4_200, 1, 1))
    found = calibrate(said, came, np.zeros(4_200, dtype=np.int64), np.repeat([0, 1], [4_000, 200]))
    assert found.quantiles(said[:1], np.array([0.1, 0.9]), np.ones(1, dtype=np.int64)).tolist() == [
        [pytest.approx([-0.08, 0.08])]
    ]


def test_scores_between_and_beyond_those_kept_go_on_in_a_straight_line_of_the_normal_score() -> None:
    scores = np.linspace(-2.0, 2.0, len(GRID))[None, :, None]
    said = np.array([[[-1.0, 0.0, 2.0, 0.0]]])
    wanted = np.array([0.0001, 0.1, 0.5, 0.9, 0.9999])
    got = Calibration(scores, slope=1.0).quantiles(said, wanted, np.zeros(1, dtype=np.int64))[0, 0]
    assert got[1:4].tolist() == pytest.approx([-1.0, 0.0, 2.0])
    assert got[0] < -2.0
    assert got[4] > 4.0
