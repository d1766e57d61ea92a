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
    assert weekly_rows(panel, 30).tolist() == [1]


@pytest.mark.parametrize("since", [1, 3, 7, 14, 28])
@pytest.mark.parametrize("raised", [1_000.0, 10_000.0])
def test_a_till_that_holds_more_or_has_closed_of_late_is_weekly_no_more(since: int, raised: float) -> None:
    more, closed = till(400), till(400)
    more[-since:] += raised
    closed[-since:] = closed[-since - 1]
    assert weekly_rows(panel_of(more), 30).tolist() == []
    if since >= 7:
        assert weekly_rows(panel_of(closed), 30).tolist() == []


def test_a_till_that_held_more_long_ago_is_weekly_again() -> None:
    more = till(400)
    more[:-70] += 300.0
    assert weekly_rows(panel_of(more, till(400)), 30).tolist() == [0, 1]


def test_moves_of_more_than_a_year_ago_do_not_count() -> None:
    wander = 1_000.0 * np.cumsum(np.random.default_rng(2).normal(size=400))
    assert weekly_rows(panel_of(np.append(wander, till(400))), 30).tolist() == [0]


def test_a_balance_that_repeats_to_the_cent_is_weekly() -> None:
    assert weekly_rows(panel_of(70.0 - 10.0 * (np.arange(400) % 7)), 30).tolist() == [0]


@pytest.mark.parametrize(("h", "least"), [(7, 119), (30, 147), (90, 203)])
def test_nine_weeks_of_errors_have_to_be_known(h: int, least: int) -> None:
    assert weekly_rows(panel_of(till(least), till(least - 1)), h).tolist() == [0]


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
