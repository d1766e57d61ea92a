"""Thresholds as text and as amounts."""

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.config.settings import Settings
from forecast_cli.config.thresholds import check_threshold, is_amount, is_percentile, threshold_columns
from forecast_cli.risk.thresholds import threshold_amounts


def noise(seed: int, days: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(size=days))


@pytest.mark.parametrize("text", ["p1", "p5", "p10", "p50", "p99"])
@pytest.mark.parametrize("days", [1, 2, 3, 10, 365, 700])
def test_a_percentile_is_of_the_last_365_days(text: str, days: int) -> None:
    series, neighbour = noise(1, days), noise(2, 500)
    found = threshold_amounts(panel_of(series, neighbour), (text,), {})[:, 0]
    wanted = [np.percentile(one[-365:], float(text[1:])) for one in (series, neighbour)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_an_amount_is_an_amount_and_a_column_is_looked_up_beside_a_percentile() -> None:
    told = {"credit_limit": np.array([-200.0, np.nan])}
    panel = panel_of(np.array([1.0, 3.0, 2.0]), np.array([5.0, 5.0, 5.0]))
    found = threshold_amounts(panel, ("-12.5", "credit_limit", "p50", "0"), told)
    np.testing.assert_array_equal(found, [[-12.5, -200.0, 2.0, 0.0], [-12.5, np.nan, 5.0, 0.0]])


@pytest.mark.parametrize("text", ["0", "500", "-12.5", "0.07", "1e3", "1E-2"])
def test_a_number_is_an_amount(text: str) -> None:
    assert is_amount(check_threshold(text))
    assert not is_percentile(text)


@pytest.mark.parametrize("text", ["", " ", "p0", "p100", "p200", "p2.5", "p-1"])
def test_what_can_be_no_threshold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a percentile from p1 to p99"):
        check_threshold(text)


@pytest.mark.parametrize("text", ["000", "007", "-00.5", ".5", "+5", "1.2.3", "1e400"])
def test_what_is_written_almost_as_an_amount_is_neither_amount_nor_column(text: str) -> None:
    with pytest.raises(ValueError, match="commas separate thresholds: 1,000 is two"):
        check_threshold(text)


def test_one_amount_is_one_threshold_however_it_is_written() -> None:
    assert Settings(threshold=("0", "0.0", "-0", "p10", "500", "5e2", "500.00", "p10")).threshold == ("0", "p10", "500")
    assert Settings(threshold=("-0.00",)).threshold == ("0",)


def test_a_percentile_between_equal_balances_is_that_balance() -> None:
    """0.1 * 0.6 + 0.1 * 0.4 is not 0.1: the balance would lie under its own percentile."""
    for days in range(31, 400):
        panel = panel_of(np.full(days, 0.1))
        assert threshold_amounts(panel, ("p10", "p25"), {})[0].tolist() == [0.1, 0.1]


def test_what_is_neither_amount_nor_percentile_is_a_column() -> None:
    assert threshold_columns(("p10", "0", "limit", "pay", "p10x", "1e3", "limit")) == ("limit", "pay", "p10x")
