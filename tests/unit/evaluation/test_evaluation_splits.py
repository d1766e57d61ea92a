"""Windows: where they are cut, which accounts have them, and no training part contains later balances."""

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.config.settings import Settings
from forecast_cli.data.panel import Panel
from forecast_cli.evaluation.splits import count_windows, extend_history, split_windows


def counting(*lengths: int) -> Panel:
    """Return balances that count their account's days, from 1 on."""
    return panel_of(*(np.arange(1, length + 1) for length in lengths))


def settings(**values: object) -> Settings:
    asked = Settings.model_validate({"horizon": 5, "windows": 2, "step": 5, "min_train": 10} | values)
    return extend_history(asked, days_back=asked.windows * asked.step)


def test_the_kth_cutoff_lies_k_steps_before_the_last_day() -> None:
    folds = split_windows(counting(30), settings())
    assert [fold.train.origins[0] for fold in folds] == [np.datetime64("2026-06-25"), np.datetime64("2026-06-20")]
    assert [fold.train.series(0)[-1] for fold in folds] == [25.0, 20.0]
    assert [fold.y[0].tolist() for fold in folds] == [[26, 27, 28, 29, 30], [21, 22, 23, 24, 25]]


def test_a_window_needs_min_train_days_before_its_cutoff() -> None:
    panel = counting(30, 15, 14, 20)
    folds = split_windows(panel, settings())
    assert [fold.rows.tolist() for fold in folds] == [[0, 1, 3], [0, 3]]
    assert count_windows(panel, folds).tolist() == [2, 1, 0, 2]


def test_days_beyond_the_last_one_are_not_known() -> None:
    (fold, _) = split_windows(counting(30), settings(step=3))
    assert fold.y[0, :3].tolist() == [28.0, 29.0, 30.0]
    assert np.isnan(fold.y[0, 3:]).all()


def test_days_that_were_only_carried_forward_are_no_truth() -> None:
    first, second = split_windows(counting(30, 30, 30), settings(), unknown=np.array([0, 2, 5]))
    assert first.rows.tolist() == [0, 1]
    assert np.isnan(first.y).sum(axis=1).tolist() == [0, 2]
    assert second.rows.tolist() == [0, 1, 2]
    assert not np.isnan(second.y).any()


def test_a_training_part_is_as_long_as_a_forecast_at_its_cutoff_would_take_it() -> None:
    folds = split_windows(counting(60, 12), settings(max_history=20, min_train=2))
    assert [fold.train.lengths.tolist() for fold in folds] == [[20, 7], [20, 2]]
    assert [fold.train.series(0)[[0, -1]].tolist() for fold in folds] == [[36.0, 55.0], [31.0, 50.0]]


def test_a_fold_nobody_has_history_for_is_empty() -> None:
    (fold,) = split_windows(counting(12), settings(windows=1))
    assert len(fold.train) == 0
    assert fold.y.shape == (0, 5)


@pytest.mark.parametrize("row", [0, 1])
def test_a_training_part_shares_no_memory_with_what_came(row: int) -> None:
    panel = counting(30, 30)
    fold = split_windows(panel, settings(windows=1))[0]
    before = fold.train.series(row).copy()
    panel.y[:] = -1.0
    np.testing.assert_array_equal(fold.train.series(row), before)
