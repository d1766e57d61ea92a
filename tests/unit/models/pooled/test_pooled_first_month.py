"""The first month of accounts: windows of 2 to 30 days of history, the scale, and what is learned from them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from panels import panel_of

from forecast_cli.core.errors import ConfigError
from forecast_cli.core.ledger import TOO_SHORT
from forecast_cli.data.panel import Panel, cut_panel
from forecast_cli.engine.path_shares import learn_path_shares
from forecast_cli.models.auto import Auto
from forecast_cli.models.base import Forecast
from forecast_cli.models.ladder import forecast_panel
from forecast_cli.models.path_levels import PATH_LEVELS
from forecast_cli.models.pooled.learn import learn, learn_first_month
from forecast_cli.models.pooled.learned import Learned, months_of
from forecast_cli.models.pooled.outlook import scale_of
from forecast_cli.models.pooled.weekly import weekly_rows
from forecast_cli.models.pooled.windows import LOOK_BACK, list_first_windows, list_windows, panel_at
from forecast_cli.models.pooled.zero_rule import ZeroRule
from forecast_cli.models.registry import parse_model
from forecast_cli.risk.paths import shuffle_paths
from forecast_cli.store.layout import LEARNED_SCORES, LEARNED_TREES
from forecast_cli.store.learned_tables import learned_frames, read_learned

H, DAYS, LEVELS = 10, 200, (80.0,)


def wallets(count: int, seed: int) -> NDArray[np.float64]:
    """Small sums spent, a round one put in whenever few are left; some accounts have ten times the sums of others."""
    rng = np.random.default_rng(seed)
    size = np.where(np.arange(count) % 2, 10.0, 1.0)
    spent = rng.gamma(1.5, 3, (count, DAYS)) * (rng.random((count, DAYS)) < 0.5)
    balance, y = np.full(count, 20.0), np.empty((count, DAYS))
    for day in range(DAYS):
        balance = balance - spent[:, day]
        balance += 25.0 * np.ceil(np.maximum(5.0 - balance, 0.0) / 25.0)
        y[:, day] = balance
    return y * size[:, None]


def panel_from(y: NDArray[np.float64], prefix: str) -> Panel:
    ids = pl.Series([f"{prefix}{row:03}" for row in range(len(y))])
    return Panel(ids, y, np.full(len(y), y.shape[1]), np.full(len(y), np.datetime64("2026-06-30")))


def learned_from(panel: Panel) -> Learned:
    months = months_of(panel.origins)
    known = np.full((len(panel), 1), months[0].astype("datetime64[D]").astype(np.int64) - 1)
    return learn_first_month(learn(panel, months, known, h=H), panel, known)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_from(wallets(60, seed=1), "w")


@pytest.fixture(scope="module")
def learned(panel: Panel) -> Learned:
    return learned_from(panel)


def forecast(panel: Panel, learned: Learned) -> Forecast:
    return Auto(learned).fit(panel).forecast(H, LEVELS)


def test_windows_know_no_more_than_thirty_days_of_their_account() -> None:
    panel = panel_of(*[np.arange(400.0)] * 30)
    windows, later = list_first_windows(panel, H), list_windows(panel, H)
    assert set(later.day.tolist()) < set(windows.day.tolist())
    then = panel_at(panel, windows, LOOK_BACK)
    start = int(panel.origins[0].astype("datetime64[D]").astype(np.int64)) - 399
    assert set(then.lengths.tolist()) == set(range(2, 31))
    assert (then.lengths <= windows.day - start + 1).all()
    assert int(windows.day.min()) - start + 1 < 17, "the first window begins within the first days"
    assert ((windows.day - start) + H < 400).all()


def test_the_scale_lies_between_the_moves_and_the_size_of_the_balance() -> None:
    """Moves of 10 and 6 make 8 times the square root of 30; sizes are 1,010 and 110, the larger of last and mean."""
    up, down = [1000.0, 1010.0, 1004.0], [-100.0, -110.0, -104.0]
    moves = 8 * 30**0.5
    mean_down = (100 + 110 + 104) / 3
    found = scale_of(panel_of(up, down, [0.0, 0.0], [7.0, 7.0], [5.0]))
    assert found.tolist() == pytest.approx([(moves * 3014 / 3) ** 0.5, (moves * mean_down) ** 0.5, 0.0, 0.0, 0.0])
    whole = np.cumsum(np.random.default_rng(3).normal(size=31)) + 1000.0
    assert scale_of(panel_of(whole[1:]))[0] > 2 * scale_of(panel_of(whole))[0], "31 days count by their moves alone"


def test_thirty_days_are_the_first_month_and_thirty_one_are_not(panel: Panel, learned: Learned) -> None:
    without = replace(learned, first_month=())
    first, later = cut_panel(panel, 30), cut_panel(panel, 31)
    assert {failure.error for failure in forecast(first, without).failures} == {TOO_SHORT}
    assert forecast(first, learned).failures == ()
    np.testing.assert_array_equal(forecast(later, without).quantiles, forecast(later, learned).quantiles)
    other = replace(learned, vintages=())
    np.testing.assert_array_equal(forecast(first, other).quantiles, forecast(first, learned).quantiles)


def test_a_till_emptied_to_nothing_is_weekly_and_said_to_fall_below_zero_as_seldom_as_its_share_says() -> None:
    rng = np.random.default_rng(6)
    takings = 100.0 * np.exp(0.3 * rng.normal(size=(60, DAYS)))
    weekday = (np.arange(DAYS) + rng.integers(0, 7, size=(60, 1))) % 7
    tills = np.zeros((60, DAYS))
    for day in range(1, DAYS):
        tills[:, day] = np.where(weekday[:, day] == 0, 0.0, tills[:, day - 1] + takings[:, day])
    learned = learned_from(panel_from(tills, "t"))
    rule = ZeroRule(0.1, 2.0)
    told = replace(learned, first_month=tuple(replace(one, short_zero_rule=rule) for one in learned.first_month))
    new = cut_panel(panel_from(tills, "n"), 20)
    said = forecast_panel(new, replace(parse_model("auto", ()), learned=told), h=H, levels=PATH_LEVELS)
    assert said.forecast.shares is not None
    weekly = np.isin(np.arange(60), weekly_rows(new))
    assert weekly.mean() > 0.5
    assert said.forecast.shares.zero_fade.tolist() == np.where(weekly, 0.0, 2.0).tolist()
    low = shuffle_paths(new, said.forecast).min(axis=2)
    assert ((low < 0.0).mean(axis=1)[weekly] <= 0.11).all(), "0.1 of all, in whole paths"
    apart = replace(said.forecast.shares, zero_fade=np.full(60, 2.0))
    assert (shuffle_paths(new, replace(said.forecast, shares=apart)).min(axis=2) < 0.0).mean() > 0.3


def test_an_account_that_has_not_moved_yet_is_left_to_others(learned: Learned) -> None:
    still = panel_of([5.0] * 30, [5.0] * 31, [5.0, 6.0], end=np.datetime64("2026-06-30"))
    said = forecast(still, learned)
    (failure,) = said.failures
    assert (failure.row, failure.error, failure.message) == (
        0,
        TOO_SHORT,
        "30 days of history, at least 31 needed",
    )
    nothing = Auto().fit(still).forecast(H, LEVELS)
    assert [failure.message.split(", ")[1] for failure in nothing.failures] == ["at least 70 needed"] * 2


@pytest.mark.parametrize("days", [2, 9, 30])
def test_intervals_of_accounts_that_were_not_learned_from_hold_about_as_often_as_they_say(
    days: int, learned: Learned
) -> None:
    y = wallets(200, seed=5)
    known = panel_from(y[:, 50 : 50 + days], "x")
    known = known.take(np.flatnonzero((np.diff(known.y) != 0.0).any(axis=1)))
    said = forecast(known, learned)
    came = np.stack([y[int(name[1:]), 50 + days : 50 + days + H] for name in known.ids])
    assert said.failures == ()
    held = ((came >= said.quantiles[:, :, 0]) & (came <= said.quantiles[:, :, -1])).mean()
    assert 0.7 < held < 0.9


def test_balances_four_times_as_large_have_forecasts_four_times_as_large(panel: Panel, learned: Learned) -> None:
    first = cut_panel(panel, 12)
    said, larger = forecast(first, learned), forecast(replace(first, y=4.0 * first.y), learned)
    np.testing.assert_array_equal(larger.quantiles, 4.0 * said.quantiles)
    np.testing.assert_array_equal(larger.mean, 4.0 * said.mean)


def test_later_days_change_nothing_that_was_learned(panel: Panel, learned: Learned) -> None:
    cut = Panel(panel.ids, panel.y[:, :-30], panel.lengths - 30, panel.origins - np.timedelta64(30, "D"))
    months = months_of(panel.origins)
    known = np.full((len(cut), 1), months[0].astype("datetime64[D]").astype(np.int64) - 1)
    (then,) = learn_first_month(learn(cut, months, known, h=H), cut, known).first_month
    (whole,) = learned.first_month
    assert len(then.forest) == len(whole.forest) > 0
    for one, other in zip(then.forest, whole.forest, strict=True):
        np.testing.assert_array_equal(one.threshold, other.threshold)
        np.testing.assert_array_equal(one.values, other.values)


def test_paths_below_zero_are_learned_from_first_months_alone(panel: Panel, learned: Learned) -> None:
    known = np.full((len(panel), 1), learned.vintages[0].as_of.astype("datetime64[D]").astype(np.int64) - 1)
    (found,) = learn_path_shares(learned, panel, known, look_back=LOOK_BACK).first_month
    assert found.short_zero_rule.share < 0.5, "these accounts never fall below zero"
    none = replace(learned, first_month=())
    assert learn_path_shares(none, panel, known, look_back=LOOK_BACK).first_month == ()


def test_it_is_read_back_as_it_was(panel: Panel, learned: Learned, tmp_path: Path) -> None:
    for name, frame in learned_frames(learned).items():
        frame.write_parquet(tmp_path / name)
    again = read_learned(tmp_path, h=H)
    for some in (cut_panel(panel, 9), panel):
        np.testing.assert_array_equal(forecast(some, again).quantiles, forecast(some, learned).quantiles)
    trees = pl.read_parquet(tmp_path / LEARNED_TREES)
    trees.filter(~pl.col("first_month")).write_parquet(tmp_path / LEARNED_TREES)
    with pytest.raises(ConfigError, match=f"{LEARNED_TREES} is .* damaged: its days are not those of the scores"):
        read_learned(tmp_path, h=H)
    assert pl.read_parquet(tmp_path / LEARNED_SCORES)["first_month"].any()
