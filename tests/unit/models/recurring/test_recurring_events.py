"""Expected payments: their probabilities, and their contribution to the balance."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from panels import panel_of
from recurring_accounts import END, balances, days_back, payments

from forecast_cli.engine.tables import events_table
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.event_loops import add_payments, multiply_absence, spread_chances
from forecast_cli.models.recurring.events import Kind, coming_events, expected_events, next_events
from forecast_cli.models.recurring.listing import list_streams
from forecast_cli.store.table_schemas import EVENTS_SCHEMA

RENT = -700.0


def rent_days(last: date = END) -> list[date]:
    return [day for day in days_back() if day.day == 28 and day <= last]


def expected(days: list[date], h: int = 30, *, end: date = END) -> np.ndarray:
    panel = panel_of(balances(payments(days, RENT), end=end), end=end)
    return expected_events(find_streams(panel), panel.origins, h).base[0, 0]


def test_next_payment_is_expected_on_its_day():
    mean = expected(rent_days())
    assert int(np.argmin(mean)) == 27  # 28 July is 28 days after 30 June
    assert mean.sum() == pytest.approx(RENT, rel=0.06)


def test_payment_that_is_due_but_has_not_come_may_come_late():
    habit = [day + timedelta(2 if day.month % 4 == 2 else 0) for day in rent_days(date(2026, 5, 31))]
    end = date(2026, 6, 28)
    panel = panel_of(balances(payments(habit, RENT), end=end), end=end)
    mean = expected_events(find_streams(panel), panel.origins, 10).base[0, 0]
    assert RENT < mean.sum() < 0
    assert abs(mean[:2]).sum() > 0.8 * abs(mean).sum()


@pytest.mark.parametrize(
    ("sign", "slope", "kind"),
    [
        (1, 0.0, Kind.ANY),
        (1, -0.5, Kind.WITHDRAWN),
        (1, 0.02, Kind.WITHDRAWN),
        (-1, 0.0, Kind.ANY),
        (-1, -0.5, Kind.ANY),
    ],
)
def test_payments_are_kept_apart_by_what_is_known_of_their_sign(sign: int, slope: float, kind: Kind):
    panel = panel_of(balances(payments(rent_days(), RENT)))
    streams = find_streams(panel)
    changed = replace(streams, amount=sign * streams.amount, slope=np.full(len(streams), slope))
    flow = expected_events(changed, panel.origins, 30)
    assert np.flatnonzero(flow.base.any(axis=(1, 2))).tolist() == [kind]
    assert np.flatnonzero(flow.gain.any(axis=(1, 2))).tolist() == [kind] * (slope != 0.0)


def test_payment_that_has_come_is_not_expected_again():
    assert abs(expected(rent_days(), h=10)).sum() < 1e-9


def test_horizon_of_ninety_days_holds_three_payments():
    mean = expected(rent_days(), h=90)
    assert mean.sum() == pytest.approx(3 * RENT, rel=0.06)


def test_the_probability_that_one_has_come_grows_from_the_due_day():
    panel = panel_of(balances(payments(rent_days(), RENT)))
    streams = find_streams(panel)
    paid = expected_events(streams, panel.origins, 60).paid[0]
    assert (np.diff(paid) >= 0).all()
    assert paid[22] < 0.05
    assert paid[27] > 0.9 * (streams.alive * streams.rate)[0]
    assert paid[59] > paid[40]  # the second payment


def test_a_payment_that_is_overdue_is_doubted_if_the_stream_may_have_ended():
    """Due two days ago, with 0.5 on time and 0.25 on each of the two days after; the stream runs with 0.4, pays with 1.

    By Bayes, 0.4 * 0.25 / (1 - 0.4 * 0.75) for the last day, not 0.4 * 0.25 / (1 - 0.75).
    """
    chance, offsets = np.zeros((1, 3)), np.array([0, 1, 2])
    spread_chances(np.array([0]), np.array([1]), offsets, np.array([[0.5, 0.25, 0.25]]), np.array([0.4]), chance)
    assert chance[0].tolist() == pytest.approx([0.0, 0.0, 0.1 / 0.7])


def test_a_payment_that_does_not_come_is_passed_over_for_the_next_one():
    days = [day for day in days_back() if day.day == 1 and day < date(2026, 6, 1)]
    said = []
    for end in (date(2026, 5, 31), date(2026, 6, 5)):
        panel = panel_of(balances(payments(days, RENT), end=end), end=end)
        streams = find_streams(panel)
        found, coming = list_streams(streams, panel.origins), coming_events(streams, panel.origins, 40)
        at = np.flatnonzero(coming.due == found.next_date.astype(np.int64)[0])
        assert found.confidence[0] == pytest.approx(coming.chance[at].sum())
        said.append((str(found.next_date[0]), bool(found.confidence[0] > 0.9)))
    assert said == [("2026-06-01", True), ("2026-07-01", True)]


def test_absence_is_the_product_over_payments_of_what_has_not_come():
    """One is due on the second day and comes then (0.5) or a day later; another on the first (0.2) or a day later."""
    absence, offsets = np.ones((1, 4)), np.array([-1, 0, 1])
    row, step = np.array([0, 0]), np.array([1, 0])
    multiply_absence(row, step, offsets, np.array([[0.0, 0.5, 0.25], [0.0, 0.2, 0.4]]), absence)
    assert absence[0].tolist() == pytest.approx([0.8, 0.5 * 0.4, 0.25 * 0.4, 0.25 * 0.4])


def test_variance_of_the_sum_is_less_than_the_sum_of_variances():
    days = [day + timedelta(day.month % 3) for day in rent_days()]
    panel = panel_of(balances(payments(days, RENT)))
    streams = find_streams(panel)
    flow, events = expected_events(streams, panel.origins, 60), coming_events(streams, panel.origins, 60)
    [amount], [spread] = streams.amount, streams.spread
    variances = events.chance * (amount**2 + spread**2) - (events.chance * amount) ** 2
    assert (variances >= 0).all()
    assert (flow.path_variance >= 0).all()
    assert flow.path_variance[0, -1] < 0.5 * variances.sum()


def test_chances_of_a_payment_sum_to_no_more_than_one():
    panel = panel_of(balances(payments(rent_days(), RENT)))
    events = coming_events(find_streams(panel), panel.origins, 90)
    assert len(events.stream) == 3
    assert (events.chance.sum(axis=1) <= 1).all()
    assert (np.diff(events.due) > 0).all()


def test_next_payment_of_each_stream_is_the_first_of_those_to_come():
    weekly = [day for day in days_back() if day.weekday() == 4]
    monthly = [day for day in days_back() if day.day == 15]
    early = [*rent_days(date(2026, 5, 31)), date(2026, 6, 26)]  # the payment of 28 June has come
    panel = panel_of(
        balances(payments(weekly, 310.0), payments(monthly, -950.0)),
        balances(payments(early, RENT)),
    )
    streams = find_streams(panel)
    following, every = next_events(streams, panel.origins), coming_events(streams, panel.origins, 400)
    first = np.unique(every.stream, return_index=True)[1]
    assert len(streams) > 2
    np.testing.assert_array_equal(following.stream, every.stream[first])
    np.testing.assert_array_equal(following.due, every.due[first])
    np.testing.assert_array_equal(following.chance, every.chance[first])


def test_table_has_a_row_for_each_stream_with_the_accounts_key():
    panel = panel_of(
        balances(payments(rent_days(), RENT)), balances(), balances(payments(rent_days(date(2025, 9, 1)), 55.5))
    )
    table = events_table(panel, find_streams(panel))
    assert table.columns == ["unique_id", *EVENTS_SCHEMA]
    assert table["unique_id"].to_list() == ["A0000", "A0002"]
    assert table["next_date"].to_list() == [date(2026, 7, 28), None]
    assert table["next_amount"].to_list() == [RENT, None]


def test_table_of_no_streams_has_the_same_types():
    some = panel_of(balances(payments(rent_days(), RENT)))
    none = panel_of(balances())
    assert events_table(none, find_streams(none)).schema == events_table(some, find_streams(some)).schema


def test_payments_that_follow_the_balance_are_a_line_worked_by_hand():
    """Two payments of 3 (chance 1) and 5 - 0.5 (balance - 100) (chance 0.8), on days 1 and 2 after the origin."""
    (base, gain), variance = np.zeros((2, 2, 1, 3)), np.zeros((1, 3))
    chance = np.array([[1.0], [0.8]])
    amount, slope, balance, spread = np.array([[3.0, 5.0], [0.0, -0.5], [0.0, 100.0], [1.0, 2.0]])
    add_payments(
        np.array([0, 1]), np.array([0, 1]), np.array([0]), chance, np.array([0, 0]), np.array([0, 1]), amount,
        amount**2 + spread**2, amount - slope * balance, slope, base, gain, variance,
    )  # fmt: skip
    assert base[:, 0] == pytest.approx(np.array([[3.0, 0.0, 0.0], [0.0, 0.8 * 55.0, 0.0]]))
    assert gain[:, 0] == pytest.approx(np.array([[0.0] * 3, [0.0, -0.4, 0.0]]))
    assert variance[0] == pytest.approx([1.0, 0.8 * 29.0 - 16.0, 0.0])


def test_all_that_is_there_is_taken_once_whatever_the_day():
    """A payment of the whole balance comes on the first day with 0.6, else on the second: then nothing is left."""
    (base, gain), variance = np.zeros((2, 2, 1, 2)), np.zeros((1, 2))
    amount, slope = np.array([-100.0]), np.array([-1.0])
    add_payments(
        np.array([0]), np.array([0]), np.array([0, 1]), np.array([[0.6, 0.4]]), np.array([0]), np.array([1]), amount,
        amount**2, np.zeros(1), slope, base, gain, variance,
    )  # fmt: skip
    assert gain[1, 0] == pytest.approx([-0.6, -1.0])
    assert (1.0 + gain[1, 0]).prod() == pytest.approx(0.0)
