"""Updated models: the parameters of the fit, the newest balances, and nothing from days not seen."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import statsforecast.arima
import statsforecast.ets
import statsforecast.theta
from model_series import balances
from panels import panel_of
from statsforecast import models as reference

from forecast_cli.core.errors import ConfigError
from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.models.registry import REGISTRY, parse_model, validate_updatable
from forecast_cli.models.spec import as_is

LEVELS = (80.0, 95.0)
H = 9
LATER = 20
FORWARD = ["Holt", "AutoETS(7)", "MSTL(7)", "AutoTheta(7)", "DynamicOptimizedTheta(7)", "AutoARIMA(1)"]
ANEW = [name for name, spec in REGISTRY.items() if spec.make_updatable is as_is]
STUCK = ["auto", "SimpleExponentialSmoothing", "AutoCES", "MFLES"]


def ending(series: Sequence[np.ndarray], days_later: int = 0) -> Panel:
    panel = panel_of(*series)
    return replace(panel, origins=panel.origins + np.timedelta64(days_later, "D"))


def updated(model: str, older: Panel, newer: Panel) -> Forecast:
    return parse_model(model, (7,)).build_updatable().fit(older).update(newer).forecast(H, LEVELS)


def fitted_anew(model: str, panel: Panel) -> Forecast:
    return parse_model(model, (7,)).build().fit(panel).forecast(H, LEVELS)


def same(got: Forecast, want: Forecast) -> None:
    np.testing.assert_array_equal(got.mean, want.mean)
    np.testing.assert_array_equal(got.quantiles, want.quantiles)


def test_every_model_is_of_one_kind() -> None:
    able = {name for name, spec in REGISTRY.items() if spec.updatable}
    assert able == {label.partition("(")[0] for label in FORWARD + ANEW}
    assert set(REGISTRY) - able == set(STUCK), "a model without parameters has make_updatable=as_is in its spec"


@pytest.mark.parametrize("model", FORWARD + ANEW)
def test_at_its_own_fit_it_says_what_it_says_when_nothing_is_kept(model: str) -> None:
    panel = ending([balances(120), np.full(100, 7.0)])
    kept = parse_model(model, (7,)).build_updatable().fit(panel).forecast(H, LEVELS)
    same(kept, fitted_anew(model, panel))


@pytest.mark.parametrize("model", ANEW)
def test_a_model_without_parameters_takes_all_anew(model: str) -> None:
    y = balances(140)
    newer = ending([y], LATER)
    same(updated(model, ending([y[:-LATER]]), newer), fitted_anew(model, newer))


@pytest.mark.parametrize(
    ("model", "estimator"),
    [
        ("Holt", reference.Holt()),
        ("AutoETS(7)", reference.AutoETS(7, model="AZZ")),
        ("MSTL(7)", reference.MSTL([7], trend_forecaster=reference.AutoETS(model="AZN"))),
        ("AutoARIMA(1)", reference.AutoARIMA()),
    ],
)
def test_numbers_are_those_of_statsforecast_going_forward(model: str, estimator: reference._TS) -> None:
    y = balances(140)
    got = updated(model, ending([y[:-LATER]]), ending([y], LATER))
    want = estimator.fit(y[:-LATER]).forward(y=y, h=H, level=list(LEVELS))
    np.testing.assert_array_equal(got.mean[0], want["mean"])
    np.testing.assert_array_equal(got.quantiles[0, :, 0], want["lo-95.0"])
    np.testing.assert_array_equal(got.quantiles[0, :, -1], want["hi-95.0"])
    assert (got.quantiles != fitted_anew(model, ending([y], LATER)).quantiles).any()


@pytest.mark.parametrize("model", ["Holt", "AutoETS(7)", "MSTL(7)", "AutoARIMA(1)"])
def test_nothing_is_searched_for_after_the_fit(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    y = balances(140)
    fitted = parse_model(model, (7,)).build_updatable().fit(ending([y[:-LATER]]))

    def searched(*_: object, **__: object) -> None:
        raise AssertionError("learned again")

    monkeypatch.setattr(statsforecast.ets, "etsmodel", searched)
    monkeypatch.setattr(statsforecast.arima, "minimize", searched)
    got = fitted.update(ending([y], LATER)).forecast(H, LEVELS)
    assert got.failures == ()


@pytest.mark.parametrize("model", ["AutoTheta(7)", "DynamicOptimizedTheta(7)"])
def test_theta_goes_forward_with_its_parameters_and_its_additive_season(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways, parameters = [], []
    decompose, make = statsforecast.theta.seasonal_decompose, statsforecast.theta.thetamodel

    def spy_decompose(*args: object, **kwargs: object) -> object:
        ways.append(kwargs["model"])
        return decompose(*args, **kwargs)

    def spy_model(**kwargs: object) -> object:
        made = make(**kwargs)
        parameters.append((kwargs["modeltype"], made["par"]))
        return made

    y = balances(140)
    fitted = parse_model(model, (7,)).build_updatable().fit(ending([y[:-LATER]]))
    (kept,) = fitted.fitted.values()
    learned = kept.estimator.model_
    monkeypatch.setattr(statsforecast.theta, "seasonal_decompose", spy_decompose)
    monkeypatch.setattr(statsforecast.theta, "thetamodel", spy_model)
    assert fitted.update(ending([y], LATER)).forecast(H, LEVELS).failures == ()
    assert ways == ["additive"]
    assert parameters == [(learned["modeltype"], learned["par"])]


@pytest.mark.parametrize("model", FORWARD)
def test_an_account_not_seen_before_is_fitted_and_one_no_longer_there_is_forgotten(model: str) -> None:
    known, new = balances(140), balances(130, seed=5)
    older = ending([known[:-LATER], balances(100, seed=6)]).take([1, 0])
    whole = ending([known, balances(100, seed=6), new], LATER)
    got = updated(model, older, whole.take([0, 2]))
    alone = updated(model, ending([known[:-LATER]]), ending([known], LATER))
    np.testing.assert_array_equal(got.quantiles[0], alone.quantiles[0])
    np.testing.assert_array_equal(got.quantiles[1], fitted_anew(model, whole.take([2])).quantiles[0])


def test_an_account_that_could_not_be_fitted_is_fitted_as_soon_as_it_can() -> None:
    y = balances(60)
    older, newer = ending([y[:5]]), ending([y], 55)
    fitted = parse_model("MSTL", (7,)).build_updatable().fit(older)
    (failure,) = fitted.forecast(H, LEVELS).failures
    assert (failure.error, failure.message) == ("NotImplementedError", "tiny datasets")
    same(fitted.update(newer).forecast(H, LEVELS), fitted_anew("MSTL", newer))


@pytest.mark.parametrize("model", FORWARD)
def test_a_history_that_begins_later_goes_on_from_the_day_of_the_fit(model: str) -> None:
    y = balances(140)
    older = ending([y[:-LATER]])
    same(updated(model, older, ending([y[LATER:]], LATER)), updated(model, older, ending([y], LATER)))


def test_a_history_that_begins_after_what_was_seen_is_fitted() -> None:
    y = balances(200)
    newer = ending([y[-60:]], 140)
    same(updated("Holt", ending([y[:60]]), newer), fitted_anew("Holt", newer))
    joined = ending([y[60:120]], 60)
    assert (updated("Holt", ending([y[:60]]), joined).mean != fitted_anew("Holt", joined).mean).any()


def test_models_that_have_to_learn_again_are_refused_by_name_with_those_that_can() -> None:
    with pytest.raises(ConfigError) as caught:
        validate_updatable([parse_model(label, (7,)) for label in ("MFLES(7,30)", "Naive", "AutoCES")])
    assert caught.value.message.startswith("models MFLES(7,30), AutoCES: cannot take newer balances")
    listed = caught.value.message.partition("models that can: ")[2].split(", ")
    assert listed == [name for name in REGISTRY if name not in STUCK]
    with pytest.raises(ConfigError, match=r"^model MFLES: "):
        parse_model("MFLES", (7,)).build_updatable()
