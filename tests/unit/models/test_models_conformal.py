import numpy as np
import pytest

from forecast_cli.models.base import quantile_probabilities
from forecast_cli.models.conformal import ConformalWindows, symmetric_quantiles

LEVELS = (10.0, 50.0, 80.0, 95.0, 99.9)


@pytest.mark.parametrize("k", range(1, 18))
def test_offsets_are_the_quantiles_of_plus_and_minus_each_error(k: int):
    scores = np.abs(np.random.default_rng(k).normal(size=(k, 40, 5)))
    want = np.quantile(np.concatenate([-scores, scores]), quantile_probabilities(LEVELS), axis=0)
    np.testing.assert_allclose(symmetric_quantiles(scores, LEVELS), np.moveaxis(want, 0, -1), atol=1e-12)


def test_offsets_are_symmetric_about_a_median_of_zero():
    got = symmetric_quantiles(np.abs(np.random.default_rng(0).normal(size=(4, 3, 2))), LEVELS)
    assert (got[..., len(LEVELS)] == 0).all()
    np.testing.assert_array_equal(got, -got[..., ::-1])


def test_missing_score_leaves_no_interval_rather_than_a_wrong_one():
    scores = np.ones((5, 1, 2))
    scores[3, 0, 1] = np.nan
    got = symmetric_quantiles(scores, (80.0,))
    assert np.isfinite(got[0, 0]).all()
    assert np.isnan(got[0, 1, [0, 2]]).all()


def test_windows_are_as_many_as_there_is_room_for_between_two_and_the_most():
    windows = ConformalWindows(train=30, max_windows=10)
    assert windows.min_obs(h=7) == 44
    assert windows.count(np.array([43, 44, 51, 100, 101, 1000]), h=7).tolist() == [1, 2, 3, 10, 10, 10]
