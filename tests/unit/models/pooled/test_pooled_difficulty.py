"""Difficulty: predicted distances are stretched until intervals hold for accounts of each kind."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from panels import panel_of

from forecast_cli.core.errors import ConfigError
from forecast_cli.models.knots import knots_of
from forecast_cli.models.pooled import learn as pooled_learn
from forecast_cli.models.pooled.calibration import GRID, Calibration, calibrate, score_outcomes
from forecast_cli.models.pooled.difficulty import grow_difficulty, stretch
from forecast_cli.models.pooled.features import feature_names
from forecast_cli.models.pooled.forest import Forest, Tree, predict
from forecast_cli.models.pooled.learn import choose_windows, learn
from forecast_cli.models.pooled.learned import TREES, Learned, Vintage, months_of, predict_held_out
from forecast_cli.models.pooled.segments import SEGMENTS
from forecast_cli.models.pooled.windows import GROUPS, group_of, list_windows
from forecast_cli.store.layout import LEARNED_SCORES, LEARNED_TREES, LEARNED_WIDTHS
from forecast_cli.store.learned_tables import learned_frames, read_learned

KNOTS = knots_of(3)
OUTER = np.array([0.1, 0.9])


def leaf(*values: float) -> Tree:
    """A tree of one leaf with the same values at each knot."""
    none = np.zeros(1, dtype=np.int32)
    return Tree(none, np.array([np.inf]), none, none, np.tile(np.float32(values), (1, len(KNOTS), 1)))


def learned_of(forest: Forest, difficulty: Forest) -> Learned:
    calibration = Calibration(np.zeros((SEGMENTS, len(GRID), len(KNOTS))), slope=1.0)
    vintage = Vintage(np.datetime64("2026-03-01"), 800, 3, forest, calibration, difficulty=difficulty)
    return Learned(3, KNOTS, (vintage,))


def write(learned: Learned, folder: Path) -> None:
    for name, frame in learned_frames(learned).items():
        frame.write_parquet(folder / name)


def two_kinds(seed: int) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """Features, predictions that are the same for all, and outcomes three times as far out where the feature is 1."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, (4_000, 1)).astype(np.float32)
    said = np.tile([-1.0, 0.5, 2.0], (len(x), 2, 1))
    return x, said, 0.5 + rng.normal(size=(len(x), 2)) * np.where(x == 1.0, 1.5, 0.5)


def share_held(said: NDArray[np.float64], calibration: Calibration, came: NDArray[np.float64]) -> NDArray[np.bool_]:
    bounds = calibration.quantiles(said, OUTER, np.zeros(len(said), dtype=np.int64))
    return (bounds[..., 0] <= came) & (came <= bounds[..., 1])


def test_distances_from_the_median_are_stretched_each_side_and_knot() -> None:
    said = np.array([[[-1.0, 0.5, 2.0], [0.0, 1.0, 4.0]]])
    got = stretch(said, np.array([[[2.0], [0.5]]]))
    assert got.tolist() == [[[-2.5, 0.5, 3.5], [0.5, 1.0, 2.5]]]
    assert stretch(said, np.zeros((1, 2, 1)))[0, 0].tolist() == pytest.approx([0.425, 0.5, 0.575])
    assert stretch(np.full((1, 1, 3), 0.5), np.full((1, 1, 1), 2.0))[0, 0].tolist() == pytest.approx([0.46, 0.5, 0.54])


def test_a_leaf_keeps_the_mean_distance_of_its_scores_and_far_ones_count_as_two() -> None:
    x = np.repeat([0.0, 1.0], 100)[:, None].astype(np.float32)
    scores = np.column_stack([np.where(x[:, 0] == 1.0, -0.5, 0.25), np.tile([50.0, -1.0], 100)])
    got = predict(grow_difficulty(x, scores, trees=3, seed=0), np.array([[0.0], [1.0]], dtype=np.float32))
    np.testing.assert_allclose(got[..., 0], [[0.25, 1.5], [0.5, 1.5]], rtol=1e-6)


def test_intervals_hold_for_each_kind_of_account() -> None:
    x, said, came = two_kinds(1)
    none, hard = np.zeros(len(x), dtype=np.int64), x[:, 0] == 1.0
    alike = share_held(said, calibrate(said, came, none, none), came)
    assert alike[hard].mean() < 0.7
    assert alike[~hard].mean() > 0.9
    forest = grow_difficulty(x, score_outcomes(said, came)[1], trees=TREES, seed=0)
    calibration = calibrate(stretch(said, predict(forest, x)), came, none, none)
    x, said, came = two_kinds(2)
    held = share_held(stretch(said, predict(forest, x)), calibration, came)
    for kind in (x[:, 0] == 1.0, x[:, 0] == 0.0):
        assert held[kind].mean() == pytest.approx(0.8, abs=0.03)


def test_predictions_are_those_of_the_forest_stretched() -> None:
    x = np.zeros((2, 1), dtype=np.float32)
    vintage = learned_of((leaf(-1.0, 0.0, 1.0), leaf(-3.0, 0.0, 1.0)), (leaf(1.0), leaf(2.0))).vintages[0]
    np.testing.assert_allclose(vintage.predict(x)[0, 0], [-3.0, 0.0, 1.5])
    np.testing.assert_allclose(predict(vintage.forest, x)[0, 0], [-2.0, 0.0, 1.0])


def test_held_out_rows_are_predicted_by_both_kinds_of_trees_of_their_group() -> None:
    forest = tuple(leaf(-1.0, 0.0, 1.0 + tree // TREES) for tree in range(4 * TREES))
    difficulty = tuple(leaf(1.0 + tree // TREES) for tree in range(4 * TREES))
    vintage = learned_of(forest, difficulty).vintages[0]
    got = vintage.predict_held_out(np.zeros((3, 1), dtype=np.float32), np.array([2, 0, 3]))
    assert got[:, 0].tolist() == [[-3.0, 0.0, 9.0], [-1.0, 0.0, 1.0], [-4.0, 0.0, 16.0]]


def test_each_account_is_stretched_by_trees_grown_on_held_out_scores_of_other_accounts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grown: dict[int, tuple[NDArray[np.float32], NDArray[np.float64]]] = {}
    taught: list[tuple[NDArray[np.float64], ...]] = []

    def grow(x: NDArray[np.float32], scores: NDArray[np.float64], *, trees: int, seed: int) -> Forest:
        grown.setdefault(seed % GROUPS, (x, scores))
        return grow_difficulty(x, scores, trees=trees, seed=seed)

    def score(said: NDArray[np.float64], came: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        taught.append((said, came))
        return score_outcomes(said, came)

    monkeypatch.setattr(pooled_learn, "grow_difficulty", grow)
    monkeypatch.setattr(pooled_learn, "score_outcomes", score)
    rng = np.random.default_rng(1)
    panel = panel_of(*np.cumsum(rng.normal(0, 5, (30, 400)), axis=1))
    months = months_of(panel.origins)
    known = np.full((30, 1), months[0].astype("datetime64[D]").astype(np.int64) - 1)
    vintage = learn(panel, months, known, h=3).vintages[0]
    windows = list_windows(panel, 3)
    windows = windows.take(choose_windows(windows, known[:, 0], 3, months[0]))
    group, (said, came) = group_of(panel, windows), taught[0]
    assert len(said) == len(group), "all accounts have moved"
    scores = score_outcomes(said, came)[1]
    assert sorted(grown) == list(range(GROUPS))
    for number, (x, others) in grown.items():
        np.testing.assert_array_equal(others, scores[group != number])
        assert len(x) == (group != number).sum()
    x = np.zeros((len(group), grown[0][0].shape[1]), dtype=np.float32)
    for number in range(GROUPS):
        x[group != number] = grown[number][0]
    np.testing.assert_array_equal(said, predict_held_out(vintage.forest, x, group))


@pytest.mark.parametrize("name", [LEARNED_TREES, LEARNED_WIDTHS, LEARNED_SCORES])
def test_an_output_without_one_of_the_tables_is_not_used(tmp_path: Path, name: str) -> None:
    """The scores were learned with both forests, so intervals without one would be wrong."""
    learned = learned_of((leaf(-1.0, 0.0, 1.0),) * 2, (leaf(0.5), leaf(2.0)))
    write(learned, tmp_path)
    x = np.zeros((1, len(feature_names(KNOTS))), dtype=np.float32)
    again = read_learned(tmp_path, h=3)
    np.testing.assert_array_equal(again.vintages[0].predict(x), learned.vintages[0].predict(x))
    (tmp_path / name).unlink()
    with pytest.raises(ConfigError, match=f"no {name}"):
        read_learned(tmp_path, h=3)


@pytest.mark.parametrize(
    ("name", "kept", "fault"),
    [
        (LEARNED_WIDTHS, pl.col("tree") < 1, "it has not as many trees"),
        (LEARNED_WIDTHS, pl.lit(value=False), "its days are not those of the scores"),
        (LEARNED_TREES, pl.lit(value=False), "its days are not those of the scores"),
    ],
)
def test_a_table_that_lost_trees_is_named(tmp_path: Path, name: str, kept: pl.Expr, fault: str) -> None:
    write(learned_of((leaf(-1.0, 0.0, 1.0),) * 2, (leaf(0.5), leaf(2.0))), tmp_path)
    pl.read_parquet(tmp_path / name).filter(kept).write_parquet(tmp_path / name)
    with pytest.raises(ConfigError, match=f"{name} is .* damaged: {fault}"):
        read_learned(tmp_path, h=3)
