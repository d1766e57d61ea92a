"""The mean that sample paths have: of known distributions, and of the paths themselves."""

import numpy as np
import polars as pl
import pytest

from forecast_cli.data.panel import Panel
from forecast_cli.models.auto import Auto
from forecast_cli.models.base import quantile_probabilities
from forecast_cli.models.normal_scores import normal_scores
from forecast_cli.models.path_levels import PATH_LEVELS, levels_to_request, mean_of_paths
from forecast_cli.risk.paths import shuffle_paths

PROBABILITIES = quantile_probabilities(PATH_LEVELS)


def test_mean_of_a_symmetric_distribution_is_its_median() -> None:
    quantiles = 7.0 + 3.0 * normal_scores(PROBABILITIES)
    assert mean_of_paths(quantiles[None, None]) == pytest.approx(np.array([[7.0]]))


def test_mean_of_a_skewed_distribution_is_near_the_true_one() -> None:
    """A log-normal distribution has the mean exp(1/8) at a standard deviation of 1/2 of its logarithm."""
    quantiles = np.exp(0.5 * normal_scores(PROBABILITIES))
    assert mean_of_paths(quantiles[None, None])[0, 0] == pytest.approx(np.exp(1 / 8), rel=0.01)


def test_mean_of_equal_quantiles_is_that_quantile() -> None:
    amounts = np.random.default_rng(1).integers(0, 10**12, (50, 1, 1)) / 100.0
    np.testing.assert_array_equal(mean_of_paths(amounts.repeat(13, axis=2)), amounts[:, :, 0])


def test_mean_of_auto_is_that_of_its_paths() -> None:
    y = np.cumsum(np.random.default_rng(3).gamma(0.2, 50.0, (2, 300)) - 10.0, axis=1) + 1e4
    origins = np.full(2, "2026-03-31", dtype="datetime64[D]")
    panel = Panel(pl.Series(["a", "b"]), y, np.array([300, 300]), origins)
    forecast = Auto().fit(panel).forecast(14, levels_to_request((50.0,)))
    paths = shuffle_paths(panel, forecast.at(PATH_LEVELS))
    np.testing.assert_allclose(forecast.mean, paths.mean(axis=1), rtol=1e-9)
    assert (paths.min(axis=2).mean(axis=1) <= forecast.mean.min(axis=1) + 1e-9).all(), "expected low, expected balance"


def test_mean_of_auto_does_not_depend_on_the_levels_asked_for() -> None:
    y = np.cumsum(np.random.default_rng(4).normal(0.0, 10.0, (1, 200)), axis=1)
    panel = Panel(pl.Series(["a"]), y, np.array([200]), np.array(["2026-03-31"], dtype="datetime64[D]"))
    few, many = (Auto().fit(panel).forecast(7, levels) for levels in ((80.0,), (10.0, 50.0, 80.0, 99.9)))
    np.testing.assert_array_equal(few.mean, many.mean)
