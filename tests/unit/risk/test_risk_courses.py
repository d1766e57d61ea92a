"""Past courses among sample paths: unchanged, from days similar to the origin, and in the number the model gives."""

from dataclasses import replace

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast, PathShares
from forecast_cli.models.normal import normal_forecast
from forecast_cli.models.path_levels import PATH_LEVELS
from forecast_cli.risk.courses import select_near_courses
from forecast_cli.risk.lows import find_lows
from forecast_cli.risk.panel_lows import panel_lows
from forecast_cli.risk.paths import shuffle_paths

H = 10


def wallet(seed: int, days: int = 200) -> np.ndarray:
    """Spent day by day, filled up whenever less than a few are left."""
    rng, balance, out = np.random.default_rng(seed), 20.0, []
    for spent in rng.gamma(1.5, 3, days) * (rng.random(days) < 0.5):
        balance -= spent
        balance += 25.0 if balance < 5.0 else 0.0
        out.append(balance)
    return np.array(out)


def forecast_of(panel: Panel, *share: float) -> Forecast:
    mean = np.repeat(panel.y[:, -1:], H, axis=1)
    said = normal_forecast(mean, np.full((len(panel), H), 4.0), levels=PATH_LEVELS)
    return replace(said, shares=replace(PathShares.plain(len(share)), past=np.array(share))) if share else said


def by_hand(series: list[float], h: int, count: int) -> list[list[float]]:
    """The same written out."""
    starts = list(range(len(series) - h))
    nearest = sorted(starts, key=lambda day: (abs(series[day] - series[-1]), -day))
    near = nearest[: max(10, -(-len(starts) // 5))]
    return [series[day + 1 : day + 1 + h] for day in (near[k * len(near) // count] for k in range(count))]


@pytest.mark.parametrize(("days", "count"), [(200, 100), (200, 7), (61, 40), (40, 30), (14, 40), (11, 3)])
def test_courses_are_of_the_days_nearest_to_today(days: int, count: int) -> None:
    series = np.round(wallet(3, days))
    [courses] = select_near_courses(panel_of(series, padding=30), H, count)
    assert courses.T.tolist() == by_hand(series.tolist(), H, count)


def test_a_probability_is_the_mixture_of_both() -> None:
    series, limits = wallet(1), np.array([[4.0, 6.0, 8.0, 15.0]])
    panel = panel_of(series)
    mixed = find_lows(shuffle_paths(panel, forecast_of(panel, 0.4)), limits, (7, H))
    past = np.array(by_hand(series.tolist(), H, 40))[None]
    own = shuffle_paths(panel, forecast_of(panel), n_paths=60)
    for name in ("prob_below", "days_below", "expected_low"):
        two = [getattr(find_lows(paths, limits, (7, H)), name) for paths in (past, own)]
        np.testing.assert_allclose(getattr(mixed, name), 0.4 * two[0] + 0.6 * two[1], rtol=1e-12)
    lows = np.sort(np.concatenate([past[0], own[0]]).min(axis=1))
    assert mixed.low_q50[0, 1] == pytest.approx((lows[49] + lows[50]) / 2)


def test_where_the_share_is_all_paths_are_past_courses_and_where_it_is_none_nothing_changes() -> None:
    series = wallet(1)
    panel = panel_of(series, wallet(2))
    whole, none = shuffle_paths(panel, forecast_of(panel, 1.0, 0.0)), shuffle_paths(panel, forecast_of(panel))
    assert whole[0].tolist() == by_hand(series.tolist(), H, 100)
    np.testing.assert_array_equal(whole[1], none[1])
    np.testing.assert_array_equal(shuffle_paths(panel, forecast_of(panel, 0.0, 0.0)), none)


def test_an_account_without_a_past_course_keeps_its_paths_and_one_without_a_forecast_has_none() -> None:
    panel = panel_of(wallet(1, H), wallet(2, H + 1), wallet(3))
    said, plain = forecast_of(panel, 1.0, 1.0, 1.0), forecast_of(panel)
    said.mean[2], said.quantiles[2] = np.nan, np.nan
    paths = shuffle_paths(panel, said)
    np.testing.assert_array_equal(paths[0], shuffle_paths(panel, plain)[0])
    assert (paths[1] == wallet(2, H + 1)[1:]).all()
    assert np.isnan(paths[2]).all()


def test_neither_neighbours_nor_padding_change_a_bit() -> None:
    series, shares = [wallet(4, 90), wallet(5, 300), wallet(6, 33), wallet(7, 200)], [0.4, 1.0, 0.6, 0.0]
    together = panel_of(*series, padding=50)
    limits = np.tile([4.0, 6.0, 8.0, 15.0], (4, 1))
    said = panel_lows(together, {"auto": forecast_of(together, *shares)}, limits)["auto"]
    for row, (one, share) in enumerate(zip(series, shares, strict=True)):
        alone = panel_of(one)
        own = panel_lows(alone, {"auto": forecast_of(alone, share)}, limits[:1])["auto"]
        for name in ("prob_below", "days_below", "expected_low", "low_q05", "first_below"):
            np.testing.assert_array_equal(getattr(own, name)[0], getattr(said, name)[row])


@pytest.mark.parametrize("share", [0.0, 0.4, 0.6, 0.8, 1.0])
def test_probabilities_never_fall_with_the_window_or_the_threshold_and_dates_agree_with_them(share: float) -> None:
    panel = panel_of(*(wallet(seed) for seed in range(20)))
    limits = np.tile(np.arange(0.0, 35.0, 2.5), (20, 1))
    told = find_lows(shuffle_paths(panel, forecast_of(panel, *[share] * 20)), limits, (3, 7, H))
    assert (np.diff(told.prob_below, axis=1) >= 0).all()
    assert (np.diff(told.prob_below, axis=2) >= 0).all()
    assert (np.isnan(told.first_below) == (told.prob_below[..., None] < np.array([0.1, 0.5, 0.9]) - 1e-9)).all()
    assert (told.low_q05 <= told.low_q50).all()
