"""Payments every 30 days, and payments that follow the balance."""

from datetime import date, timedelta

import numpy as np
import pytest
from panels import panel_of
from recurring_accounts import END, balances, days_back, listed, month_days, payments

from forecast_cli.models.recurring.cycles import Cycle
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.model import RecurringEvents

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


def test_a_payment_that_the_balance_does_not_explain_has_hardly_any_share():
    amounts = np.random.default_rng(2).uniform(-80, -60, 40).round(2)
    bill = dict(zip(month_days(17), amounts.tolist(), strict=False))
    streams = find_streams(panel_of(balances(payments(month_days(1), 1500.0), bill)))
    varying = ~streams.fixed & (streams.amount < 0)
    assert varying.sum() == 1
    assert abs(streams.slope[varying]) < 0.01
    assert (streams.slope[streams.fixed] == 0.0).all()
