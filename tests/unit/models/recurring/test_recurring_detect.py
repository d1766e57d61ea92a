"""Streams of every cycle are found in balances with known payments, with their rule, amount and state."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from panels import panel_of
from recurring_accounts import DAYS, END, balances, days_back, listed, month_days, payments, weekdays

from forecast_cli.models.recurring import detect
from forecast_cli.models.recurring.business_days import Rule, shift_days
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.events import expected_events
from forecast_cli.models.recurring.listing import list_streams


@pytest.mark.parametrize(
    ("days", "cycle", "rule", "next_date"),
    [
        (weekdays(4), "weekly", "every Friday", "2026-07-03"),
        (weekdays(4, 14), "biweekly", "every second Friday", "2026-07-10"),
        (weekdays(0, 14), "biweekly", "every second Monday", "2026-07-13"),
        (month_days(17), "monthly", "day 17", "2026-07-17"),
        (month_days(31), "monthly", "last day", "2026-07-31"),
        (month_days(31, Rule.BEFORE), "monthly", "last day, business day before", "2026-07-31"),
        (month_days(15, Rule.BEFORE), "monthly", "day 15, business day before", "2026-07-15"),
        (month_days(4, Rule.AFTER), "monthly", "day 4, business day after", "2026-07-06"),
        (month_days(12)[1::3], "quarterly", "day 12 of Feb, May, Aug, Nov", "2026-08-12"),
        (
            month_days(15, Rule.BEFORE) + month_days(31, Rule.BEFORE),
            "semi_monthly",
            "days 15 and last, business day before",
            "2026-07-15",
        ),
    ],
)
@pytest.mark.parametrize("amount", [1350.0, -412.37])
def test_stream_of_every_cycle_is_found(days: list[date], cycle: str, rule: str, next_date: str, amount: float):
    found = listed(payments(days, amount), spending=0.1)
    assert (found.cycle, found.rule, found.status) == ((cycle,), (rule,), ("active",))
    assert found.amount == pytest.approx([amount], abs=0.005)
    assert found.kind == ("in" if amount > 0 else "out",)
    assert str(found.next_date[0]) == next_date
    assert found.n_seen[0] >= 0.75 * len([day for day in days if END - timedelta(DAYS - 2) <= day <= END])


@pytest.mark.parametrize(
    ("holidays", "day", "next_date"),
    [
        ("GB", 13, "2026-07-13"),
        ("GB-NIR", 13, "2026-07-14"),  # the Battle of the Boyne, a Sunday, is made up for on the 13th
        ("US", 3, "2026-07-06"),  # Independence Day, a Saturday, is made up for on the 3rd
        ("none", 3, "2026-07-03"),
        ("AE", 5, "2026-07-06"),
    ],
)
def test_the_next_payment_moves_with_the_calendar_of_the_panel(holidays: str, day: int, next_date: str):
    found = listed(payments(month_days(day, Rule.AFTER, holidays), -640.0), holidays=holidays, spending=0.1)
    assert (found.rule, str(found.next_date[0])) == ((f"day {day}, business day after",), next_date)


def test_a_payment_that_a_long_holiday_moves_by_eleven_days_is_still_to_come():
    """Armenia had no business day from the last of December 2014 to Sunday, the 11th of January."""
    end = date(2015, 1, 2)
    due = [np.datetime64(day, "D").astype(np.int64) for day in days_back(end, 120) if day.day == 1]
    paid = shift_days(np.array(due), Rule.AFTER, "AM").astype("datetime64[D]").astype(object)
    account = balances(payments(paid, -500.0), end=end, days=120, spending=0.1)
    panel = replace(panel_of(account, end=end), holidays="AM")
    streams = find_streams(panel)
    found, coming = list_streams(streams, panel.origins), expected_events(streams, panel.origins, 30)
    assert (found.rule, str(found.next_date[0])) == (("day 1, business day after",), "2015-01-12")
    assert int(np.argmin(coming.base[0])) + 1 == 10
    assert coming.base[0].min() < -300


def test_what_is_found_is_found_under_the_calendar_that_moved_it():
    days = month_days(1, Rule.AFTER, "DE") + month_days(26, Rule.AFTER, "DE")
    right, wrong = (listed(payments(days, -640.0), spending=0.1, holidays=calendar) for calendar in ("DE", "none"))
    assert right.day_jitter.max() < wrong.day_jitter.max()


def test_small_payment_is_found_among_daily_spending():
    found = listed(payments(month_days(9), -12.99), spending=0.5)
    assert (found.cycle[0], found.rule[0]) == ("monthly", "day 9")
    assert found.amount[0] == pytest.approx(-12.99)


def test_two_streams_on_one_day_are_distinguished_if_one_occurs_without_the_other():
    pay, bill = weekdays(4, 14), [day for day in month_days(10) if day >= date(2025, 3, 1)]
    found = listed(payments(pay, 900.0), payments(bill, -250.0))
    assert dict(zip(found.cycle, np.round(found.amount, 2).tolist(), strict=True)) == {
        "biweekly": 900.0,
        "monthly": -250.0,
    }


def test_equal_amounts_among_others_of_one_stream_are_not_a_second_one():
    days, rng = month_days(11, Rule.AFTER), np.random.default_rng(2)
    amounts = np.round(rng.uniform(-420, -180, len(days)), 2)
    amounts = np.where(rng.random(len(days)) < 0.35, -198.57, np.where(rng.random(len(days)) < 0.2, -324.74, amounts))
    found = listed(dict(zip(days, amounts.tolist(), strict=True)))
    assert [str(day) for day in found.next_date] == ["2026-07-13"]


@pytest.mark.parametrize(
    ("other", "rule", "cycles"),
    [
        (-80.0, Rule.NONE, ["semi_monthly"]),
        (-82.0, Rule.NONE, ["monthly", "monthly"]),
        (-80.0, Rule.AFTER, ["monthly", "monthly"]),
    ],
)
def test_bills_half_a_month_apart_are_one_only_if_alike_in_amount_and_rule(other: float, rule: Rule, cycles: list[str]):
    found = listed(payments(month_days(5), -80.0), payments(month_days(20, rule), other), spending=0.1)
    assert list(found.cycle) == cycles


def test_pay_that_varies_is_one_stream_twice_a_month():
    rng = np.random.default_rng(3)
    days = month_days(15, Rule.BEFORE) + month_days(31, Rule.BEFORE)
    found = listed({day: float(np.round(rng.uniform(1400, 1750), 2)) for day in sorted(days)}, spending=0.1)
    assert found.cycle == ("semi_monthly",)


def test_halves_of_pay_that_differ_are_one_stream_twice_a_month():
    halves = {
        day: 2000.0 if day.day < 20 else 2090.0 for day in month_days(15, Rule.BEFORE) + month_days(31, Rule.BEFORE)
    }
    assert listed(halves, spending=0.1).cycle == ("semi_monthly",)


def test_amounts_repeat_where_other_flow_comes_on_every_second_day_of_theirs():
    rng, due = np.random.default_rng(2), month_days(23)
    beside = {day: float(-np.round(rng.uniform(20, 110), 2)) for day in due[1::2]}
    streams = find_streams(panel_of(balances(payments(due, -857.51), beside, spending=0.1)))
    assert streams.fixed.tolist() == [True]


@pytest.mark.parametrize("seed", [5, 9])
def test_bill_that_varies_is_found_where_other_flow_drowns_most_of_it(seed: int):
    rng = np.random.default_rng(seed)
    bill = {day: float(-np.round(rng.uniform(70, 110), 2)) for day in month_days(18)}
    busy = {day: float(-np.round(rng.uniform(150, 900), 2)) for day in days_back() if rng.random() < 0.62}
    found = listed(bill, busy, spending=0.0)
    assert (found.cycle, found.rule) == (("monthly",), ("day 18",))
    assert found.amount == pytest.approx([-90.0], rel=0.2)


def test_streams_that_always_come_together_are_one_of_their_sum():
    found = listed(payments(month_days(10), -250.0), payments(month_days(10), -40.0))
    assert found.amount == pytest.approx([-290.0])


def test_ended_stream_is_ended_and_has_no_next_payment():
    found = listed(payments([day for day in month_days(12) if day < date(2026, 1, 1)], -80.0))
    assert found.status == ("ended",)
    assert str(found.last_seen[0]) == "2025-12-12"
    assert np.isnat(found.next_date[0])
    assert np.isnan(found.next_amount[0])


def test_new_amount_is_taken_over_after_a_rise():
    rise = date(2026, 2, 1)
    found = listed({day: -100.0 if day < rise else -108.0 for day in month_days(12)})
    assert (found.cycle, found.status) == (("monthly",), ("changed",))
    assert found.next_amount == pytest.approx([-108.0])


def test_payments_that_come_late_now_and_then_have_a_jitter():
    late = [day + timedelta(2 if day.month % 4 == 0 else 0) for day in month_days(9)]
    steady, now_and_then = listed(payments(month_days(9), -320.0)), listed(payments(late, -320.0))
    assert now_and_then.n_seen[0] >= 22
    assert now_and_then.day_jitter[0] > 2 * steady.day_jitter[0]


def test_amounts_that_vary_have_a_spread():
    rng = np.random.default_rng(1)
    found = listed({day: float(-np.round(rng.normal(150, 12), 2)) for day in month_days(20)})
    assert found.cycle == ("monthly",)
    assert found.amount == pytest.approx([-150.0], rel=0.1)
    assert 4 < found.amount_spread[0] < 30


def test_two_equal_payments_are_a_stream_where_other_flow_may_hide_the_rest():
    rng, due, quiet = np.random.default_rng(4), month_days(9), [date(2025, 10, 9), date(2026, 2, 9)]
    busy = [day for day in days_back() if (day not in quiet if day in due else rng.random() < 0.5)]
    found = listed(
        payments(due, -12.99), {day: float(-np.round(rng.uniform(20, 300), 2)) for day in busy}, spending=0.0
    )
    assert (found.cycle, found.rule) == (("monthly",), ("day 9",))
    assert found.amount == pytest.approx([-12.99])


def test_two_equal_payments_are_none_where_nothing_was_paid_on_other_due_days():
    assert len(listed(payments([date(2025, 10, 9), date(2026, 2, 9)], -12.99)).row) == 0


def test_varying_bill_is_distinguished_from_a_fixed_one_that_often_falls_on_its_day():
    rng = np.random.default_rng(6)
    varies = {day: float(-np.round(rng.uniform(70, 110), 2)) for day in month_days(9, Rule.AFTER)}
    found = listed(payments(month_days(9), -45.5), varies, spending=0.1)
    assert found.cycle == ("monthly", "monthly")
    assert sorted(found.amount) == pytest.approx([-90.0, -45.5], rel=0.1)


def test_takings_of_every_weekday_are_no_streams():
    rng = np.random.default_rng(8)
    busy = (1.0, 1.0, 1.0, 1.1, 1.4, 1.5, 0.0)
    takings = {
        day: float(np.round(rng.uniform(300, 700), 2))
        for day in days_back()
        if rng.random() < 0.65 * busy[day.weekday()]
    }
    assert len(listed(takings).row) == 0


@pytest.mark.parametrize("seed", range(3))
def test_takings_that_are_larger_on_some_weekdays_are_no_streams(seed: int):
    rng = np.random.default_rng(seed)
    busy = (1.0, 1.0, 1.0, 1.1, 1.4, 1.5, 0.0)
    takings = {
        day: float(np.round(500.0 * busy[day.weekday()] * np.exp(rng.normal(0.0, 0.3)), 2))
        for day in days_back()
        if day.weekday() < 6 and rng.random() < 0.9
    }
    assert len(listed(takings).row) == 0


def test_fortnightly_payment_is_not_weekly_where_other_flow_may_hide_it_in_the_weeks_between():
    rng, due = np.random.default_rng(2), weekdays(4, 14)
    between = [day for day in weekdays(4) if day not in due]
    shopping = {day: float(-np.round(rng.uniform(40, 400), 2)) for day in between + due[::2]}
    found = listed(payments(due, -19.99), shopping)
    assert [cycle for cycle, amount in zip(found.cycle, found.amount, strict=True) if abs(amount + 19.99) < 0.01] == [
        "biweekly"
    ]


def test_what_is_left_of_days_that_a_payment_was_taken_out_of_is_no_stream():
    rng, first, second = np.random.default_rng(38), date(2025, 3, 1), date(2026, 3, 1)
    busy = {day: float(-np.round(rng.uniform(5, 60), 2)) for day in days_back() if rng.random() < 0.45}
    rising = {day: -100.0 if day < first else -111.0 if day < second else -123.0 for day in month_days(12)}
    assert listed(rising, busy, spending=0.0).kind == ("out",)


def test_spending_alone_has_no_streams():
    assert len(listed(spending=0.3).row) == 0


def test_explained_flow_is_the_payments():
    days = month_days(17)
    panel = panel_of(balances(payments(days, -412.37), spending=0.0))
    explained = find_streams(panel).explained[0]
    paid = np.isin(days_back(), days)
    assert explained[paid][1:] == pytest.approx(-412.37)
    assert not explained[~paid].any()


def test_accounts_without_history_or_moves_have_no_streams():
    panel = panel_of(np.array([5.0]), np.full(400, 7.0), np.array([1.0, np.inf, 2.0]), np.full(300, 1e300))
    streams = find_streams(panel)
    assert len(streams) == 0
    assert not streams.explained.any()


def test_accounts_of_several_origins_show_what_each_shows_alone():
    ends = [END - timedelta(ago) for ago in (0, 1, 17, 0, 200)]
    series = [balances(payments(month_days(12), -80.0), payments(weekdays(4), 55.0), end=end) for end in ends]
    panel = panel_of(*series)
    origins = np.array(ends, dtype="datetime64[D]")
    together = find_streams(replace(panel, origins=origins))
    for row, one in enumerate(series):
        alone, own = find_streams(panel_of(one, end=ends[row])), together.row == row
        assert np.count_nonzero(own) == len(alone) > 0
        assert together.phases.residue[own].tolist() == alone.phases.residue.tolist()
        assert together.strength[own].tolist() == alone.strength.tolist()
        assert together.punctuality[own].tolist() == alone.punctuality.tolist()
        assert together.explained[row].tolist() == alone.explained[0].tolist()


def test_balances_that_may_not_be_written_to_show_the_same():
    panel = panel_of(balances(payments(month_days(12), -80.0)))
    streams = find_streams(panel)
    panel.y.setflags(write=False)
    assert find_streams(panel).strength.tolist() == streams.strength.tolist() != []


def test_streams_do_not_depend_on_how_many_accounts_are_looked_at_together(monkeypatch: pytest.MonkeyPatch):
    panel = panel_of(*[balances(payments(month_days(day), -80.0 - day), spending=0.4) for day in range(1, 8)])
    whole = find_streams(panel)
    monkeypatch.setattr(detect, "_CHUNK", 2)
    parted = find_streams(panel)
    assert parted.row.tolist() == whole.row.tolist() == sorted(whole.row)
    assert parted.strength.tolist() == whole.strength.tolist()
    assert parted.explained.tobytes() == whole.explained.tobytes()
