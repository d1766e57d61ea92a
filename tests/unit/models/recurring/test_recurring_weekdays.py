"""Payments every four weeks or two months, on a weekday of the month, and on a business day of it."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from panels import panel_of
from recurring_accounts import balances, days_back, listed, month_days, payments, weekdays

from forecast_cli.models.recurring.business_days import Rule, shift_days
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.listing import list_streams

WEDNESDAY, FRIDAY = 2, 4
EVERY_OTHER = "day 12 of Jan, Mar, May, Jul, Sep, Nov"


def week_of_month(weekday: int, week: int, rule: Rule = Rule.NONE) -> list[date]:
    """Return that weekday of every month: its first (1) to fourth, or its last (5), moved as the rule says."""
    days = [day for day in days_back() if day.weekday() == weekday]
    due = [day for day in days if ((day + timedelta(7)).day <= 7 if week == 5 else (day.day - 1) // 7 + 1 == week)]
    moved = shift_days(np.array(due, "datetime64[D]").astype(np.int64), rule, "US")
    return list(moved.astype("datetime64[D]").astype(object))


def business_days(number: int) -> list[date]:
    """Return the business day of that number in every month, counted from its end if negative."""
    days = np.array(days_back(), "datetime64[D]")
    same = shift_days(days.astype(np.int64), Rule.AFTER, "US") == days.astype(np.int64)
    months: dict[tuple[int, int], list[date]] = {}
    for day in days[same].astype(object):
        months.setdefault((day.year, day.month), []).append(day)
    return [some[number if number < 0 else number - 1] for some in months.values()]


@pytest.mark.parametrize("amount", [1350.0, -412.37])
@pytest.mark.parametrize(
    ("days", "cycle", "rule", "next_date"),
    [
        (weekdays(FRIDAY, 28), "four_weekly", "every four weeks on Friday", "2026-07-24"),
        (weekdays(0, 28), "four_weekly", "every four weeks on Monday", "2026-07-27"),
        (week_of_month(0, 1, Rule.AFTER), "monthly", "first Monday of the month, business day after", "2026-07-06"),
        (week_of_month(WEDNESDAY, 2), "monthly", "second Wednesday of the month", "2026-07-08"),
        (week_of_month(WEDNESDAY, 3, Rule.BEFORE), "monthly", "third Wednesday of the month", "2026-07-15"),
        (week_of_month(WEDNESDAY, 4), "monthly", "fourth Wednesday of the month", "2026-07-22"),
        (week_of_month(FRIDAY, 5), "monthly", "last Friday of the month", "2026-07-31"),
        (business_days(3), "monthly", "third business day of the month", "2026-07-06"),
        (business_days(5), "monthly", "fifth business day of the month", "2026-07-08"),
        (business_days(-2), "monthly", "second last business day of the month", "2026-07-30"),
        (business_days(-4), "monthly", "fourth last business day of the month", "2026-07-28"),
        ([day for day in month_days(12) if day.month % 2], "two_monthly", EVERY_OTHER, "2026-07-12"),
    ],
)
def test_the_stream_is_found_with_its_rule(days: list[date], cycle: str, rule: str, next_date: str, amount: float):
    found = listed(payments(days, amount), spending=0.1)
    assert (found.cycle, found.rule, found.status) == ((cycle,), (rule,), ("active",))
    assert found.amount == pytest.approx([amount], abs=0.005)
    assert (str(found.next_date[0]), found.day_jitter[0] < 0.7) == (next_date, True)


@pytest.mark.parametrize(
    ("days", "cycle", "rule"),
    [
        (weekdays(FRIDAY), "weekly", "every Friday"),
        (weekdays(FRIDAY, 14), "biweekly", "every second Friday"),
        ([day for day in days_back() if day.day == 15], "monthly", "day 15"),
    ],
)
def test_other_cycles_are_not_taken_for_it(days: list[date], cycle: str, rule: str):
    found = listed(payments(days, 1350.0), spending=0.1)
    assert (found.cycle, found.rule) == ((cycle,), (rule,))


def test_pay_that_holidays_moved_a_week_back_is_seen_once_it_has_come():
    """The sixth last business day of December 2023 in Britain was the 20th, six days before the 26th."""
    end = date(2023, 12, 20)
    due = [day for day in days_back(date(2023, 12, 31), 811) if (day + timedelta(6)).day == 1]
    paid = shift_days(np.array(due, "datetime64[D]").astype(np.int64), Rule.COUNT, "GB").astype("datetime64[D]")
    account = balances(payments(paid.astype(object), 1500.0), end=end, days=800, spending=0.1)
    panel = replace(panel_of(account, end=end), holidays="GB")
    streams = find_streams(panel)
    found = list_streams(streams, panel.origins)
    assert found.rule == ("sixth last business day of the month",)
    assert (str(found.last_seen[0]), str(found.next_date[0])) == ("2023-12-20", "2024-01-24")


def test_a_raise_does_not_end_it():
    """A pension on the third Wednesday that was raised in January, as it is every year."""
    days = week_of_month(WEDNESDAY, 3)
    found = listed({day: 1800.0 if day < date(2026, 1, 1) else 1850.4 for day in days})
    assert (found.rule, found.amount.tolist()) == (("third Wednesday of the month",), [pytest.approx(1850.4)])
    assert found.n_seen.tolist() == [24]


def test_pay_every_four_weeks_that_varies_is_found():
    rng = np.random.default_rng(2)
    found = listed({day: round(1500 * (1 + 0.05 * rng.normal()), 2) for day in weekdays(FRIDAY, 28)})
    assert found.rule == ("every four weeks on Friday",)
