"""Payments of one account: what is expected agrees with the next payment of ``events.parquet``."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.listing import list_streams
from forecast_cli.workflows.account_payments import all_payments


def test_a_payment_that_has_not_come_and_is_passed_over_is_not_expected():
    end = date(2026, 6, 5)
    days = [end - timedelta(ago) for ago in range(729, -1, -1)]
    flow = [-800.0 if day.day == 1 and day < date(2026, 6, 1) else 0.0 for day in days]
    panel = panel_of(20_000.0 + np.cumsum(flow), end=end)
    streams = find_streams(panel)
    assert str(list_streams(streams, panel.origins).next_date[0]) == "2026-07-01"
    assert [payment.day for payment in all_payments(panel, streams, 40)] == [date(2026, 7, 1)]


@pytest.mark.parametrize(("ended", "days"), [((), {3, 18}), ((0,), {18}), ((1,), {3}), ((0, 1), set())])
def test_a_half_that_has_ended_of_a_semi_monthly_payment_is_not_expected(ended: tuple[int, ...], days: set[int]):
    end = date(2026, 6, 30)
    flow = [900.0 if (end - timedelta(ago)).day in (3, 18) else 0.0 for ago in range(729, -1, -1)]
    panel = panel_of(np.cumsum(flow), end=end)
    streams = find_streams(panel)
    alive = streams.alive.copy()
    alive[np.flatnonzero(streams.partner >= 0)[list(ended)]] = 0.01
    expected = all_payments(panel, replace(streams, alive=alive), 70)
    assert {payment.day.day for payment in expected} == days
