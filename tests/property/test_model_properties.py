"""Properties of models for any balances: accounts do not influence each other, and block models scale and shift."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import panel_of

from forecast_cli.core.ledger import Status
from forecast_cli.models.ladder import LadderForecast, forecast_panel
from forecast_cli.models.registry import REGISTRY, parse_model
from forecast_cli.models.spec import ModelKind
from forecast_cli.risk.paths import shuffle_paths

BLOCK_MODELS = [name for name, spec in REGISTRY.items() if spec.kind is ModelKind.BLOCK]
#: Models that take withdrawals and deposits differently.
ONE_SIDED = ("auto", "RecurringEvents")
POISONS = (np.nan, np.inf, -np.inf, 1e300, -1e300, 1e15)

models = st.sampled_from([*BLOCK_MODELS, "SeasonalNaive(1)", "SeasonalNaive(30)", "WindowAverage(1)"])
horizons = st.sampled_from([1, 2, 7, 30, 31, 366])
levels = st.lists(st.floats(0.5, 99.9), min_size=1, max_size=4, unique=True).map(lambda some: tuple(sorted(some)))


@st.composite
def account(draw: st.DrawFn) -> np.ndarray:
    """Daily balances of 1 to 300 days that stand still most days, in cents, of any size; some never move."""
    days = draw(st.integers(1, 300))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    moves = rng.normal(0, 10.0 ** draw(st.integers(-2, 6)), days) * (
        rng.random(days) < draw(st.sampled_from([0, 0.2, 1]))
    )
    return np.round(draw(st.sampled_from([0.0, 0.1, -350.0, 12_345.67])) + np.cumsum(moves), 2)


accounts = st.lists(account(), min_size=1, max_size=6)


def climb(
    series: Sequence[np.ndarray], model: str, h: int, some: tuple[float, ...] = (80.0, 95.0), padding: int = 0
) -> LadderForecast:
    return forecast_panel(panel_of(*series, padding=padding), parse_model(model, (7,)), h=h, levels=some)


def assert_same_row(got: LadderForecast, row: int, want: LadderForecast, other: int) -> None:
    np.testing.assert_array_equal(got.forecast.mean[row], want.forecast.mean[other])
    np.testing.assert_array_equal(got.forecast.quantiles[row], want.forecast.quantiles[other])
    assert got.model_used[row] == want.model_used[other]
    assert got.flags[row] == want.flags[other]
    reasons = [
        {(each.status, each.error, each.message) for each in said.outcomes if each.row == place}
        for said, place in ((got, row), (want, other))
    ]
    assert reasons[0] == reasons[1]


@given(accounts, models, horizons, levels)
def test_every_account_of_any_length_has_a_finite_ordered_forecast(
    series: list[np.ndarray], model: str, h: int, some: tuple[float, ...]
):
    got = climb(series, model, h, some)
    assert np.isfinite(got.forecast.mean).all()
    assert (np.diff(got.forecast.quantiles, axis=2) >= 0).all()
    assert all(used is not None for used in got.model_used)


@given(accounts, models, horizons, st.integers(0, 70))
def test_account_has_the_same_bits_alone_and_with_any_padding(
    series: list[np.ndarray], model: str, h: int, padding: int
):
    together = climb(series, model, h, padding=padding)
    for row, one in enumerate(series):
        assert_same_row(together, row, climb([one], model, h), 0)


@given(accounts, models, horizons, st.randoms(use_true_random=False))
def test_order_of_accounts_changes_nothing(series: list[np.ndarray], model: str, h: int, random: object):
    order = list(range(len(series)))
    random.shuffle(order)  # type: ignore[attr-defined]
    got, shuffled = climb(series, model, h), climb([series[row] for row in order], model, h)
    for place, row in enumerate(order):
        assert_same_row(got, row, shuffled, place)


@given(accounts, account(), models, horizons, st.sampled_from(POISONS), st.data())
def test_poisoned_account_changes_no_other_and_is_accounted_for(
    series: list[np.ndarray], bad: np.ndarray, model: str, h: int, poison: float, data: st.DataObject
):
    bad = bad.copy()
    bad[data.draw(st.integers(0, len(bad) - 1))] = poison
    place = data.draw(st.integers(0, len(series)))
    got = climb([*series[:place], bad, *series[place:]], model, h)
    clean = climb(series, model, h)
    for row in range(len(series)):
        assert_same_row(got, row + (row >= place), clean, row)
    failed = {each.row for each in got.outcomes if each.status is Status.FAILED}
    assert failed == {row for row, used in enumerate(got.model_used) if used is None}
    assert np.isfinite(np.delete(got.forecast.mean, list(failed), axis=0)).all()


@given(accounts, models, horizons, levels)
def test_intervals_are_nested_by_level(series: list[np.ndarray], model: str, h: int, some: tuple[float, ...]):
    outer = (99.95,)
    inner, wide = climb(series, model, h, some), climb(series, model, h, (*some, *outer))
    np.testing.assert_array_equal(inner.forecast.quantiles, wide.forecast.quantiles[:, :, 1:-1])


@pytest.mark.parametrize("model", BLOCK_MODELS)
@given(accounts, horizons)
def test_quantiles_of_block_models_do_not_cross_by_rounding_either(model: str, series: list[np.ndarray], h: int):
    some = (1.0, 50.0, 80.0, 95.0, 99.0, 99.9, 99.95, 99.99)
    quantiles = parse_model(model, (7,)).build().fit(panel_of(*series)).forecast(h, some).quantiles
    known = quantiles[np.isfinite(quantiles).all(axis=(1, 2))]
    assert (np.diff(known, axis=2) >= 0).all()


@pytest.mark.parametrize("model", BLOCK_MODELS)
@given(account(), horizons, st.integers(-20, 20), st.booleans())
def test_block_models_scale_with_the_balance(model: str, one: np.ndarray, h: int, power: int, mirrored: bool):
    """Mirrored balances too, but for models that know money received from money paid."""
    mirrored &= model not in ONE_SIDED
    factor = 2.0**power * (-1 if mirrored else 1)
    got = parse_model(model, (7,)).build().fit(panel_of(one * factor)).forecast(h, (50.0, 80.0))
    want = parse_model(model, (7,)).build().fit(panel_of(one)).forecast(h, (50.0, 80.0))
    quantiles = want.quantiles[:, :, ::-1] if mirrored else want.quantiles
    np.testing.assert_array_equal(got.mean, want.mean * factor)
    np.testing.assert_array_equal(got.quantiles, quantiles * factor)


@pytest.mark.parametrize("model", BLOCK_MODELS)
@given(account(), horizons, st.floats(-1e6, 1e6))
def test_block_models_shift_with_the_balance(model: str, one: np.ndarray, h: int, shift: float):
    got = parse_model(model, (7,)).build().fit(panel_of(one + shift)).forecast(h, (50.0, 80.0))
    want = parse_model(model, (7,)).build().fit(panel_of(one)).forecast(h, (50.0, 80.0))
    tolerance = 1e-9 * (np.abs(one).max() + abs(shift)) * h
    np.testing.assert_allclose(got.mean, want.mean + shift, rtol=0, atol=tolerance)
    np.testing.assert_allclose(got.quantiles, want.quantiles + shift, rtol=0, atol=tolerance)


@pytest.mark.parametrize("model", BLOCK_MODELS)
def test_balances_that_may_not_be_written_to_are_forecast_all_together(model: str):
    panel = panel_of(*(np.cumsum(np.random.default_rng(row).normal(0, 10, 400)).round(2) for row in range(3)))
    want = parse_model(model, (7,)).build().fit(panel).forecast(30, (50.0, 80.0))
    paths = shuffle_paths(panel, want)
    panel.y.setflags(write=False)
    got = parse_model(model, (7,)).build().fit(panel).forecast(30, (50.0, 80.0))
    np.testing.assert_array_equal(got.quantiles, want.quantiles)
    np.testing.assert_array_equal(shuffle_paths(panel, got), paths)


@settings(max_examples=10)
@given(accounts, st.integers(0, 40))
def test_slow_models_too_give_an_account_the_same_bits_alone(series: list[np.ndarray], padding: int):
    together = climb(series, "MSTL", 14, padding=padding)
    for row, one in enumerate(series):
        assert_same_row(together, row, climb([one], "MSTL", 14), 0)
