"""The share of past courses: contents of a leaf, accounts it is learned for, and zero if it gains nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecast_cli.core.errors import ConfigError
from forecast_cli.models.knots import knots_of
from forecast_cli.models.pooled.calibration import GRID, Calibration
from forecast_cli.models.pooled.forest import Forest, Tree
from forecast_cli.models.pooled.learned import Learned, Vintage
from forecast_cli.models.pooled.past_share import (
    PastTrainingSet,
    grow_past_forest,
    predict_past_share,
)
from forecast_cli.models.pooled.segments import SEGMENTS
from forecast_cli.store.layout import LEARNED_PAST
from forecast_cli.store.learned_tables import learned_frames, read_learned

M, EVENTS = 800, 6
NODES = ("feature", "threshold", "left", "right")


def training(*, right: float, seed: int = 1) -> PastTrainingSet:
    """Windows whose past courses tell events rightly where the first feature is above 0, in a share ``right`` of them.

    The model's own paths tell the others; either says nothing of the rest.
    """
    rng = np.random.default_rng(seed)
    chance = rng.uniform(size=(M, EVENTS))
    useful = np.arange(M) < right * M
    x = np.column_stack([np.where(useful, 1.0, -1.0), rng.normal(size=M)]).astype(np.float32)
    guess = np.full((M, EVENTS), 0.5)
    account = np.arange(M) // 2
    return PastTrainingSet(
        x=x,
        own=np.where(useful[:, None], guess, chance),
        past=np.where(useful[:, None], chance, guess),
        event=(rng.uniform(size=(M, EVENTS)) < chance).astype(float),
        group=account % 4,
        account=account,
    )


def leaf_of(share: float) -> Tree:
    none = np.zeros(1, dtype=np.int32)
    return Tree(none, np.array([np.inf]), none, none, np.full((1, 1, 1), share, dtype=np.float32))


@pytest.mark.parametrize(
    ("said", "share"),
    [(-2.0, 0.0), (0.1, 0.0), (0.29, 0.0), (0.31, 0.4), (0.49, 0.4), (0.51, 0.6), (0.89, 0.8), (0.91, 1.0), (3.0, 1.0)],
)
def test_shares_are_rounded_to_fifths_and_none_is_below_two_of_them(said: float, share: float) -> None:
    assert predict_past_share((leaf_of(said),), np.zeros((2, 3), dtype=np.float32)).tolist() == [share, share]


def test_without_trees_there_is_none() -> None:
    assert predict_past_share((), np.zeros((2, 3), dtype=np.float32)).tolist() == [0.0, 0.0]


def test_a_leaf_keeps_the_share_of_least_squared_error_of_the_other_groups() -> None:
    told = replace(training(right=1.0), x=np.zeros((M, 2), dtype=np.float32))
    forest = grow_past_forest(told, seed=1)
    shares = np.linspace(0, 1.5, 3001)
    assert len(forest) == 16
    for number, tree in enumerate(forest):
        seen = told.take(np.flatnonzero(told.group != number // 4))
        wrong = [((seen.own + share * (seen.past - seen.own) - seen.event) ** 2).sum() for share in shares]
        assert tree.values.shape == (1, 1, 1), "all windows lie in one leaf"
        assert tree.values[0, 0, 0] == pytest.approx(shares[int(np.argmin(wrong))], abs=1e-3)


def test_the_share_is_for_accounts_whose_past_predicts_better() -> None:
    forest = grow_past_forest(training(right=0.5), seed=1)
    shares = predict_past_share(forest, np.array([[1.0, 0.0], [-1.0, 0.0]], dtype=np.float32))
    assert shares[0] >= 0.8
    assert shares[1] == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_where_past_courses_tell_nothing_more_they_are_left_out(seed: int) -> None:
    assert grow_past_forest(training(right=0.0, seed=seed), seed=1) == ()


def test_a_gain_that_a_few_accounts_make_up_is_not_believed() -> None:
    told = training(right=0.5)
    assert grow_past_forest(told, seed=1)
    few = replace(told, account=np.where(told.x[:, 0] > 0, told.group, told.account + 10))
    worse = replace(few, event=np.where((few.account == 0)[:, None], 1.0 - few.event, few.event))
    assert grow_past_forest(worse, seed=1) == ()


@pytest.mark.parametrize(("accounts", "believed"), [(50, False), (100, True)])
def test_a_gain_is_believed_if_it_exceeds_twice_its_standard_error(accounts: int, believed: bool) -> None:
    """Past courses are right about 7 of 10 accounts: 1.5 standard errors for 50 accounts, 2.2 for 100."""
    account = np.arange(M) % accounts
    certain = np.ones((M, EVENTS))
    told = PastTrainingSet(
        x=np.zeros((M, 2), dtype=np.float32),
        own=0.5 * certain,
        past=certain,
        event=certain * (account * 7 % 10 < 7)[:, None],
        group=account % 4,
        account=account,
    )
    assert bool(grow_past_forest(told, seed=1)) == believed


def test_too_few_windows_or_accounts_of_one_group_teach_nothing() -> None:
    told = training(right=1.0)
    assert grow_past_forest(told.take(np.arange(199)), seed=1) == ()
    assert grow_past_forest(replace(told, group=np.zeros(M, dtype=np.int64)), seed=1) == ()
    assert grow_past_forest(replace(told, past=told.own), seed=1) == ()


def test_parts_are_put_together_as_they_were() -> None:
    told = training(right=0.5)
    again = PastTrainingSet.join([told.take(np.arange(300)), told.take(np.arange(300, M))])
    np.testing.assert_array_equal(again.event, told.event)
    np.testing.assert_array_equal(again.account, told.account)


def learned_of(forest: Forest) -> Learned:
    """Something learned for features of a horizon of 14 days, whose calibration plays no part here."""
    knots = knots_of(14)
    calibration = Calibration(np.zeros((SEGMENTS, len(GRID), len(knots))), slope=1.0)
    nodes = [getattr(leaf_of(0.0), name) for name in NODES]
    leaf, even = (Tree(*nodes, np.full((1, len(knots), each), float(each == 1), dtype=np.float32)) for each in (3, 1))
    vintage = Vintage(np.datetime64("2026-03-01"), 800, 14, (leaf,), calibration, past=forest, difficulty=(even,))
    return Learned(14, knots, (vintage,))


def write(learned: Learned, folder: Path) -> None:
    for name, frame in learned_frames(learned).items():
        frame.write_parquet(folder / name)


def test_it_is_read_back_as_it_was(tmp_path: Path) -> None:
    told = training(right=0.5)
    forest = grow_past_forest(told, seed=1)
    write(learned_of(forest), tmp_path)
    again = read_learned(tmp_path, h=14).vintages[0].past
    assert len(again) == len(forest) == 16
    np.testing.assert_array_equal(predict_past_share(again, told.x), predict_past_share(forest, told.x))


def test_a_run_that_has_none_is_read_without(tmp_path: Path) -> None:
    write(learned_of(()), tmp_path)
    assert not (tmp_path / LEARNED_PAST).exists()
    assert read_learned(tmp_path, h=14).vintages[0].past == ()


@pytest.mark.parametrize("values", [[0.1, 0.2, 0.3, 0.4], [float("nan")], None])
def test_leaves_without_the_values_they_need_are_refused(values: list[float] | None, tmp_path: Path) -> None:
    write(learned_of((leaf_of(0.5),)), tmp_path)
    nodes = pl.read_parquet(tmp_path / LEARNED_PAST)
    told = pl.Series("values", [values] * nodes.height, dtype=pl.List(pl.Float32))
    nodes.with_columns(told).write_parquet(tmp_path / LEARNED_PAST)
    with pytest.raises(ConfigError, match=r"is from another version, or damaged: a leaf has not 1 finite"):
        read_learned(tmp_path, h=14)


def test_a_table_without_one_of_its_columns_is_refused(tmp_path: Path) -> None:
    write(learned_of((leaf_of(0.5),)), tmp_path)
    pl.read_parquet(tmp_path / LEARNED_PAST).drop("values").write_parquet(tmp_path / LEARNED_PAST)
    with pytest.raises(ConfigError, match=r"learned_past\.parquet is from another version: its columns differ"):
        read_learned(tmp_path, h=14)


def test_trees_that_lead_out_of_themselves_are_refused(tmp_path: Path) -> None:
    write(learned_of(grow_past_forest(training(right=0.5), seed=1)), tmp_path)
    nodes = pl.read_parquet(tmp_path / LEARNED_PAST)
    root = pl.int_range(pl.len()) == 0
    left = pl.when(root).then(10**6).otherwise("left").cast(pl.Int32).alias("left")
    nodes.with_columns(left).write_parquet(tmp_path / LEARNED_PAST)
    with pytest.raises(
        ConfigError, match=r"learned_past\.parquet is from another version, or damaged: a node points outside its tree"
    ):
        read_learned(tmp_path, h=14)
