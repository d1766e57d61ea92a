"""As of which days is learned, and how many days ahead."""

import numpy as np
import pytest
from numpy.typing import NDArray

from forecast_cli.engine.vintages import learnable_days, plan_vintages

JUNE = np.datetime64("2026-06-01")


def began(*days: int, before: np.datetime64 = JUNE) -> NDArray[np.datetime64]:
    """Return the first days of accounts, each so many ``days`` before a day."""
    return before - np.array(days, dtype="timedelta64[D]")


def planned(first: NDArray[np.datetime64], *origins: str, h: int = 30) -> list[tuple[str, int]]:
    plan = plan_vintages(first, np.array(origins, dtype="datetime64[D]"), h)
    return list(zip(np.datetime_as_string(plan.as_of).tolist(), plan.ahead.tolist(), strict=True))


@pytest.mark.parametrize(
    ("days", "ahead"), [(52, None), (53, 7), (59, 7), (60, 14), (66, 14), (67, 21), (89, 21), (90, 30), (900, 30)]
)
def test_accounts_are_three_times_as_old_as_the_days_ahead_and_surely_have_a_window(
    days: int, ahead: int | None
) -> None:
    assert learnable_days(began(*[days] * 10_000), JUNE, 30) == ahead


def test_old_accounts_among_new_ones_count_by_their_windows() -> None:
    """An account of 149 days has windows on 89 days up to 30 days ago, every fifteenth: 60 windows are needed."""
    assert learnable_days(began(*[149] * 10, *[52] * 10_000), JUNE, 30) == 21
    assert learnable_days(began(*[149] * 11, *[52] * 10_000), JUNE, 30) == 30


def test_a_short_horizon_is_learned_whole_or_not_at_all() -> None:
    for h in (1, 5, 7):
        assert learnable_days(began(*[46 + h] * 10_000), JUNE, h) == h
        assert learnable_days(began(*[45 + h] * 10_000), JUNE, h) is None


def test_accounts_of_later_days_change_nothing() -> None:
    first = began(*[70] * 1000)
    assert planned(np.append(first, began(*[-1] * 1000)), "2026-06-20") == planned(first, "2026-06-20")


def test_old_accounts_have_a_vintage_a_month() -> None:
    old = began(*[400] * 100)
    assert planned(old, "2026-06-01", "2026-06-30", "2026-07-09") == [("2026-06-01", 30), ("2026-07-01", 30)]


def test_new_accounts_have_one_a_week_until_the_whole_horizon_is_learned() -> None:
    new = began(*[50] * 1000)
    weeks = ["2026-06-01", "2026-06-08", "2026-06-15", "2026-06-22"]
    origins = ["2026-06-07", "2026-06-08", "2026-06-17", "2026-06-30", "2026-07-31", "2026-08-31"]
    ahead = [30, 7, 14, 21, 21, 30, 30]  # nothing can be learned by 1 June: 30 days are tried
    assert planned(new, *origins) == list(zip([*weeks, "2026-07-01", "2026-07-22", "2026-08-01"], ahead, strict=True))
    assert planned(new, "2026-06-30") == [("2026-06-01", 30), ("2026-06-22", 21)], "only weeks of an origin"


def test_where_nothing_can_be_learned_the_month_alone_is_tried() -> None:
    assert planned(began(*[20] * 1000), "2026-06-10", "2026-06-29") == [("2026-06-01", 30)]
    assert planned(began(), "2026-06-10") == [("2026-06-01", 30)]


def test_an_account_is_learned_from_if_it_began_31_days_and_the_days_ahead_before() -> None:
    plan = plan_vintages(began(*[400] * 100), np.array(["2026-06-10"], dtype="datetime64[D]"), 30)
    assert plan.latest.tolist() == [(JUNE - np.timedelta64(61, "D")).item()]
