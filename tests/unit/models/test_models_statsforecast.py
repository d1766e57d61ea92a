"""The adapter: the same numbers as statsforecast, failures returned as values, and no output or warnings."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import statsforecast.ets
from model_series import balances
from panels import panel_of
from statsforecast import models as reference
from statsforecast.utils import ConformalIntervals

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.models.registry import REGISTRY, parse_model
from forecast_cli.models.spec import ModelKind
from forecast_cli.models.statsforecast_adapter import Estimator, SeriesModel

LEVELS = (33.3, 80.0, 99.5)
H = 9
SERIES_MODELS = [name for name, spec in REGISTRY.items() if spec.kind is ModelKind.SERIES]


def say(model: str, series: Sequence[np.ndarray], h: int = H) -> Forecast:
    return parse_model(model, (7,)).build().fit(panel_of(*series)).forecast(h, LEVELS)


def conformal(windows: int) -> ConformalIntervals:
    return ConformalIntervals(n_windows=windows, h=H)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("SeasonalWindowAverage", reference.SeasonalWindowAverage(7, 3, prediction_intervals=conformal(10))),
        ("Holt", reference.Holt()),
        ("AutoETS", reference.AutoETS(7, model="AZZ")),
        ("AutoCES", reference.AutoCES(7, prediction_intervals=conformal(4))),
        ("MSTL", reference.MSTL([7], trend_forecaster=reference.AutoETS(model="AZN"))),
        ("MSTL(7,30)", reference.MSTL([7, 30], trend_forecaster=reference.AutoETS(model="AZN"))),
        ("MFLES", reference.MFLES([7], multiplicative=False, prediction_intervals=conformal(10))),
        ("AutoARIMA(1)", reference.AutoARIMA()),
    ],
)
def test_numbers_are_those_of_statsforecast(name: str, same: reference._TS):
    y = balances(150)
    got, want = say(name, [y]), same.forecast(y=y, h=H, level=list(LEVELS))
    np.testing.assert_allclose(got.mean[0], want["mean"], rtol=1e-12)
    np.testing.assert_allclose(got.quantiles[0, :, 3], want["mean"], rtol=1e-12)
    for place, key in enumerate(["lo-99.5", "lo-80.0", "lo-33.3"]):
        np.testing.assert_allclose(got.quantiles[0, :, place], want[key], rtol=1e-12)
    for place, key in enumerate(["hi-33.3", "hi-80.0", "hi-99.5"]):
        np.testing.assert_allclose(got.quantiles[0, :, 4 + place], want[key], rtol=1e-12)


def test_simple_exponential_smoothing_is_the_optimized_one_with_its_normal_intervals():
    y = balances(150)
    got = say("SimpleExponentialSmoothing", [y])
    want = reference.SimpleExponentialSmoothingOptimized().fit(y).predict(H, level=list(LEVELS))
    np.testing.assert_allclose(got.mean[0], want["mean"], rtol=1e-12)
    np.testing.assert_allclose(got.quantiles[0, :, 0], want["lo-99.5"], rtol=1e-12)


@pytest.mark.parametrize("name", ["AutoTheta", "DynamicOptimizedTheta"])
def test_theta_has_statsforecast_mean_and_width_but_in_float64(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Panel, "seed_of", lambda _panel, _row: 0)  # the one seed statsforecast itself draws with
    y = balances(150)
    got = say(name, [y])
    want = getattr(reference, name)(7, decomposition_type="additive").forecast(y=y, h=H, level=list(LEVELS))
    np.testing.assert_allclose(got.mean[0], want["mean"], rtol=1e-12)
    for place, level in ((0, 99.5), (1, 80.0)):
        width = got.quantiles[0, :, -1 - place] - got.quantiles[0, :, place]
        np.testing.assert_allclose(width, want[f"hi-{level}"] - want[f"lo-{level}"], rtol=1e-4)
    large = say(name, [y + 2.0**40]).quantiles
    assert (large != large.astype(np.float32)).all()


def test_seasonal_pool_has_the_last_season_as_mean_and_the_same_samples_every_time():
    y = balances(150)
    got = say("ConformalSeasonalPool", [y])
    np.testing.assert_array_equal(got.mean[0], np.tile(y[-7:], 2)[:H])
    np.testing.assert_array_equal(got.quantiles, say("ConformalSeasonalPool", [y]).quantiles)
    seed = panel_of(y).seed_of(0)
    paths = reference.ConformalSeasonalPool(7).fit(y).simulate(H, 1000, seed=seed)
    np.testing.assert_allclose(got.quantiles[0, :, 1], np.quantile(paths, 0.1, axis=0))


@pytest.mark.parametrize("name", ["Holt", "AutoETS", "MSTL"])
def test_no_multiplicative_form_is_ever_tried(name: str, monkeypatch: pytest.MonkeyPatch):
    tried = []
    fit = statsforecast.ets.etsmodel

    def spy(y, m, errortype, trendtype, seasontype, damped, *args, **kwargs):  # type: ignore[no-untyped-def]
        tried.append(f"{errortype}{trendtype}{seasontype}")
        return fit(y, m, errortype, trendtype, seasontype, damped, *args, **kwargs)

    monkeypatch.setattr(statsforecast.ets, "etsmodel", spy)
    assert say(name, [balances(120)]).failures == ()
    assert tried
    assert not any("M" in form for form in tried)


def test_auto_ets_goes_without_a_long_season():
    y = balances(120)
    np.testing.assert_array_equal(say("AutoETS(30)", [y]).quantiles, say("AutoETS(1)", [y]).quantiles)


@pytest.mark.parametrize("name", SERIES_MODELS)
def test_does_all_levels_at_its_least_number_of_observations(name: str):
    choice = parse_model(name, (7,))
    got = say(name, [balances(choice.min_obs(H))])
    assert got.failures == ()
    assert np.isfinite(got.mean).all()
    assert (np.diff(got.quantiles, axis=2) >= 0).all()


@pytest.mark.parametrize("name", SERIES_MODELS)
def test_account_has_the_same_bits_alone_and_among_others(name: str):
    panel = panel_of(balances(130, seed=4), balances(100), np.full(100, 7.0))
    model = parse_model(name, (7,)).build()
    among, alone = (model.fit(part).forecast(H, LEVELS) for part in (panel, panel.take([1])))
    np.testing.assert_array_equal(among.quantiles[1], alone.quantiles[0])


@pytest.mark.parametrize("name", ["AutoTheta", "DynamicOptimizedTheta", "ConformalSeasonalPool"])
def test_what_is_drawn_follows_the_seed_of_the_run_and_the_account(name: str):
    panel = panel_of(balances(100), balances(100))
    model = parse_model(name, (7,)).build()
    one, other = (model.fit(replace(panel, seed=seed)).forecast(H, LEVELS).quantiles for seed in (1, 2))
    assert (one != other).any()
    assert (one[0] != one[1]).any()
    np.testing.assert_array_equal(one, model.fit(replace(panel, seed=1)).forecast(H, LEVELS).quantiles)


def test_failing_account_is_named_and_the_others_go_on():
    got = say("MSTL", [balances(100), balances(5), balances(100)])
    (failure,) = got.failures
    assert (failure.row, failure.error, failure.message) == (1, "NotImplementedError", "tiny datasets")
    assert np.isnan(got.mean[1]).all()
    assert np.isfinite(got.mean[[0, 2]]).all()


def test_nothing_is_printed_or_warned_of(capfd: pytest.CaptureFixture[str]):
    say("ConformalSeasonalPool(30)", [balances(12)])
    SeriesModel(Estimator("MFLES", {"verbose": True})).fit(panel_of(np.ones(3))).forecast(2, LEVELS)
    assert capfd.readouterr() == ("", "")


def test_account_itself_is_left_as_it_was():
    y = balances(100)
    panel = panel_of(y)
    parse_model("MSTL", (7,)).build().fit(panel).forecast(H, LEVELS)
    np.testing.assert_array_equal(panel.y[0], y)
