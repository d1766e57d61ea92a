"""Paths below zero of accounts that never were: how many are left, and which."""

from dataclasses import replace

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.models.base import Forecast, PathShares, quantile_probabilities
from forecast_cli.models.ladder import forecast_panel
from forecast_cli.models.normal_scores import normal_scores
from forecast_cli.models.path_levels import PATH_LEVELS
from forecast_cli.models.pooled.zero_rule import (
    FADE,
    UNLEARNED,
    ZeroTrainingSet,
    has_short_history,
    keep_below_zero,
    learn_zero_rules,
    never_below_zero,
)
from forecast_cli.models.registry import parse_model
from forecast_cli.risk.floors import raise_to_zero
from forecast_cli.risk.paths import shuffle_paths


@pytest.mark.parametrize(
    ("probability", "share", "left"),
    [
        (0.0, 0.1, 0.0),
        (0.01, 0.1, 0.01),
        (0.1, 1.0, 0.1),
        (0.1, 0.5, 0.06),
        (0.25, 0.5, 0.19),
        (0.4, 0.1, 0.33),
        (0.5, 0.1, 0.5),
        (0.9, 0.1, 0.9),
    ],
)
def test_a_small_probability_is_multiplied_by_the_share_and_a_half_is_left_whole(
    probability: float, share: float, left: float
) -> None:
    """0.25 becomes 0.25 (0.5 + 0.5 x 0.5) = 0.1875, and the next whole path of a hundred is the 19th."""
    said = np.array([probability])
    assert keep_below_zero(said, said, share=share, fade=2.0).tolist() == pytest.approx([left])


def test_what_is_spread_over_many_days_is_still_rare() -> None:
    """0.8 on some day but 0.1 on each: 0.8 (0.25 + 0.75 x 0.2) is left."""
    left = keep_below_zero(np.array([0.8, 0.8, 0.8]), np.array([0.1, 0.5, 0.8]), share=0.25, fade=2.0)
    assert left.tolist() == pytest.approx([0.32, 0.8, 0.8])


@pytest.mark.parametrize(("fade", "left"), [(2.0, [0.8, 0.8]), (1.0, [0.5, 0.8]), (0.0, [0.2, 0.2])])
def test_with_a_fade_of_one_only_a_certain_fall_is_left_whole_and_with_none_not_even_that(
    fade: float, left: list[float]
) -> None:
    """Half of them, and all, on one day: with a fade of 1, 0.8 (0.25 + 0.75 x 0.5) is left."""
    assert keep_below_zero(np.array([0.8, 0.8]), np.array([0.5, 1.0]), share=0.25, fade=fade).tolist() == pytest.approx(
        left
    )


def test_what_is_more_likely_stays_more_likely() -> None:
    left = keep_below_zero(np.arange(101) / 100, np.arange(101) / 100, share=0.1, fade=2.0)
    assert (np.diff(left) >= 0.0).all()


def shares_of(*zero: float, past: float = 0.0, fade: float = 2.0) -> PathShares:
    return PathShares(np.full(len(zero), past), np.array(zero), np.full(len(zero), fade))


def test_zero_is_special_only_for_accounts_that_never_had_less() -> None:
    y = np.ones((2, 91))
    y[:, 3] = 0.0, -0.01
    assert never_below_zero(panel_of(*y)).tolist() == [True, False]
    assert never_below_zero(panel_of(*y[:, :31])).tolist() == [True, False], "new accounts"


def test_the_lowest_paths_are_left_and_all_others_are_raised_to_zero() -> None:
    """Of ten paths five are below zero: of 0.1 left and all left, the two lowest and all five."""
    one = np.array([[4.0] * 10, [3.0, -1.0, 6.0, -4.0, 2.0, -2.0, 1.0, -3.0, 5.0, -5.0]])
    paths = np.stack([one, one, one])
    raise_to_zero(shares_of(0.1, 1.0, 0.6), paths)
    assert (paths[:, 0] == 4.0).all()
    assert paths[1].tolist() == one.tolist()
    assert paths[0, 1].tolist() == one[1].tolist(), "half of them or more are left as they are"
    few = np.stack([one + 2.5])
    raise_to_zero(shares_of(0.1), few)
    assert few[0, 1].tolist() == [5.5, 1.5, 8.5, -1.5, 4.5, 0.5, 3.5, 0.0, 7.5, -2.5], "0.3 becomes 0.192"


def test_with_no_fade_however_many_fall_on_a_day_the_share_is_the_same() -> None:
    paths = np.array([[[1.0, -1.0, 4.0, -4.0, 2.0, -2.0, 3.0, -3.0, 5.0, -5.0]]])
    raise_to_zero(shares_of(0.2, fade=0.0), paths)
    assert paths.tolist() == [[[1.0, 0.0, 4.0, 0.0, 2.0, 0.0, 3.0, 0.0, 5.0, -5.0]]], "0.5 x 0.2 of ten"


def test_a_path_is_raised_on_each_of_its_days() -> None:
    """Of ten paths two fall below zero, and one is left: that with the lowest low."""
    paths = np.ones((1, 3, 10))
    paths[0, :, 0], paths[0, :, 1] = [1.0, -1.0, -2.0], [-9.0, -8.0, 3.0]
    raise_to_zero(shares_of(0.1), paths)
    assert paths[0, :, 0].tolist() == [1.0, 0.0, 0.0]
    assert paths[0, :, 1].tolist() == [-9.0, -8.0, 3.0]
    assert (paths[0, :, 2:] == 1.0).all()


def test_paths_of_a_forecast_fall_below_zero_as_its_share_says() -> None:
    panel = panel_of(np.arange(200.0) + 10.0, np.arange(200.0) + 20.0)
    normal = 10.0 + 10.0 * normal_scores(quantile_probabilities(PATH_LEVELS))
    quantiles = np.tile(normal, (2, 1, 1))
    shares = {
        share: shuffle_paths(panel, Forecast(np.full((2, 1), 10.0), quantiles, PATH_LEVELS, shares=shares_of(*share)))
        for share in ((1.0, 1.0), (0.2, 1.0))
    }
    whole, fewer = (paths[:, :, 0] for paths in shares.values())
    assert (whole < 0.0).mean(axis=1).tolist() == [0.16, 0.16]
    assert (fewer < 0.0).mean(axis=1).tolist() == [0.08, 0.16], "0.16 (0.2 + 0.8 x 0.32) is 0.073"
    np.testing.assert_array_equal(fewer[whole >= 0.0], whole[whole >= 0.0])


def test_past_courses_stay_as_they_were() -> None:
    """Four paths in ten are past courses, all above zero; of the other sixty, some are raised."""
    panel = panel_of(np.arange(200.0) + 10.0)
    normal = 10.0 + 10.0 * normal_scores(quantile_probabilities(PATH_LEVELS))
    said = Forecast(np.full((1, 1), 10.0), normal[None, None], PATH_LEVELS)
    shares = (shares_of(share, past=0.4) for share in (1.0, 0.2))
    whole, fewer = (shuffle_paths(panel, replace(said, shares=each))[0, :, 0] for each in shares)
    np.testing.assert_array_equal(fewer[:40], whole[:40])
    assert (whole[:40] > 0.0).all()
    assert ((whole < 0.0).sum(), (fewer < 0.0).sum()) == (10, 5), "60 x 1/6 (0.2 + 0.8 x 1/3) is 4.7"


def test_rows_without_a_forecast_stay_nan() -> None:
    paths = np.full((1, 2, 10), np.nan)
    raise_to_zero(shares_of(0.2), paths)
    assert np.isnan(paths).all()


def windows(fell: float, count: int = 4_000, *, short: bool = False, high: float = 0.2) -> ZeroTrainingSet:
    """Probabilities of a fall below zero, and falls that occur in a share ``fell`` of their number."""
    rng = np.random.default_rng(2)
    probability = np.round(rng.uniform(0.0, high, count), 2)
    event = (rng.uniform(size=count) < fell * probability).astype(float)
    return ZeroTrainingSet(probability, probability, event, np.full(count, short))


def learned_share(training: ZeroTrainingSet) -> float:
    return learn_zero_rules(training)[0].share


def test_the_share_is_that_which_past_windows_show() -> None:
    assert learned_share(windows(1.0)) == pytest.approx(1.0, abs=0.15)
    assert 0.15 < learned_share(windows(0.5)) < 0.45, "0.13 (w + (1 - w) 0.26) is half of 0.13 where w is 0.32"
    assert learned_share(windows(0.0)) == pytest.approx(0.1, abs=0.01)
    all_came = ZeroTrainingSet(np.ones(9), np.full(9, 0.25), np.ones(9), np.zeros(9, dtype=np.bool_))
    assert learned_share(all_came) == pytest.approx(0.85), "all came: 9 / 12 of 1.0, and 3 / 12 of 0.4"


def test_few_expected_falls_teach_little() -> None:
    """Three expected falls, of which none came: half of 0.1, and half of the 0.4 of where nothing was learned."""
    long = np.zeros(30, dtype=np.bool_)
    assert learned_share(ZeroTrainingSet(np.full(30, 0.1), np.full(30, 0.1), np.zeros(30), long)) == pytest.approx(0.25)
    for count in (0, 9):
        nothing = ZeroTrainingSet(*np.zeros((3, count)), long[:count])
        assert learn_zero_rules(nothing) == (UNLEARNED, UNLEARNED)


@pytest.mark.parametrize(("fell", "share", "fade"), [(1.0, 1.0, FADE), (0.3, 0.3, 0.0)])
def test_a_short_history_has_a_fade_of_its_own(fell: float, share: float, fade: float) -> None:
    """Falls that come as often as was said leave all; those that do not make half of the paths on a day mean little."""
    long, short = learn_zero_rules(windows(fell, short=True, high=1.0))
    assert long == UNLEARNED, "nothing was learned for it"
    assert short.share == pytest.approx(share, abs=0.02)
    assert short.fade == fade


def test_a_fade_of_one_is_found_where_falls_come_as_it_says() -> None:
    probability = np.round(np.random.default_rng(6).uniform(size=4_000), 2)
    came = probability * (0.2 + 0.8 * probability)
    event = (np.random.default_rng(7).uniform(size=4_000) < came).astype(float)
    _, short = learn_zero_rules(ZeroTrainingSet(probability, probability, event, np.ones(4_000, dtype=np.bool_)))
    assert (short.share, short.fade) == (pytest.approx(0.2, abs=0.11), 1.0)


def test_long_and_short_histories_are_learned_apart_and_a_long_one_keeps_its_fade() -> None:
    seldom, often = windows(0.3, short=True, high=1.0), windows(0.3, high=1.0)
    both = ZeroTrainingSet(
        *(
            np.concatenate([getattr(part, name) for part in (seldom, often)])
            for name in ("probability", "on_a_day", "event", "short")
        )
    )
    assert learn_zero_rules(both) == (learn_zero_rules(often)[0], learn_zero_rules(seldom)[1])
    assert learn_zero_rules(both)[0].fade == FADE
    assert learn_zero_rules(both)[1].fade != FADE


def test_no_more_than_ninety_days_or_than_the_horizon_are_a_short_history() -> None:
    panel = panel_of(*(np.arange(float(days)) for days in (5, 90, 91, 120, 121)))
    assert has_short_history(panel, 30).tolist() == [True, True, False, False, False]
    assert has_short_history(panel, 120).tolist() == [True, True, True, True, False]


def shares_by(name: str, *series: np.ndarray) -> tuple[list[float], list[float], tuple[str | None, ...]]:
    said = forecast_panel(panel_of(*series), parse_model(name, ()), h=30, levels=PATH_LEVELS)
    assert said.forecast.shares is not None
    return said.forecast.shares.zero.tolist(), said.forecast.shares.zero_fade.tolist(), said.model_used


def test_where_nothing_was_learned_four_tenths_are_left_of_accounts_that_never_were_below() -> None:
    """Accounts with own errors go by them, younger ones by Naive, and the newest by the error profile, as it is."""
    rng = np.random.default_rng(4)
    series = [200.0 + rng.normal(size=days).cumsum() for days in (300, 60, 20)]
    assert shares_by("auto", *series) == ([0.4, 0.4, 1.0], [FADE, 0.0, 0.0], ("auto", "Naive", "LastValue"))
    been_below = [np.concatenate([[-1.0], one]) for one in series]
    assert shares_by("auto", *been_below)[0] == [1.0, 1.0, 1.0]


def test_naive_goes_by_three_years_and_leaves_accounts_that_never_moved_to_the_error_profile() -> None:
    walk = 100.0 + np.abs(np.random.default_rng(4).normal(size=1500).cumsum())
    long_ago, lately = walk.copy(), walk.copy()
    long_ago[10], lately[-900] = -1.0, -1.0
    assert shares_by("Naive", long_ago, lately, np.full(60, 9.0))[0] == [0.4, 1.0, 1.0]


def test_naive_leaves_four_tenths_whoever_asks_for_it() -> None:
    rng = np.random.default_rng(4)
    walk = 5.0 + rng.normal(size=(40, 60)).cumsum(axis=1)
    never = walk - walk.min(axis=1, keepdims=True)
    panel = panel_of(*never)
    naive = forecast_panel(panel, parse_model("Naive", ()), h=30, levels=PATH_LEVELS).forecast
    assert naive.shares is not None
    assert naive.shares.zero.tolist() == [0.4] * 40
    left, all_of_them = (
        (shuffle_paths(panel, one).min(axis=2) < 0.0).mean() for one in (naive, replace(naive, shares=None))
    )
    assert left == pytest.approx(0.4 * all_of_them, abs=0.01)
    seasonal = forecast_panel(panel, parse_model("SeasonalNaive", (7,)), h=30, levels=PATH_LEVELS)
    assert seasonal.forecast.shares is None, "the paths of other models stay as they are"
