"""The score of a candidate and its parts, against slow loops and by hand."""

import math

import numpy as np
import pytest
from panels import panel_of
from recurring_accounts import balances, from_compiled, payments, weekdays

from forecast_cli.models.months import match_months
from forecast_cli.models.recurring.block import build_block
from forecast_cli.models.recurring.candidates import count_below, find_fullest_ranges, log_ratio, rank_candidates
from forecast_cli.models.recurring.events import Kind
from forecast_cli.models.recurring.logs import log_table
from forecast_cli.models.recurring.model import RecurringEvents
from forecast_cli.models.recurring.payments import log_share
from forecast_cli.models.recurring.records import CANDIDATE, PAYMENT, STREAM
from forecast_cli.models.recurring.rest_course import mean_steps
from forecast_cli.models.recurring.reversion import Reversion, fit_reversion, path_squared_errors
from forecast_cli.models.recurring.settle import select_streams

#: How many times its lower end the upper end of a range is, at most, by width.
RATIOS = (1 + 2.0**-15, 1.083, 1.383, 1.93, 20.0)
#: Numbers of amounts of a range, less one, that are looked for, up to 32.
STEPS = (*range(1, 10), 11, 13, 15, 17, 20, 23, 27, 32)


def test_score_is_the_log_likelihood_ratio():
    # 12 hits in 20 due days, 3 such flows on 680 other days
    p = 3.5 / 681
    want = 12 * math.log(0.6 / p) + 8 * math.log(0.4 / (1 - p))
    assert from_compiled(log_ratio, 12, 20, 3, 680, log_table()) == pytest.approx(want)


def test_score_is_nothing_where_other_days_are_hit_as_often():
    assert from_compiled(log_ratio, 2, 20, 100, 680, log_table()) == 0.0


def test_score_of_due_days_paid_late_and_missed():
    own, other = (12, 7, 1), (4, 300, 396)
    for here, there in zip(own, other, strict=True):
        want = here * math.log(here / 20 / ((2 * there + 1) / 1403))
        assert from_compiled(log_share, here, 20, there, 1403, log_table()) == pytest.approx(want)


def test_keys_below_three_bounds_are_counted_at_once():
    rng = np.random.default_rng(4)
    for n in (*range(1, 40), 63, 64, 65, 730):
        keys = np.sort(rng.integers(0, 2 * n, n)) << 32 | np.arange(n)
        for bounds in (rng.integers(-1, 2 * n + 1, 3) << 32).tolist(), [0, int(keys[-1]), 2**62]:
            assert list(from_compiled(count_below, keys, *bounds)) == np.searchsorted(keys, bounds).tolist()


@pytest.mark.parametrize("seed", range(20))
def test_range_is_the_fullest_of_its_width_and_the_narrowest_that_is_as_full(seed: int):
    rng = np.random.default_rng(seed)
    line = np.sort(np.round(rng.uniform(20, 400, rng.integers(2, 34)), rng.integers(0, 2))).astype(np.float32)
    first, more = np.zeros(4, dtype=np.int64), np.zeros(4, dtype=np.int64)
    with_room, ratios_of_steps = np.append(line, np.full(16, np.inf, dtype=np.float32)), np.zeros(8, dtype=np.uint32)
    from_compiled(find_fullest_ranges, with_room, len(line), np.array([2, 3, 4, 6]), first, more, ratios_of_steps)
    for width, fewest in enumerate((2, 3, 4, 6)):
        ratios = {
            (low, high): line[high] / line[low]
            for low in range(len(line))
            for high in range(low + fewest - 1, len(line))
            if high - low in STEPS and line[high] / line[low] <= np.float32(RATIOS[width]) * (1 + 2.0**-17)
        }
        most = max((high - low for low, high in ratios), default=0)
        assert more[width] == most
        if most:
            narrowest = min(ratio for (low, high), ratio in ratios.items() if high - low == most)
            assert line[first[width] + most] / line[first[width]] == pytest.approx(narrowest, rel=2.0**-15)


@pytest.mark.parametrize("n", [0, 1, 31, 32, 33, 120])
def test_strongest_candidates_come_first_and_of_those_as_strong_the_first_phase(n: int):
    rng, found = np.random.default_rng(n), np.zeros(n, dtype=CANDIDATE)
    found["score"], found["place"] = rng.integers(0, 12, n), rng.integers(0, 5, n)
    order = np.zeros(33, dtype=np.int64)
    want = sorted(range(n), key=lambda at: (-found["score"][at], found["place"][at], at))[:32]
    assert order[: from_compiled(rank_candidates, found, order)].tolist() == want


def test_stream_without_strength_is_not_settled_though_no_other_is_like_it():
    block = build_block(panel_of(balances(days=60)), slice(0, 1), 60)
    streams, due = np.zeros(3, dtype=STREAM), np.zeros(0, dtype=PAYMENT)
    streams["median"], streams["strength"], streams["seed"] = [10.0, 90.0, 10.5], [20.0, 0.0, 25.0], [0, 1, 2]
    assert select_streams(block, streams, due)["seed"].tolist() == [2]


def test_reversion_is_the_least_squares_line_drawn_to_its_prior():
    """The noise of the second account is small beside the span of its balances: its own days count for more."""
    rng = np.random.default_rng(0)
    y = np.cumsum(rng.normal(0, 10, (2, 200)), axis=1)
    y[1] += np.arange(200) * 40.0
    weights = []
    rest = np.diff(y, axis=1, prepend=np.nan)
    got = fit_reversion(y, rest)
    for row in range(2):
        before, after = y[row, :-1], rest[row, 1:]
        own = ((before - before.mean()) ** 2).sum()
        slope = ((before - before.mean()) * after).sum() / own
        assert got.level[row] == pytest.approx(before.mean())
        assert got.drift[row] == pytest.approx(after.mean())
        weights.append(min(after.var() / 0.01**2 / own, 1.0))
        pull = (weights[row] * 0.01 - slope) / (1 + weights[row])
        assert got.pull[row] == pytest.approx(min(max(pull, 0.0), 0.2))
    assert weights == [1.0, pytest.approx(0.001, abs=2e-4)]


def test_savings_that_grow_evenly_go_on_growing():
    y = np.arange(400)[None] * 15.0
    reversion = fit_reversion(y, np.diff(y, axis=1, prepend=np.nan))
    assert reversion.pull[0] == 0.0
    assert reversion.path(y[:, -1], *np.zeros((2, 2, 1, 30)))[0, -1] == pytest.approx(y[0, -1] + 450.0)


def test_path_goes_by_the_recursion():
    y = np.cumsum(np.random.default_rng(1).normal(0, 10, (1, 200)), axis=1)
    reversion = fit_reversion(y, np.diff(y, axis=1, prepend=np.nan))
    flow, gain, want, last = np.array([5.0, 0.0, -3.0]), np.array([0.0, -0.4, 0.1]), [], y[0, -1]
    for step in range(3):
        last = (
            last + flow[step] + gain[step] * last + reversion.drift[0] - reversion.pull[0] * (last - reversion.level[0])
        )
        want.append(last)
    nothing = np.zeros(3)
    got = reversion.path(y[:, -1], np.array([[flow], [nothing]]), np.array([[gain], [nothing]]))
    assert got[0] == pytest.approx(want)


def test_a_withdrawal_that_follows_the_balance_never_becomes_a_deposit():
    """It is -100 - 0.5 (balance - 400): nothing at 200, and nothing at 100."""
    still = Reversion(*np.zeros((4, 1)))
    flow, gain = np.zeros((2, 2, 1, 3))
    flow[Kind.WITHDRAWN], gain[Kind.WITHDRAWN] = 100.0, -0.5
    assert still.path(np.array([400.0]), flow, gain)[0] == pytest.approx([300.0, 250.0, 225.0])
    assert still.path(np.array([100.0]), flow, gain)[0] == pytest.approx([100.0] * 3)


def test_the_rest_brings_no_more_than_it_brought_on_average():
    """An account that receives 30 every third day is expected to receive 10 a day, however low it is."""
    y = np.cumsum(np.tile([30.0, -10.0, -20.0], 120))[None]
    y[0, -1] -= 1e6
    reversion = fit_reversion(y, np.diff(y, axis=1, prepend=np.nan))
    assert reversion.inflow[0] == pytest.approx(10.0, rel=0.01)
    rise = reversion.path(y[:, -1], *np.zeros((2, 2, 1, 3)))[0] - y[0, -1]
    assert rise == pytest.approx(reversion.inflow[0] * np.array([1.0, 2.0, 3.0]))


def test_an_account_that_always_recovered_is_expected_to_recover():
    """It rests at 10,000, and every few weeks 9,000 are gone for three days; on the last day they are gone again."""
    y = np.full(400, 10_000.0)
    for start in np.cumsum(np.random.default_rng(5).integers(20, 60, 9)):
        y[start : start + 3] = 1_000.0
    y[-1] = 1_000.0
    rest = np.diff(y[None], axis=1, prepend=np.nan)
    path = fit_reversion(y[None], rest).path(y[-1:], *np.zeros((2, 2, 1, 30)))[0]
    assert path[-1] > 9_000.0


def test_errors_are_those_of_every_path_of_the_past():
    y = np.cumsum(np.random.default_rng(2).normal(0, 10, (1, 120)), axis=1)
    rest = np.diff(y, axis=1, prepend=np.nan)
    reversion = fit_reversion(y, rest)
    for h in (1, 2, 5):
        squares = []
        for start in range(120 - h):
            path = reversion.path(y[:, start], *np.zeros((2, 2, 1, h)))
            squares.append((y[0, start + h] - path[0, -1]) ** 2)
        assert path_squared_errors(y, rest, reversion, h)[0, -1] == pytest.approx(np.mean(squares))


@pytest.mark.parametrize("h", [7, 90])
def test_course_is_the_weighted_mean_of_earlier_months(h: int):
    rng, t, lengths = np.random.default_rng(6), 500, [500, 210]
    rest = rng.normal(0, 10, (2, t))
    rest[1, : t - 210] = np.nan
    same = match_months(np.array(["2026-01-31", "2026-03-30"], dtype="datetime64[D]"), h)
    got = mean_steps(rest, np.array(lengths), same)
    for row in range(2):
        shares = {-1: 0.5, 0: 1.0, 1: 0.5}
        balance = np.nancumsum(rest[row])
        total, weight = np.zeros(h), np.zeros(h)
        for month, days in enumerate(same.days[row]):
            if t - 1 + days[0] - 1 < t - lengths[row]:
                continue
            for step in range(1, h + 1):
                for shift, share in shares.items():
                    before, after = (min(t - 1 + days[at] + shift, t - 1) for at in (step - 1, step))
                    total[step - 1] += share * 0.5 ** (month / 4) * (balance[after] - balance[before])
                    weight[step - 1] += share * 0.5 ** (month / 4) * (t - 1 + days[step] + shift < t)
        np.testing.assert_allclose(got[row], total / weight, rtol=1e-9, atol=1e-9)


def test_forecast_steps_up_with_pay():
    panel = panel_of(balances(payments(weekdays(4, 14), 1000.0), spending=0.9))
    forecast = RecurringEvents().fit(panel).forecast(30, (80.0,))
    steps = np.diff(forecast.mean[0], prepend=panel.y[0, -1])
    assert np.flatnonzero(steps > 500).tolist() == [9, 23]  # 10 and 24 July
    assert (np.diff(forecast.quantiles[0], axis=1) >= 0).all()


def test_short_account_is_a_failure_of_the_forecast():
    panel = panel_of(balances(days=400), balances(days=89))
    forecast = RecurringEvents().fit(panel).forecast(30, (80.0,))
    assert [failure.row for failure in forecast.failures] == [1]
    assert np.isnan(forecast.mean[1]).all()
    assert np.isfinite(forecast.mean[0]).all()


@pytest.mark.parametrize("h", [60, 90, 120])
def test_a_day_is_the_same_under_any_horizon(h: int):
    fitted = RecurringEvents().fit(panel_of(balances(payments(weekdays(4, 14), 1000.0), spending=0.9, days=500)))
    longest, shorter = fitted.forecast(h, (80.0,)), fitted.forecast(30, (80.0,))
    assert np.isfinite(longest.mean).all()
    np.testing.assert_array_equal(longest.mean[:, :30], shorter.mean)
