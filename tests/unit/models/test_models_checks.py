import numpy as np
import pytest

from forecast_cli.models.base import Forecast, RowFailure
from forecast_cli.models.checks import AccountFacts, check_forecast

LEVELS = (80.0,)


def facts(low: float = 0.0, high: float = 1000.0, volatility: float = 10.0, days: int = 31) -> AccountFacts:
    return AccountFacts(np.array([low]), np.array([high]), np.array([volatility]), np.array([days]))


def forecast(quantiles: list[list[float]], mean: float = 500.0) -> Forecast:
    values = np.array([quantiles])
    return Forecast(np.full(values.shape[:2], mean), values, LEVELS)


def errors(got: Forecast) -> list[str]:
    return [failure.error for failure in got.failures]


def test_sound_forecast_passes_as_it_is():
    said = forecast([[400.0, 500.0, 600.0]])
    got = check_forecast(said, facts())
    assert got.failures == ()
    assert got.quantiles is said.quantiles


def test_crossing_by_rounding_is_sorted():
    got = check_forecast(forecast([[500.0 + 1e-8, 500.0, 600.0]]), facts())
    assert got.failures == ()
    assert got.quantiles[0, 0].tolist() == [500.0, 500.0 + 1e-8, 600.0]


def test_crossing_by_more_is_a_failure_with_the_numbers():
    got = check_forecast(forecast([[400.0, 500.0, 600.0], [501.0, 500.0, 600.0]]), facts())
    (failure,) = got.failures
    assert (failure.error, failure.message) == ("Crossed", "quantile 501 lies above the next, 500, at step 2")
    assert np.isnan(got.mean).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_not_finite_is_a_failure(bad: float):
    got = check_forecast(forecast([[400.0, 500.0, 600.0], [400.0, bad, 600.0]]), facts())
    assert got.failures == (RowFailure(0, "NotFinite", f"{bad} at step 2, 1 of 2 steps"),)


def test_reach_is_ten_times_range_and_volatility_over_the_horizon():
    ceiling = 1000 + 10 * (1000 + 10 * np.sqrt(4.0)) + 1
    inside = check_forecast(forecast([[400.0, 500.0, ceiling]] * 4), facts())
    outside = check_forecast(forecast([[400.0, 500.0, ceiling + 1]] * 4), facts())
    assert (errors(inside), errors(outside)) == ([], ["Exploding"])
    assert "allowed for balances from 0 to 1000" in outside.failures[0].message


def test_the_range_of_the_first_month_says_little() -> None:
    """10 times the range, 1,000, the volatility of a day, 10, and with 30 days the largest balance, 1,000."""
    inside, outside = (forecast([[400.0, 500.0, high]]) for high in (21_090.0, 21_110.0))
    assert (errors(check_forecast(inside, facts(days=30))), errors(check_forecast(inside, facts()))) == (
        [],
        ["Exploding"],
    )
    assert errors(check_forecast(outside, facts(days=30))) == ["Exploding"]


def test_mean_may_not_explode_either():
    assert errors(check_forecast(forecast([[400.0, 500.0, 600.0]], mean=1e48), facts())) == ["Exploding"]


def test_reach_can_be_left_unbounded():
    said = forecast([[400.0, 500.0, 1e9]])
    assert errors(check_forecast(said, facts(), reach=np.inf)) == []


def test_failure_of_before_is_kept_and_not_judged_again():
    before = RowFailure(0, "LinAlgError", "Singular matrix")
    said = Forecast(np.full((1, 1), np.nan), np.full((1, 1, 3), np.nan), LEVELS, (before,))
    assert check_forecast(said, facts()).failures == (before,)
