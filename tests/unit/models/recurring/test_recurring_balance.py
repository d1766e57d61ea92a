"""Payments every 30 days, and payments that follow the balance."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from panels import panel_of
from recurring_accounts import END, days_back, from_compiled, listed, month_days, payments

from forecast_cli.models.recurring.cycles import Cycle
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.history import follow_balance
from forecast_cli.models.recurring.listing import list_streams
from forecast_cli.models.recurring.model import RecurringEvents
from forecast_cli.models.recurring.records import STREAM

NEXT = END + timedelta(12)


def thirty_days(until: date = NEXT) -> list[date]:
    """Return the days that lie a multiple of 30 days before ``until``."""
    return [day for day in days_back() if (until - day).days % 30 == 0]


def swept(share: float, keep: float, *, noise: float = 0.0) -> np.ndarray:
    """Return an account that is paid 2,000 to 3,000 a month, and every 30 days loses a share of what is above a sum."""
    rng, balance, out = np.random.default_rng(3), 1000.0, []
    pays, sweeps = set(month_days(5)), set(thirty_days())
    for day in days_back():
        before = balance
        balance += round(rng.uniform(2000, 3000), 2) * (day in pays)
        balance -= round(share * (before - keep) * (1 + noise * rng.normal()), 2) * (day in sweeps)
        out.append(balance)
    return np.round(out, 2)


def test_a_bill_every_thirty_days_is_not_taken_for_a_monthly_one():
    found = listed(payments(thirty_days(), -45.0), payments(month_days(3), 1800.0))
    assert sorted(zip(found.cycle, found.rule, strict=True)) == [("monthly", "day 3"), ("thirty_days", "every 30 days")]
    [bill] = np.flatnonzero(np.array(found.cycle) == "thirty_days")
    assert (found.amount[bill], found.next_date[bill]) == (-45.0, np.datetime64(NEXT))


def test_a_monthly_bill_is_not_taken_for_one_every_thirty_days():
    assert listed(payments(month_days(17), -45.0)).cycle == ("monthly",)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_payment_of_a_share_of_the_balance_is_found_with_its_share(share: float):
    streams = find_streams(panel_of(swept(share, 500.0)))
    [one] = np.flatnonzero(streams.cycle == Cycle.THIRTY_DAYS)
    assert streams.slope[one] == pytest.approx(-share, rel=1e-3)
    assert streams.amount[one] == pytest.approx(-share * (streams.balance[one] - 500.0), rel=1e-3)
    assert streams.spread[one] < 0.01 * abs(streams.amount[one])


def test_the_share_is_taken_from_the_balance_that_is_forecast():
    """No flow is left but pay and sweeps: 12 days ahead, the sweep takes its share of the balance after pay."""
    panel = panel_of(swept(0.5, 500.0))
    mean = RecurringEvents().forecast(panel, 14, (80.0,)).mean[0]
    before, after = mean[10], mean[11]
    assert after - before == pytest.approx(-0.5 * (before - 500.0), rel=0.1)


def test_the_share_that_is_found_with_noise_is_near():
    streams = find_streams(panel_of(swept(0.5, 500.0, noise=0.2)))
    [one] = np.flatnonzero(streams.cycle == Cycle.THIRTY_DAYS)
    assert streams.slope[one] == pytest.approx(-0.5, abs=0.2)


def test_an_amount_that_follows_the_balance_is_not_called_changed():
    panel = panel_of(swept(0.5, 500.0))
    found = find_streams(panel)
    [one] = np.flatnonzero(found.cycle == Cycle.THIRTY_DAYS)
    halved = replace(found, median=found.amount / 2)
    still = replace(halved, slope=np.zeros(len(found)))
    assert [list_streams(some, panel.origins).status[one] for some in (halved, still)] == ["active", "changed"]


def line(slope: float, noise: float = 0.0, now: float = 100.0) -> tuple[float, float, float, float]:
    """Return amount, slope, balance and spread of four payments of about 20 after balances of 99 and 101."""
    above = np.array([-1.0, -1.0, 1.0, 1.0])
    one = np.zeros(1, dtype=STREAM)
    one["amount"], one["spread"] = -7.0, 2.0
    values = -20.0 + slope * above + noise * np.array([1.0, -1.0, 1.0, -1.0])
    from_compiled(follow_balance, values, 100.0 + above, now, one[0])
    return tuple(one[name][0] for name in ("amount", "slope", "balance", "spread"))


UNCHANGED = (-7.0, 0.0, 0.0, 2.0)


def test_the_line_is_that_of_least_squares():
    assert line(-0.5) == pytest.approx((-20.0, -0.5, 100.0, 0.0))
    assert line(-0.5, noise=0.2) == pytest.approx((-20.0, -0.5, 100.0, 1.2533 * 4 * 0.2 / 2))


def test_a_line_that_explains_less_than_three_tenths_is_not_used():
    """Explained is 0.25 / (0.25 + noise^2): 0.305 and 0.294."""
    assert line(-0.5, noise=0.57**0.5)[1] == pytest.approx(-0.5)
    assert line(-0.5, noise=0.6**0.5) == UNCHANGED


def test_a_line_steeper_than_the_balance_is_held_to_it_if_it_still_explains_enough():
    """With a slope of b held to -1, explained is (2 |b| - 1) / b^2: 0.36 and 0.27."""
    assert line(-5.0)[1] == -1.0
    assert line(-7.0) == UNCHANGED


def test_a_payment_adds_no_more_than_three_hundredths_of_the_balance():
    """With a slope of b held to 0.03, explained is 0.03 (2 b - 0.03) / b^2: 0.51 and 0.12."""
    assert line(0.1)[1] == 0.03
    assert line(0.5) == UNCHANGED


def test_a_line_is_not_used_far_from_the_balances_it_was_found_at():
    """Balances before and after payments span 79.5 to 101: 21.5 more on either side are within reach."""
    assert [line(-0.5, now=now)[1] for now in (57.9, 58.1, 122.4, 122.6)] == [0.0, -0.5, -0.5, 0.0]


def test_a_bill_is_said_to_come_every_thirty_days_from_five_payments_on():
    found = [listed(payments(thirty_days()[-seen:], -45.0), spending=0.0).cycle for seen in (4, 5)]
    assert found == [("monthly",), ("thirty_days",)]
