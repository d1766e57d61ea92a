"""Balances that return to their value of a week ago: which accounts, and the effect on their forecasts."""

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.models.pooled.outlook import forecast_outlook
from forecast_cli.models.pooled.weekly import forecast_weekly, weekly_rows


def till(days: int, seed: int = 1, noise: float = 0.3) -> np.ndarray:
    """Return a till that takes some 100 a day and is emptied every seventh."""
    takings = 100 * np.exp(noise * np.random.default_rng(seed).normal(size=days))
    total = np.cumsum(takings)
    emptied = (np.arange(days) // 7) * 7 - 1
    return total - np.where(emptied >= 0, total[np.maximum(emptied, 0)], 0.0)


def test_a_till_that_is_emptied_every_week_is_weekly_and_what_adds_up_is_not() -> None:
    rng = np.random.default_rng(2)
    wander = np.cumsum(rng.normal(size=400))
    paid = np.cumsum(np.where(np.arange(400) % 7 == 0, 700.0, -100.0) + 40 * rng.normal(size=400))
    monthly = np.cumsum(np.where(np.arange(400) % 30 == 0, 3000.0, -100.0))
    panel = panel_of(wander, till(400), paid, np.full(400, 7.0), monthly)
    assert weekly_rows(panel).tolist() == [1]


@pytest.mark.parametrize("since", [1, 3, 7, 14, 28])
@pytest.mark.parametrize("raised", [1_000.0, 10_000.0])
def test_a_till_that_holds_more_or_has_closed_of_late_is_weekly_no_more(since: int, raised: float) -> None:
    more, closed = till(400), till(400)
    more[-since:] += raised
    closed[-since:] = closed[-since - 1]
    assert weekly_rows(panel_of(more)).tolist() == []
    if since >= 7:
        assert weekly_rows(panel_of(closed)).tolist() == []


def test_a_till_that_held_more_long_ago_is_weekly_again() -> None:
    more = till(400)
    more[:-70] += 300.0
    assert weekly_rows(panel_of(more, till(400))).tolist() == [0, 1]


def test_moves_of_more_than_a_year_ago_do_not_count() -> None:
    wander = 1_000.0 * np.cumsum(np.random.default_rng(2).normal(size=400))
    assert weekly_rows(panel_of(np.append(wander, till(400)))).tolist() == [0]


def test_a_balance_that_repeats_to_the_cent_is_weekly() -> None:
    assert weekly_rows(panel_of(70.0 - 10.0 * (np.arange(400) % 7))).tolist() == [0]


def test_two_weeks_and_a_day_are_enough() -> None:
    steady = [70.0 - 10.0 * (np.arange(days) % 7) for days in (14, 15, 30, 31, 48, 49, 100)]
    assert weekly_rows(panel_of(*steady)).tolist() == [1, 2, 3, 4, 5, 6]
    tills = [till(days, seed) for days in (31, 48, 49, 100) for seed in range(25)]
    assert len(weekly_rows(panel_of(*tills))) >= 80
    new = [till(days, seed) for days in (15, 16, 18) for seed in range(25)]
    assert len(weekly_rows(panel_of(*new))) >= 52, "seven of ten: the last week is not compared with a few days"


def test_a_till_that_has_closed_is_not_weekly_from_four_weeks_on() -> None:
    closed = [np.append(till(21, seed), [till(21, seed)[-2]] * 7) for seed in range(25)]
    assert len(weekly_rows(panel_of(*closed))) <= 1


def test_a_short_history_must_return_more_closely() -> None:
    def rough(days: int, seed: int) -> np.ndarray:
        return 10.0 * (np.arange(days) % 7) + 13.0 * np.random.default_rng(seed).normal(size=days)

    found = [len(weekly_rows(panel_of(*(rough(days, seed) for seed in range(25))))) for days in (48, 100)]
    assert found[0] <= 2
    assert found[1] >= 20


@pytest.mark.parametrize("days", [15, 22, 31, 48, 49, 90])
def test_in_a_short_history_what_adds_up_is_not_weekly_either(days: int) -> None:
    rng = np.random.default_rng(3)
    wander = np.cumsum(rng.normal(size=(20, days)), axis=1)
    paid = np.cumsum(np.where(np.arange(days) % 7 == 0, 700.0, -20.0) + 20 * rng.normal(size=(20, days)), axis=1)
    spent = 3_000.0 - np.cumsum(rng.exponential(100.0, size=(20, days)), axis=1)
    assert weekly_rows(panel_of(*paid, *spent)).tolist() == []
    assert len(weekly_rows(panel_of(*wander))) <= 1


@pytest.mark.parametrize(("days", "weeks"), [(15, 1), (31, 1), (35, 2), (48, 2), (49, 3), (118, 7), (119, 8)])
def test_a_short_history_has_half_of_its_weeks_in_the_mean(days: int, weeks: int) -> None:
    y = till(days)
    [path], [sd] = forecast_weekly(panel_of(y, padding=5), 9)
    for step in range(1, 8):
        assert path[step - 1] == pytest.approx(np.mean([y[days - 1 + step - 7 * back] for back in range(1, weeks + 1)]))
    for step, ahead in ((1, 1), (9, 2)):
        known = range(7 * (ahead + weeks - 1), days)
        missed = [y[day] - np.mean([y[day - 7 * (ahead + back)] for back in range(weeks)]) for day in known]
        assert sd[step - 1] == pytest.approx(np.sqrt(np.mean(np.square(missed))))


def test_there_is_no_standard_deviation_where_no_error_is_known() -> None:
    _, [sd] = forecast_weekly(panel_of(till(34)), 35)
    assert np.isfinite(sd[:28]).all()
    assert np.isnan(sd[28:]).all()


def test_each_day_is_the_mean_of_that_day_in_eight_weeks_and_misses_what_it_missed_by() -> None:
    """The same written out, one day after another."""
    y, h = till(500), 17
    [path], [sd] = forecast_weekly(panel_of(y, padding=3), h)
    for step in range(1, h + 1):
        weeks = -(-step // 7)

        def said(day: int, weeks: int = weeks) -> float:
            return float(np.mean([y[day - 7 * (weeks + back)] for back in range(8)]))

        assert path[step - 1] == pytest.approx(said(len(y) - 1 + step))
        missed = [y[day] - said(day) for day in range(len(y) - 365, len(y))]
        assert sd[step - 1] == pytest.approx(np.sqrt(np.mean(np.square(missed))))


def test_errors_of_a_short_history_are_those_that_are_known() -> None:
    y = till(150)
    _, [sd] = forecast_weekly(panel_of(y, padding=40), 7)
    missed = [y[day] - np.mean([y[day - 7 * back] for back in range(1, 9)]) for day in range(56, 150)]
    assert sd.tolist() == pytest.approx([np.sqrt(np.mean(np.square(missed)))] * 7)


def test_the_outlook_of_a_weekly_account_is_its_week_and_hangs_on_it_alone() -> None:
    series = [till(300, seed=3), 500 + np.cumsum(np.random.default_rng(4).normal(size=700)), till(200, seed=5)]
    together = forecast_outlook(panel_of(*series), 30)
    for row, one in enumerate(series):
        alone = forecast_outlook(panel_of(one), 30)
        np.testing.assert_array_equal(alone.path[0], together.path[row])
        np.testing.assert_array_equal(alone.sd[0], together.sd[row])
    miss = np.abs(
        together.path[0, :7] - np.mean([series[0][-7 * k : len(series[0]) - 7 * k + 7] for k in range(1, 9)], axis=0)
    )
    assert miss.max() < 1e-9


@pytest.mark.parametrize("days", [40, 400])
def test_balances_whose_squares_are_infinite_have_no_finite_deviation(days: int) -> None:
    panel = panel_of(1e200 * till(days, noise=0.1))
    assert weekly_rows(panel).tolist() == [0]
    path, sd = forecast_weekly(panel, 7)
    assert np.isfinite(path).all()
    assert np.isinf(sd).all()
