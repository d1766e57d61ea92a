"""Pay before and after a new job: two streams, the first ended, although amounts and some of the days are alike."""

from datetime import date

import pytest
from recurring_accounts import END, days_back, listed, month_days, payments, weekdays

from forecast_cli.models.recurring.business_days import Rule

_CHANGE = date(2025, 9, 1)
_EVEN, _ODD = weekdays(4, 14), [day for day in weekdays(4) if day not in weekdays(4, 14)]
_HALVES = month_days(15, Rule.BEFORE) + month_days(31, Rule.BEFORE)
_TENTHS = month_days(10, Rule.BEFORE) + month_days(25, Rule.BEFORE)


def _active_and_ended(days: list[date], next_days: list[date], amount: float) -> tuple[set[str], set[str]]:
    """Return the cycles of pay that still runs, and of pay that has ended, where 2,000 becomes ``amount``."""
    before = payments((day for day in days if day < _CHANGE), 2000.0)
    after = payments((day for day in next_days if day >= _CHANGE), amount)
    found = listed(before, after, spending=0.3)
    pay = [
        (cycle, status) for cycle, status, much in zip(found.cycle, found.status, found.amount, strict=True) if much > 0
    ]
    return {cycle for cycle, status in pay if status != "ended"}, {cycle for cycle, status in pay if status == "ended"}


@pytest.mark.parametrize("amount", [1850.0, 2000.0, 2300.0])
def test_pay_in_the_other_weeks_is_a_stream_beside_the_one_that_has_ended(amount: float):
    assert _active_and_ended(_ODD, _EVEN, amount) == ({"biweekly"}, {"biweekly"})


@pytest.mark.parametrize("amount", [1700.0, 2150.0, 2300.0])
@pytest.mark.parametrize(
    ("days", "next_days", "next_cycle"),
    [(_HALVES, _EVEN, "biweekly"), (_EVEN, _HALVES, "semi_monthly"), (_HALVES, _TENTHS, "semi_monthly")],
)
def test_pay_in_another_cycle_is_a_stream_of_its_own(
    days: list[date], next_days: list[date], next_cycle: str, amount: float
):
    active, ended = _active_and_ended(days, next_days, amount)
    assert active == {next_cycle}
    assert ended


def test_a_pause_of_two_payments_splits_no_stream():
    pay = weekdays(4, 14)
    found = listed(payments((day for place, day in enumerate(pay) if place not in (20, 21)), 2000.0))
    assert found.cycle == ("biweekly",)
    assert found.n_seen[0] >= len([day for day in pay if days_back()[1] <= day <= END]) - 3
