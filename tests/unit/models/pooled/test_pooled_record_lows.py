"""Quantiles below an account's lowest balance: the rule worked by hand, and what is learned of it."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from forecast_cli.data.panel import Panel
from forecast_cli.models.auto import Auto
from forecast_cli.models.base import quantile_probabilities
from forecast_cli.models.normal_scores import normal_scores
from forecast_cli.models.pooled import learn as pooled_learn
from forecast_cli.models.pooled.learn import choose_windows, learn, learn_first_month
from forecast_cli.models.pooled.learned import Learned, months_of
from forecast_cli.models.pooled.record_lows import (
    NO_RULE,
    RecordLows,
    _probability_below,
    draw_to_lowest,
    learn_record_lows,
    lowest_balances,
)
from forecast_cli.models.pooled.windows import LOOK_BACK, list_windows, panel_at

PROBABILITIES = quantile_probabilities((20.0, 40.0, 60.0, 80.0, 95.0, 99.0))
ORIGIN = np.datetime64("2026-03-31", "D")


def panel_of(y: np.ndarray) -> Panel:
    lengths = np.count_nonzero(~np.isnan(y), axis=1)
    return Panel(pl.Series([f"A{row:03}" for row in range(len(y))]), y, lengths, np.full(len(y), ORIGIN))


def next_day(y: np.ndarray) -> Panel:
    """Return accounts whose origin lies in the month for which ``learned_from`` learns."""
    return replace(panel_of(y), origins=np.full(len(y), ORIGIN + np.timedelta64(1, "D")))


def draw(quantiles: list[float], median: float, rule: RecordLows) -> list[float]:
    """Return what becomes of quantiles around a lowest balance of 10, with 80 % intervals 4 wide."""
    outer = np.array([median - 2.0, median, median + 2.0])
    return draw_to_lowest(np.array(quantiles), outer, np.array(10.0), rule).tolist()


def test_a_rule_worked_by_hand() -> None:
    """With a margin of a quarter of a width of 4, a quantile 3 below the lowest balance of 10 is put at half of 2."""
    got = draw([2.0, 7.0, 9.0, 9.5, 10.0, 12.0], 11.0, RecordLows(0.25, 0.5))
    assert got == [6.5, 9.0, 10.0, 10.0, 10.0, 12.0]


def test_the_rule_fades_out_where_the_median_is_below_the_lowest_balance() -> None:
    """It counts half where the median is an eighth of the width below, and no more from a quarter on."""
    rule = RecordLows(0.25, 0.5)
    assert draw([7.0], 10.0, rule) == [9.0]
    assert draw([7.0], 9.5, rule) == [10.0 - 0.75 * (3.0 - 0.5)]
    assert draw([7.0, 8.0], 9.0, rule) == [7.0, 8.0]
    assert draw([7.0, 8.0], 3.0, rule) == [7.0, 8.0]


def test_an_interval_without_width_is_drawn_only_from_its_own_balance() -> None:
    """An account that rests at its lowest balance keeps the rule; one that is sure to fall below is left alone."""
    rule, flat = RecordLows(0.25, 0.5), np.full(3, 10.0)
    assert draw_to_lowest(np.array([6.0, 10.0]), flat, np.array(10.0), rule).tolist() == [8.0, 10.0]
    assert draw_to_lowest(np.array([5.0, 9.0]), flat - 1.0, np.array(10.0), rule).tolist() == [5.0, 9.0]


def test_no_rule_changes_nothing() -> None:
    assert draw([-3.0, 1.0, 2.0, 18.0], 10.5, NO_RULE) == [-3.0, 1.0, 2.0, 18.0]


@pytest.mark.parametrize(
    ("amount", "probability"),
    [(-1.0, 0.0), (0.0, 0.0), (0.5, 0.2), (2.0, 0.5), (3.0, 0.7), (4.0, 0.9), (5.0, 0.9)],
)
def test_the_probability_below_an_amount_lies_on_straight_lines(amount: float, probability: float) -> None:
    """The 10th percentile is 0, the median 2 and the 90th percentile 4."""
    got = _probability_below(np.array([[0.0, 2.0, 4.0]]), np.array([0.1, 0.5, 0.9]), np.array([amount]))
    assert got.tolist() == pytest.approx([probability])


def test_the_lowest_balance_is_that_of_the_known_days() -> None:
    y = np.array([[np.nan, 7.0, 8.0], [5.0, -2.0, 9.0]])
    assert lowest_balances(panel_of(y)).tolist() == [7.0, -2.0]


def windows(floor: float, count: int = 4_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Quantiles of a standard normal around a level, lowest balances near it, and outcomes held above a floor."""
    rng = np.random.default_rng(3)
    level = rng.normal(0.0, 5.0, (count, 2))
    lowest = level - rng.uniform(0.2, 2.0, (count, 2))
    came = np.maximum(level + rng.normal(size=(count, 2)), lowest - floor)
    return level[..., None] + normal_scores(PROBABILITIES), lowest, came


def learn_from(quantiles: np.ndarray, lowest: np.ndarray, came: np.ndarray) -> RecordLows:
    return learn_record_lows(quantiles, PROBABILITIES, lowest, came)


def test_where_quantiles_are_right_nothing_is_learned() -> None:
    rule = learn_from(*windows(floor=np.inf))
    assert rule.margin <= 0.05
    assert rule.depth >= 0.9


def test_where_no_balance_ever_falls_below_the_lowest_the_rule_is_strict() -> None:
    rule = learn_from(*windows(floor=0.0))
    assert 0.39 < rule.margin < 0.4
    assert 0.2 < rule.depth < 0.21


def test_records_that_are_shallow_have_a_small_depth() -> None:
    """Records are half as deep as quantiles say, and as many: their depth is a half, and they need no margin."""
    quantiles, lowest, came = windows(floor=np.inf)
    shallow = np.where(came < lowest, lowest - 0.5 * (lowest - came), came)
    rule = learn_from(quantiles, lowest, shallow)
    assert rule.margin <= 0.05
    assert 0.4 <= rule.depth <= 0.6


def test_few_windows_teach_little() -> None:
    """Three expected records, a knot on average, count half; twenty windows expect about as many."""
    rule = learn_from(*windows(floor=0.0, count=20))
    assert 0.15 < rule.margin < 0.25
    assert 0.5 < rule.depth < 0.7


def test_without_a_quantile_below_a_lowest_balance_nothing_is_learned() -> None:
    quantiles, lowest, came = windows(floor=np.inf)
    assert learn_from(quantiles, lowest - 100.0, came) == NO_RULE
    assert learn_from(quantiles[:0], lowest[:0], came[:0]) == NO_RULE


@pytest.mark.parametrize("factor", [0.25, 4.0])
def test_what_is_learned_does_not_depend_on_units(factor: float) -> None:
    quantiles, lowest, came = windows(floor=0.3)
    rule = learn_from(quantiles, lowest, came)
    scaled = learn_from(*(one * factor + 64.0 for one in (quantiles, lowest, came)))
    assert scaled.margin == pytest.approx(rule.margin)
    assert scaled.depth == pytest.approx(rule.depth)


def learned_from(y: np.ndarray) -> Learned:
    known = np.full((len(y), 1), ORIGIN.astype(np.int64))
    return learn(panel_of(y), np.array([ORIGIN + np.timedelta64(1, "D")]), known, h=30)


def spent_down(days: int) -> np.ndarray:
    rng, y, balance = np.random.default_rng(7), np.zeros((60, days)), np.zeros(60)
    payday = rng.integers(0, 30, 60)
    for day in range(days):
        balance += np.where(day % 30 == payday, 600.0, 0.0)
        balance -= np.minimum(balance, rng.gamma(1, 26, 60))
        y[:, day] = balance
    return np.round(y, 2)


@pytest.fixture(scope="module")
def barred() -> Learned:
    """Learned from accounts that are spent down to nothing after each payday, and never below."""
    return learned_from(spent_down(500))


def test_accounts_with_a_barrier_teach_a_rule_that_others_do_not(barred: Learned) -> None:
    strict = barred.vintages[0].record_lows
    assert strict.margin > 0.35
    assert strict.depth < 0.25
    walks = np.round(np.cumsum(np.random.default_rng(7).normal(0.0, 30.0, (60, 500)), axis=1), 2)
    free = learned_from(walks).vintages[0].record_lows
    assert free.margin <= 0.1
    assert free.depth >= 0.8


def test_an_account_whose_pay_ended_is_expected_to_fall_below_its_lowest_balance(barred: Learned) -> None:
    """It spends 30 a day, 40 above the lowest balance of a year: no rule, however strict, holds it there."""
    days = np.arange(400)
    y = np.where(days < 340, 1_000.0 - 30.0 * (days % 30), 1_840.0 - 30.0 * (days - 340))
    y += 40.0 - (y[-1] - 130.0)
    said = Auto(barred).fit(next_day(y[None])).forecast(30, (80.0,))
    middle = said.quantiles[0, :, 1]
    assert middle[-1] < y.min()


def test_windows_of_new_accounts_do_not_teach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = panel_of(np.cumsum(np.random.default_rng(4).normal(size=(40, 400)), axis=1))
    given: list[int] = []

    def record(quantiles: np.ndarray, probabilities: np.ndarray, lowest: np.ndarray, came: np.ndarray) -> RecordLows:
        given.append(len(lowest))
        return learn_record_lows(quantiles, probabilities, lowest, came)

    monkeypatch.setattr(pooled_learn, "learn_record_lows", record)
    month = months_of(panel.origins[:1])
    known = np.full((len(panel), 1), month[0].astype("datetime64[D]").astype(np.int64) - 1)
    learn_first_month(learn(panel, month, known, h=7), panel, known)
    windows = list_windows(panel, 7)
    windows = windows.take(choose_windows(windows, known[:, 0], 7, month[0]))
    lengths = panel_at(panel, windows, LOOK_BACK).lengths
    assert given == [np.count_nonzero(lengths > 90), 0], "those of first months are the last"
    assert 0 < given[0] < np.count_nonzero(lengths)


@pytest.mark.parametrize(("days", "held"), [(90, False), (91, True)])
def test_the_lowest_balance_of_a_new_account_is_no_record(barred: Learned, days: int, held: bool) -> None:
    panel = next_day(spent_down(days))
    free = replace(barred, vintages=tuple(replace(one, record_lows=NO_RULE) for one in barred.vintages))
    with_rule, without = (Auto(one).fit(panel).forecast(30, (95.0,)).quantiles for one in (barred, free))
    assert (with_rule >= without).all()
    assert (with_rule > without).any() == held
