"""As of which days is learned, and how many days ahead."""

import numpy as np
import pytest
from numpy.typing import NDArray

from forecast_cli.engine.vintages import days_ahead, learnable_days, plan_vintages, with_parts, young_months
from forecast_cli.models.pooled.learned import months_of

JUNE = np.datetime64("2026-06-01")
MANY = 10_000


def accounts(*counts: tuple[int, int]) -> NDArray[np.int64]:
    """Return the days of history of accounts, for each pair of a number of accounts and their days."""
    return np.concatenate([np.full(count, days) for count, days in counts] or [np.zeros(0, dtype=np.int64)])


def planned(in_june: NDArray[np.int64], *origins: str, h: int = 30) -> list[tuple[str, int]]:
    """Return the plan for accounts with so many days of history on 1 June; none are known before they begin."""

    def ahead(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
        return days_ahead(np.maximum(in_june[:, None] + (days - JUNE).astype(np.int64), 0), h)

    starts = np.array(origins, dtype="datetime64[D]")
    months = months_of(starts)
    days = with_parts(months, young_months(months, ahead(months), h), starts)
    plan = plan_vintages(days, ahead(days), h)
    return list(zip(np.datetime_as_string(days[plan.place]).tolist(), plan.ahead.tolist(), strict=True))


def test_young_months_are_learned_as_of_the_parts_of_them_that_begin_before_an_origin() -> None:
    origins = np.array(
        ["2026-06-07", "2026-06-08", "2026-06-17", "2026-06-30", "2026-07-31", "2024-02-29"], dtype="datetime64[D]"
    )
    months = months_of(origins)
    young = np.array(["2024-02-01", "2026-06-01"], dtype="datetime64[D]")
    days = ["2024-02-01", "2024-02-22", "2026-06-01", "2026-06-08", "2026-06-15", "2026-06-22", "2026-07-01"]
    assert np.datetime_as_string(with_parts(months, young, origins)).tolist() == days
    assert with_parts(months, months[:0], origins).tolist() == months.tolist()


@pytest.mark.parametrize(
    ("days", "ahead"), [(52, None), (53, 7), (59, 7), (60, 14), (66, 14), (67, 21), (89, 21), (90, 30), (900, 30)]
)
def test_accounts_are_three_times_as_old_as_the_days_ahead_and_surely_have_a_window(
    days: int, ahead: int | None
) -> None:
    assert learnable_days(accounts((MANY, days)), 30) == ahead


@pytest.mark.parametrize(("days", "ahead"), [(269, 75), (270, 90), (510, 330), (544, 360), (545, 365)])
def test_long_horizons_are_learned_from_accounts_half_a_year_older(days: int, ahead: int) -> None:
    assert learnable_days(accounts((MANY, days)), 365 if days > 300 else 90) == ahead


def test_seventy_five_windows_are_needed() -> None:
    """An account of 149 days has windows on 89 days up to 30 days ago, every fifteenth: 13 make 77, 12 make 71."""
    assert learnable_days(accounts((13, 149)), 30) == 30
    assert learnable_days(accounts((12, 149)), 30) == 21
    assert learnable_days(accounts((2, 400)), 30) is None
    assert learnable_days(accounts(), 30) is None


def test_a_few_old_accounts_among_many_new_ones_do_not_decide() -> None:
    """15 accounts of 200 days leave 140 windows for 30 days, all together 909 for 21 days and 1,483 for 7."""
    pilot = accounts((15, 200), (600, 70))
    assert learnable_days(pilot, 30) == 21
    assert learnable_days(accounts((15, 200), (600, 45)), 30) == 30, "the new ones teach nothing yet"
    assert learnable_days(accounts((100, 220), (MANY, 70)), 30) == 30, "a thousand windows are enough"


def test_a_short_horizon_is_learned_whole_or_not_at_all() -> None:
    for h in (1, 5, 7):
        assert learnable_days(accounts((MANY, 46 + h)), h) == h
        assert learnable_days(accounts((MANY, 45 + h)), h) is None
    assert learnable_days(accounts((MANY, 53)), 8) == 7


def test_old_accounts_have_a_vintage_a_month() -> None:
    old = accounts((100, 400))
    assert planned(old, "2026-06-01", "2026-06-30", "2026-07-09") == [("2026-06-01", 30), ("2026-07-01", 30)]


def test_new_accounts_have_one_a_week_until_a_whole_month_is_learned() -> None:
    new = accounts((1000, 50))
    weeks = ["2026-06-01", "2026-06-08", "2026-06-15", "2026-06-22"]
    origins = ["2026-06-07", "2026-06-08", "2026-06-17", "2026-06-30", "2026-07-31", "2026-08-31"]
    ahead = [30, 7, 14, 21, 21, 30, 30]  # nothing can be learned by 1 June: 30 days are tried
    assert planned(new, *origins) == list(zip([*weeks, "2026-07-01", "2026-07-22", "2026-08-01"], ahead, strict=True))
    assert planned(new, "2026-06-30") == [("2026-06-01", 30), ("2026-06-22", 21)], "only weeks of an origin"
    assert planned(accounts((1000, 120)), "2026-06-30", h=90) == [("2026-06-01", 30)], "for 90 days, months suffice"


def test_many_origins_have_four_vintages_a_month_at_most() -> None:
    origins = [str(JUNE + np.timedelta64(days, "D")) for days in range(365)]
    assert len(planned(accounts((1000, 40)), *origins)) == 12 + 2 + 3
    assert len(planned(accounts((1000, 400)), *origins, h=365)) == 12


def test_where_nothing_can_be_learned_the_month_alone_is_tried() -> None:
    assert planned(accounts((1000, 20)), "2026-06-10", "2026-06-29") == [("2026-06-01", 30)]
    assert planned(accounts(), "2026-06-10") == [("2026-06-01", 30)]
    assert planned(accounts()) == []
