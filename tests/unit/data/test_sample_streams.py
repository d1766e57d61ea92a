"""Recurring payments of the sample: pay cycles against an independent calendar, and their traces in the balances."""

from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import holidays
import polars as pl
import pytest

from forecast_cli.data.sample.block import describe_accounts, generate_block, planted_payments, planted_streams
from forecast_cli.data.sample.calendars import Cycle, Roll, due_days, first_friday, roll_days, sample_calendar
from forecast_cli.data.sample.kinds import Archetype
from forecast_cli.data.sample.spec import SampleSpec

SPEC = SampleSpec(accounts=1_000, days=730, seed=7)
US = holidays.country_holidays("US", years=range(2024, 2027))


@cache
def payments() -> pl.DataFrame:
    return planted_payments(SPEC, 0, 1_000)


def salaries(archetype: Archetype) -> pl.DataFrame:
    """Return the first job's salary payments of the accounts of one archetype."""
    paid = describe_accounts(SPEC, 0, 1_000).filter(archetype=archetype)["account_id"]
    salary = payments().filter(pl.col("kind") == "salary", pl.col("account_id").is_in(paid.to_list()))
    return salary.filter(pl.col("stream") == pl.col("stream").min().over("account_id"))


def is_business_day(day: date) -> bool:
    return day.weekday() < 5 and day not in US


def business_day_until(day: date) -> date:
    while not is_business_day(day):
        day -= timedelta(days=1)
    return day


def month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def test_pay_never_comes_on_a_weekend_or_a_holiday():
    days = payments().filter(pl.col("kind").is_in(["salary", "payroll", "bonus"]))["date"].unique()
    assert days.len() > 200
    assert [day for day in days if not is_business_day(day)] == []


def test_semi_monthly_pay_comes_on_the_15th_and_the_last_business_day():
    found = set(salaries(Archetype.SEMI_MONTHLY)["date"])
    firsts = [date(2024 + m // 12, m % 12 + 1, 1) for m in range(6, 30)]
    due = [day for first in firsts for day in (first.replace(day=15), month_end(first))]
    assert found == {business_day_until(day) for day in due}


def test_month_end_pay_comes_on_the_last_business_day():
    found = salaries(Archetype.MONTHLY_LAST_DAY)["date"].unique()
    assert found.len() == 24
    assert all(day == business_day_until(month_end(day)) for day in found)


def test_biweekly_pay_comes_every_other_friday_or_the_business_day_before():
    for _, stream in salaries(Archetype.BIWEEKLY).group_by("stream"):
        fridays = [next(d for i in range(7) if (d := day + timedelta(days=i)).weekday() == 4) for day in stream["date"]]
        assert all(business_day_until(friday) == day for friday, day in zip(fridays, stream["date"], strict=True))
        assert {(b - a).days for a, b in pairwise(fridays)} <= {14}


def test_fixed_day_pay_keeps_to_its_day_or_the_business_day_before():
    for _, stream in salaries(Archetype.MONTHLY_FIXED_DAY).filter(pl.len().over("stream") > 6).group_by("stream"):
        nominal = max(day.day for day in stream["date"] if day.day < 29 and day == business_day_until(day))
        inside = [day for day in stream["date"] if day.day <= nominal]
        assert all(business_day_until(day.replace(day=nominal)) == day for day in inside if day.day > 5)


def test_salaries_rise_and_some_people_change_jobs():
    salary = payments().filter(pl.col("kind") == "salary", pl.col("cycle").is_in(["monthly", "semi_monthly"]))
    levels = salary.group_by("stream").agg(pl.col("amount").n_unique())["amount"]
    jobs = payments().filter(pl.col("kind") == "salary").group_by("account_id").agg(pl.col("stream").n_unique())
    assert levels.max() == 3  # two raises in two years
    assert 0.05 < (jobs["stream"] == 2).mean() < 0.25


def test_there_are_months_without_pay():
    """A gap far longer than any cycle lies between some first and second jobs."""
    salary = payments().filter(pl.col("kind") == "salary").sort("account_id", "date")
    gaps = salary.select(pl.col("date").diff().over("account_id").dt.total_days())["date"]
    assert 60 < gaps.max() < 150


def test_bills_are_late_and_early_now_and_then():
    energy = payments().filter(pl.col("kind") == "energy").with_columns(pl.col("date").dt.day().alias("day"))
    middle = energy.filter(pl.col("day").median().over("stream").is_between(10, 20))
    away = (middle["day"] - middle.select(pl.col("day").median().over("stream"))["day"]).abs()
    assert 0.02 < (away >= 4).mean() < 0.2


def test_balances_move_by_what_the_streams_say():
    """On a day with one payment and nothing else the balance moves by it; rent is large, so look for it on the day."""
    daily = describe_accounts(SPEC, 0, 1_000).filter(feed="daily", account_type="checking", life="full")
    rent = payments().filter(pl.col("kind") == "rent", pl.col("account_id").is_in(daily["account_id"].to_list()))
    moved = generate_block(SPEC, 0, 1_000).with_columns(pl.col("balance").diff().over("account_id").alias("moved"))
    seen = rent.join(moved, on=["account_id", "date"]).drop_nulls("moved")
    exact = ((seen["moved"] - seen["amount"]).abs() < 0.005).mean()
    assert seen.height > 500
    assert exact > 0.15


def test_streams_sum_up_their_payments():
    streams = planted_streams(SPEC, 0, 100)
    own = payments().filter(pl.col("account_id") < "acc-0000100")
    assert streams.columns == ["account_id", "stream", "kind", "cycle", "amount", "first", "last", "payments"]
    assert streams["payments"].sum() == own.height
    assert streams["first"].min() >= date(2024, 7, 1)
    assert (streams["first"] <= streams["last"]).all()


def test_amounts_that_follow_the_balance_are_null_and_no_others():
    unknown = (
        payments()
        .group_by("kind")
        .agg(pl.col("amount").is_null().all().alias("all"), pl.col("amount").is_null().any().alias("any"))
    )
    assert set(unknown.filter("all")["kind"]) == {"interest", "card_payment"}
    assert set(unknown.filter("any")["kind"]) == {"interest", "card_payment"}


@pytest.mark.parametrize("roll", list(Roll))
def test_rolling_agrees_with_a_walk_over_the_calendar(roll: Roll):
    calendar = sample_calendar(date(2026, 6, 30), 730)
    start = date(2024, 7, 1)
    for index, rolled in enumerate(roll_days(calendar, pl.arange(0, 730, eager=True).to_numpy(), roll)):
        day, step = start + timedelta(days=index), {Roll.NONE: 0, Roll.PREVIOUS: -1, Roll.NEXT: 1}[roll]
        while step and not is_business_day(day):
            day += timedelta(days=step)
        assert start + timedelta(days=int(rolled)) == day


def test_paydays_do_not_move_with_the_length_of_the_sample():
    long, short = (sample_calendar(date(2026, 6, 30), days) for days in (730, 101))
    assert (first_friday(long) - 730 - first_friday(short) + 101) % 14 == 0


@pytest.mark.parametrize(("cycle", "months"), [(Cycle.QUARTERLY, 3), (Cycle.YEARLY, 12)])
def test_rare_cycles_come_as_often_as_they_should(cycle: Cycle, months: int):
    calendar = sample_calendar(date(2026, 6, 30), 730)
    ones = pl.Series([15]).to_numpy()
    due = due_days(calendar, cycle, ones, ones * 0)
    assert ((due >= 0) & (due < 730)).sum() == 24 // months


def test_leap_days_and_month_ends_are_calendar_days():
    calendar = sample_calendar(date(2024, 3, 31), 91)
    last = due_days(calendar, Cycle.MONTHLY, pl.Series([31]).to_numpy(), pl.Series([0]).to_numpy())[0]
    inside = [date(2024, 1, 1) + timedelta(days=int(day)) for day in last if 0 <= day < 91]
    assert inside == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)]
    assert calendar.month_end.sum() == 3
