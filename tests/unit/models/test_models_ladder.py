from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.core.ledger import Flag, Status
from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, RowFailure
from forecast_cli.models.ladder import LadderForecast, forecast_panel
from forecast_cli.models.naive import MIN_OBS
from forecast_cli.models.registry import ModelChoice, parse_model

LEVELS = (80.0, 95.0)
H = 14


def walk(days: int, seed: int = 1) -> np.ndarray:
    return 1000.0 + np.cumsum(np.random.default_rng(seed).normal(0, 30, days))


def climb(series: Sequence[np.ndarray], model: str = "SeasonalNaive(7)", h: int = H) -> LadderForecast:
    return forecast_panel(panel_of(*series), parse_model(model, (30,)), h=h, levels=LEVELS)


@dataclass(frozen=True)
class Says:
    """A model that says what it is told to, whatever it sees."""

    mean: float = 1000.0
    spread: float = 50.0
    errors: tuple[RowFailure, ...] = ()
    taken_apart: tuple[str, ...] = ()

    def fit(self, panel: Panel) -> "Fixed":
        return Fixed(self, len(panel))


@dataclass(frozen=True)
class Fixed:
    says: Says
    n: int

    def forecast(self, h: int, levels: tuple[float, ...]) -> Forecast:
        mean = np.full((self.n, h), self.says.mean)
        steps = np.linspace(-1, 1, 2 * len(levels) + 1)
        quantiles = mean[:, :, None] + self.says.spread * steps
        return Forecast(mean, quantiles, levels, self.says.errors, taken_apart=self.says.taken_apart)


def saying(model: Says) -> ModelChoice:
    choice = parse_model("SeasonalNaive(7)", (30,))
    return replace(choice, label="Says", spec=replace(choice.spec, name="Says", build=lambda _seasons: model))


def test_goes_as_asked_under_the_label_asked_for():
    got = climb([walk(100)], "SeasonalNaive( 7 )")
    assert got.model_used == ("SeasonalNaive( 7 )",)
    assert got.outcomes == ()
    assert got.flags == ((),)


def test_every_account_gets_a_forecast_down_to_one_observation():
    got = climb([walk(days) for days in (1, 2, MIN_OBS - 1, MIN_OBS, 13, 14, 400)], "SeasonalNaive(30)")
    assert np.isfinite(got.forecast.mean).all()
    assert (np.diff(got.forecast.quantiles, axis=2) >= 0).all()
    assert got.model_used == (*["LastValue"] * 3, "Naive", *["LastValue"] * 2, "SeasonalNaive(30)")


def test_short_account_is_a_fallback_with_the_reason_and_a_flag():
    got = climb([walk(40)], "SeasonalNaive(30)")
    (outcome,) = got.outcomes
    assert (outcome.row, outcome.status, outcome.model_used, outcome.error) == (0, Status.FALLBACK, "Naive", "TooShort")
    assert outcome.message == "40 days of history, at least 60 needed"
    assert got.flags == ((Flag.SHORT,),)


def test_an_account_that_the_model_itself_calls_too_short_has_the_flag():
    """As auto does where too few windows were learned: it then needs more days than its spec says."""
    errors = (RowFailure(0, "TooShort", "59 days of history, at least 90 needed"),)
    got = forecast_panel(panel_of(walk(59), walk(100)), saying(Says(errors=errors)), h=H, levels=LEVELS)
    assert got.model_used == ("Naive", "Says")
    assert got.flags == ((Flag.SHORT,), ())


def test_a_forecast_of_a_history_shorter_than_the_models_own_days_leans_on_other_accounts():
    choice = saying(Says())
    leaning = replace(choice, spec=replace(choice.spec, own_days=100))
    got = forecast_panel(panel_of(walk(99), walk(100), walk(13)), leaning, h=H, levels=LEVELS)
    assert got.flags == ((Flag.LEANING,), (), (Flag.SHORT, Flag.POOLED_INTERVAL)), "a simpler model leans on nobody"


def test_last_rung_keeps_the_last_value_and_says_that_its_interval_is_pooled():
    got = climb([np.array([500.0])])
    assert (got.forecast.mean == 500.0).all()
    assert (got.forecast.quantiles[0, :, 2] == 500.0).all()
    assert got.flags == ((Flag.SHORT, Flag.POOLED_INTERVAL),)
    assert got.outcomes[0].message == (
        f"1 day of history, at least 14 needed; Naive: 1 day of history, at least {MIN_OBS} needed"
    )


def test_naive_asked_for_is_not_tried_twice():
    got = climb([walk(3)], "Naive")
    assert got.model_used == ("LastValue",)
    assert "Naive:" not in got.outcomes[0].message


def test_constant_account_gets_a_pooled_interval_of_some_width_and_keeps_its_mean():
    got = climb([np.full(200, 750.0), walk(200)])
    assert (got.forecast.mean[0] == 750.0).all()
    assert got.forecast.quantiles[0, -1, -1] - got.forecast.quantiles[0, -1, 0] > 1
    assert got.flags == ((Flag.CONSTANT, Flag.POOLED_INTERVAL), ())
    assert got.outcomes == ()


def test_account_at_zero_forever_says_that_its_interval_has_no_width():
    got = climb([np.zeros(200)])
    assert (got.forecast.quantiles == 0).all()
    assert got.flags == ((Flag.CONSTANT, Flag.POOLED_INTERVAL, Flag.ZERO_WIDTH),)


@pytest.mark.parametrize(("spread", "flags"), [(1.0, (Flag.ZERO_WIDTH,)), (50.0, ())])
def test_an_interval_has_no_width_by_the_measure_of_the_accounts_own_moves(spread: float, flags: tuple[Flag, ...]):
    """It moves by 30 million a day: a width of 2 is a rounding error, one of 100 is not."""
    got = forecast_panel(panel_of(1e6 * walk(200)), saying(Says(mean=1e9, spread=spread)), h=H, levels=LEVELS)
    assert got.flags == (flags,)


@pytest.mark.parametrize(
    ("model", "error", "words"),
    [
        (Says(mean=np.nan), "NotFinite", "nan at step 1, 14 of 14 steps"),
        (Says(spread=-50.0), "Crossed", "lies above the next"),
        (Says(mean=1e48), "Exploding", "allowed for balances from"),
        (Says(spread=1e6), "Exploding", "forecast from -999000 to 1.001e+06"),
        (Says(errors=(RowFailure(0, "LinAlgError", "Singular matrix"),)), "LinAlgError", "Singular matrix"),
    ],
)
def test_bad_output_goes_down_the_ladder_with_its_name(model: Says, error: str, words: str):
    panel = panel_of(walk(200))
    got = forecast_panel(panel, saying(model), h=H, levels=LEVELS)
    want = forecast_panel(panel, parse_model("Naive", (30,)), h=H, levels=LEVELS)
    (outcome,) = got.outcomes
    assert (outcome.status, outcome.model_used, outcome.error) == (Status.FALLBACK, "Naive", error)
    assert words in outcome.message
    np.testing.assert_array_equal(got.forecast.quantiles, want.forecast.quantiles)


def test_failure_lands_on_the_row_of_the_panel_when_shorter_rows_stand_before_it():
    panel = panel_of(walk(3), walk(200), walk(200, seed=2))
    model = Says(errors=(RowFailure(1, "ValueError", "no"),))
    got = forecast_panel(panel, saying(model), h=H, levels=LEVELS)
    assert [(outcome.row, outcome.error) for outcome in got.outcomes] == [(0, "TooShort"), (2, "ValueError")]
    assert got.model_used == ("LastValue", "Says", "Naive")


def test_blocks_that_a_model_took_apart_itself_are_passed_on():
    model = Says(taken_apart=("Naive: IndexError",))
    got = forecast_panel(panel_of(walk(200)), saying(model), h=H, levels=LEVELS)
    assert got.forecast.taken_apart == ("Naive: IndexError",)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_account_without_a_finite_last_balance_fails_alone(poison: float):
    bad = walk(100)
    bad[-1] = poison
    got = climb([walk(100, seed=5), bad])
    alone = climb([walk(100, seed=5)])
    assert got.model_used == ("SeasonalNaive(7)", None)
    assert got.outcomes[0].status is Status.FAILED
    assert got.forecast.failures[0].row == 1
    assert np.isnan(got.forecast.mean[1]).all()
    np.testing.assert_array_equal(got.forecast.quantiles[0], alone.forecast.quantiles[0])


def test_empty_panel_gives_an_empty_forecast():
    got = climb([])
    assert got.forecast.mean.shape == (0, H)
    assert got.model_used == got.outcomes == got.flags == ()
