"""TS01 to TS06: days with several rows, without rows, or without a balance."""

from datetime import date, datetime, time, timedelta
from itertools import permutations

import pytest
from ts_rows import START, account, balances, check, daily, finding, rows, rules, shard, timed

from forecast_cli.config.choices import OnDuplicate
from forecast_cli.data.findings import Action, raise_rejection

NAN, INF = float("nan"), float("inf")
DAY = START


def _at(hour: int) -> datetime:
    return datetime.combine(DAY, time(hour))


def test_TS01_unsorted_rows_are_sorted_without_a_word() -> None:
    ordered = rows(daily("a", [1, 2, 3, 4]), daily("b", [5, 6, 7]))
    shuffled = ordered[[5, 2, 0, 6, 3, 1, 4]]
    assert check(shuffled).ledger.equals(check(ordered).ledger)
    assert not rules(check(shuffled)) - {"TS09"} - {"TS13"}
    assert balances(shard(shuffled), "a") == [1, 2, 3, 4]


def test_TS02_the_same_row_twice_is_dropped_and_counted() -> None:
    frame = rows(daily("a", [1, 2, 3]), daily("a", [1, 2, 3]), daily("b", [1, 2, 3]))
    contract = check(frame)
    assert account(contract, "a")["status"] == "ok"
    assert (account(contract, "a")["duplicates"], account(contract, "a")["n_obs"]) == (3, 3)
    assert account(contract, "b")["duplicates"] == 0
    found = finding(contract, "TS02", Action.REPAIR)
    assert (found.unit, found.count, found.total, found.examples) == ("rows", 3, 9, ("a",))
    assert found.message == "3 rows of 1 account: repeat another row in full; dropped"
    assert balances(shard(frame), "a") == [1, 2, 3]


def test_TS03_two_balances_for_one_day_set_the_account_aside() -> None:
    frame = rows(daily("a", [1, 2, 3]), daily("a", [1, 7, 8]), daily("b", [1, 2, 3]))
    contract = check(frame)
    row = account(contract, "a")
    assert (row["status"], row["conflicts"], row["duplicates"]) == ("failed", 2, 1)
    assert row["reason"] == "conflict: two balances for 2024-01-02 and 1 more (--on-duplicate)"
    assert account(contract, "b")["status"] == "ok"
    found = finding(contract, "TS03", Action.SET_ASIDE)
    assert (found.unit, found.count, found.total, found.examples) == ("accounts", 1, 2, ("a",))
    assert "two balances for one day" in found.message
    assert found.hint is not None
    assert "--on-duplicate last-row" in found.hint
    assert shard(frame).panel.ids.to_list() == ["b"]


@pytest.mark.parametrize(
    ("choice", "expected"), [(OnDuplicate.LAST_ROW, [7.0, 2.0, 3.0]), (OnDuplicate.MEAN, [4.0, 2.0, 3.0])]
)
def test_TS03_two_balances_are_settled_where_the_user_says_how(choice: OnDuplicate, expected: list[float]) -> None:
    frame = rows(daily("a", [1, 2, 3]), daily("a", [7]))
    contract = check(frame, on_duplicate=choice)
    row = account(contract, "a")
    assert (row["status"], row["reason"], row["conflicts"]) == ("ok", None, 1)
    assert f"settled by --on-duplicate {choice.value}" in finding(contract, "TS03", Action.REPAIR).message
    assert balances(shard(frame, on_duplicate=choice), "a") == expected


def test_TS03_the_last_row_is_the_last_in_the_order_of_files_and_rows() -> None:
    day = [("a", DAY, 5.0), ("a", DAY + timedelta(1), 9.0), ("a", DAY, 6.0), ("a", DAY, 5.0)]
    assert balances(shard(rows(day), on_duplicate="last-row"), "a") == [5, 9]
    assert balances(shard(rows(day[::-1]), on_duplicate="last-row"), "a") == [5, 9]
    assert balances(shard(rows([day[3], *day[:3]]), on_duplicate="last-row"), "a") == [6, 9]


def test_TS03_the_mean_does_not_depend_on_the_order_of_rows() -> None:
    orders = permutations([1e15, 0.1, -1e15, 0.3])
    means = {balances(shard(rows([("a", DAY, y) for y in order]), on_duplicate="mean"), "a")[0] for order in orders}
    assert len(means) == 1


def test_TS03_two_balances_reject_the_run_where_the_user_wants_it() -> None:
    contract = check(rows(daily("a", [1, 2]), daily("a", [7])), on_duplicate="fail")
    assert finding(contract, "TS03", Action.REJECT).count == 1
    with pytest.raises(Exception, match=r"^in: 1 account: two balances for one day, e.g. a \[TS03\]$"):
        raise_rejection(contract.findings, "in")


def test_TS03_a_null_beside_a_balance_is_no_second_balance() -> None:
    contract = check(rows(daily("a", [1, 2, 3, 4]), daily("a", [None])))
    row = account(contract, "a")
    assert (row["status"], row["conflicts"], row["duplicates"]) == ("ok", 0, 0)
    assert (row["nulls_filled"], row["nulls_dropped"]) == (0, 1)


def test_TS03_every_further_balance_of_a_day_is_counted() -> None:
    frame = rows(daily("a", [1, 2]), daily("a", [7]), daily("a", [8]))
    row = account(check(frame), "a")
    assert (row["conflicts"], row["n_obs"]) == (2, 2)
    assert row["reason"] == "conflict: two balances for 2024-01-01 (--on-duplicate)"
    settled = finding(check(frame, on_duplicate="mean"), "TS03", Action.REPAIR)
    assert settled.message == "1 day of 1 account: two balances; settled by --on-duplicate mean"


def test_TS03_minus_zero_is_zero() -> None:
    frame = rows(daily("a", [0.0, -0.0]), daily("a", [-0.0]))
    assert account(check(frame), "a")["duplicates"] == 1
    assert [str(value) for value in balances(shard(frame), "a")] == ["0.0", "0.0"]


def test_SC17_the_last_instant_of_a_day_is_its_balance() -> None:
    frame = timed([("a", _at(17), 3.0), ("a", _at(9), 1.0), ("a", _at(9), 2.0)])
    contract = check(frame)
    row = account(contract, "a")
    assert (row["status"], row["same_day"], row["conflicts"], row["n_obs"]) == ("ok", 2, 0, 1)
    assert finding(contract, "SC17", Action.REPAIR).count == 2
    assert balances(shard(frame), "a") == [3.0]


def test_SC17_each_day_has_its_own_last_instant() -> None:
    next_day = [("a", _at(hour) + timedelta(days=1), float(hour)) for hour in (8, 10)]
    frame = timed([("a", _at(9), 1.0), ("a", _at(17), 3.0)], next_day)
    assert account(check(frame), "a")["same_day"] == 2
    assert balances(shard(frame), "a") == [3.0, 10.0]


def test_TS03_equal_instants_with_two_balances_are_a_conflict() -> None:
    frame = timed([("a", _at(12), 1.0), ("a", _at(12), 2.0), ("a", _at(11), 5.0)])
    row = account(check(frame), "a")
    assert (row["status"], row["conflicts"], row["same_day"]) == ("failed", 1, 1)
    assert balances(shard(frame, on_duplicate="last-row"), "a") == [2.0]


def test_TS04_days_without_a_row_carry_the_last_balance_forward() -> None:
    frame = rows([("a", date(2024, 2, 27), 10.0), ("a", date(2024, 3, 2), -4.0)])
    contract = check(frame)
    row = account(contract, "a")
    assert (row["status"], row["gap_filled"], row["n_obs"]) == ("ok", 3, 2)
    found = finding(contract, "TS04", Action.REPAIR)
    assert (found.unit, found.count) == ("accounts", 1)
    assert "3 days of 1 account: without a row; the last balance is carried forward" in found.message
    assert balances(shard(frame), "a") == [10, 10, 10, 10, -4]


def test_an_account_has_every_flag_that_holds_in_one_order() -> None:
    large = 2.0**53
    frame = rows([("a", date(1970, 6, 1), large)], daily("a", [large] * 3), daily("b", [1, 2, 3, 4]))
    contract = check(frame, max_balance=1e16)
    assert account(contract, "a")["flags"] == ["stale", "constant", "history_cut", "rounded"]
    assert account(contract, "b")["flags"] == []


def test_TS04_a_history_begins_after_a_stretch_too_long_to_fill() -> None:
    frame = rows([("a", date(1970, 6, 1), 9.0)], daily("a", [1, 2, 3]), daily("b", [1, 2, 3]))
    contract = check(frame)
    row = account(contract, "a")
    assert (row["status"], row["flags"]) == ("ok", ["history_cut"])
    assert (row["gap_filled"], row["n_obs"], row["first"]) == (0, 4, date(1970, 6, 1))
    found = finding(contract, "TS04", Action.NOTE)
    assert (found.unit, found.count, found.total, found.examples) == ("accounts", 1, 2, ("a",))
    assert found.message == (
        "1 account: no balance for more than 366 days in a row; their history begins after the last such gap"
    )
    panel = shard(frame).panel
    assert panel.y.tolist() == [[1, 2, 3], [1, 2, 3]]
    assert panel.lengths.tolist() == [3, 3]


def test_TS04_the_longest_stretch_filled_is_the_one_named() -> None:
    frame = rows(daily("a", [1]), daily("a", [2], START + timedelta(days=11)), daily("a", [3], START + timedelta(15)))
    kept, cut = check(frame, max_gap=10), check(frame, max_gap=9)
    assert (account(kept, "a")["gap_filled"], account(kept, "a")["flags"]) == (13, [])
    assert (account(cut, "a")["gap_filled"], account(cut, "a")["flags"]) == (3, ["history_cut"])
    assert balances(shard(frame, max_gap=9), "a") == [2, 2, 2, 2, 3]


def test_TS04_days_between_two_accounts_are_no_gap() -> None:
    """Both have rows out of order; the second begins long after the first has ended."""
    late = START + timedelta(days=20)
    frame = rows(reversed(daily("a", [1, 2])), reversed(daily("b", [3, 4], late)))
    assert "TS04" not in rules(check(frame, max_gap=9, max_stale=30))


def test_TS04_days_whose_rows_have_no_balance_are_part_of_a_stretch() -> None:
    frame = rows(daily("a", [1, None, None, 4, 5, 6, 7, 8]))
    row = account(check(frame, max_gap=1), "a")
    assert (row["nulls_filled"], row["nulls_dropped"], row["flags"]) == (0, 2, ["history_cut"])
    assert balances(shard(frame, max_gap=1), "a") == [4, 5, 6, 7, 8]


def test_TS04_unsorted_rows_leave_no_stretch_where_there_is_none() -> None:
    frame = rows(daily("a", [1]), daily("a", [3], START + timedelta(10)), daily("a", [2], START + timedelta(5)))
    assert account(check(frame, max_gap=4), "a")["flags"] == []
    assert len(balances(shard(frame, max_gap=4), "a")) == 11


def test_TS04_the_stretch_up_to_the_origin_is_for_max_stale() -> None:
    frame = rows(daily("a", [1, 2]), daily("b", [1], START + timedelta(days=10)))
    assert balances(shard(frame, max_gap=2), "a") == [1] + [2] * 10


def test_TS20_a_history_is_cut_to_its_last_days() -> None:
    frame = rows(daily("a", range(10)), daily("b", range(3), START + timedelta(days=7)))
    contract = check(frame, max_history=3)
    row = account(contract, "a")
    assert (row["flags"], row["n_obs"], row["first"], row["gap_filled"]) == (["history_cut"], 10, START, 0)
    assert account(contract, "b")["flags"] == []
    found = finding(contract, "TS20", Action.NOTE)
    assert (found.unit, found.count, found.total, found.examples) == ("accounts", 1, 2, ("a",))
    assert "a history of more than 3 days" in found.message
    assert found.hint == "use more of it with --max-history"
    assert shard(frame, max_history=3).panel.y.tolist() == [[7, 8, 9], [0, 1, 2]]


def test_TS20_an_earlier_balance_sets_the_level_a_history_begins_at() -> None:
    frame = rows(daily("a", [5]), daily("a", [6], START + timedelta(days=9)))
    row = account(check(frame, max_history=3), "a")
    assert (row["gap_filled"], row["flags"]) == (2, ["history_cut"])
    assert balances(shard(frame, max_history=3), "a") == [5, 5, 6]


def test_TS20_ten_years_are_used_by_default() -> None:
    frame = rows(daily("a", [float(day % 7) for day in range(3654)], date(2010, 1, 1)))
    assert len(balances(shard(frame), "a")) == 3653
    assert len(balances(shard(frame, max_history=3654), "a")) == 3654
    assert "TS20" not in rules(check(frame, max_history=3654))


def test_TS20_holes_before_the_history_are_dropped_and_counted() -> None:
    row = account(check(rows(daily("a", [1, None, 3, 4, 5, None, 7, 8, 9])), max_history=4), "a")
    assert (row["nulls_filled"], row["nulls_dropped"], row["gap_filled"]) == (1, 1, 0)


@pytest.mark.parametrize("hole", [None, NAN])
def test_TS05_a_hole_inside_carries_the_last_balance_forward(hole: float | None) -> None:
    frame = rows(daily("a", [1, hole, hole, 4, 5, 6, 7]))
    contract = check(frame)
    row = account(contract, "a")
    assert (row["status"], row["nulls_filled"], row["gap_filled"], row["n_obs"]) == ("ok", 2, 0, 5)
    assert "2 rows of 1 account: null, NaN or infinite" in finding(contract, "TS05", Action.REPAIR).message
    assert balances(shard(frame), "a") == [1, 1, 1, 4, 5, 6, 7]


def test_TS05_holes_at_the_ends_move_the_first_and_the_last_day() -> None:
    frame = rows(daily("a", [None, 2, 3, 4, 5, 6, NAN]), daily("b", [1] * 7))
    row = account(check(frame), "a")
    assert (row["first"], row["last"]) == (date(2024, 1, 2), date(2024, 1, 6))
    assert (row["nulls_filled"], row["nulls_dropped"], row["stale_filled"], row["flags"]) == (0, 2, 1, ["stale"])
    assert balances(shard(frame), "a") == [2, 3, 4, 5, 6, 6]


def test_TS05_holes_at_the_end_are_counted_where_each_account_has_its_own_origin() -> None:
    contract = check(rows(daily("a", [1, 2, 3, 4, 5, None, NAN])), origin="account")
    row = account(contract, "a")
    assert (row["last"], row["nulls_filled"], row["nulls_dropped"]) == (date(2024, 1, 5), 0, 2)
    assert finding(contract, "TS05", Action.REPAIR).count == 2


def test_TS05_a_hole_at_the_end_of_a_day_is_counted() -> None:
    days = [DAY + timedelta(days=day) for day in range(4)]
    frame = timed(
        *([("a", datetime.combine(d, time(9)), 1.0), ("a", datetime.combine(d, time(17)), None)] for d in days)
    )
    contract = check(frame, max_missing=0.5)
    row = account(contract, "a")
    assert (row["status"], row["n_obs"], row["nulls_filled"], row["nulls_dropped"]) == ("ok", 4, 0, 4)
    found = finding(contract, "TS05", Action.REPAIR)
    assert (found.unit, found.count, found.total) == ("rows", 4, 8)


def test_TS05_too_many_holes_set_the_account_aside() -> None:
    contract = check(rows(daily("a", [1, None, None, 4]), daily("b", [1, None, 3, 4])))
    row = account(contract, "a")
    assert (row["status"], row["nulls_filled"], row["nulls_dropped"]) == ("failed", 0, 2)
    assert row["reason"] == "missing: 2 of 4 balances are missing, expected at most 30 % (--max-missing)"
    assert account(contract, "b")["status"] == "ok"
    assert "more than 30 % of the balances missing" in finding(contract, "TS05", Action.SET_ASIDE).message
    assert finding(contract, "TS05", Action.REPAIR).count == 1, "those of a are not filled"


@pytest.mark.parametrize("value", [INF, -INF])
def test_TS06_infinite_balances_are_missing_balances(value: float) -> None:
    frame = rows(daily("a", [1, value, 3, 4]))
    contract = check(frame)
    row = account(contract, "a")
    assert (row["status"], row["infinite"], row["nulls_filled"]) == ("ok", 1, 1)
    found = finding(contract, "TS06", Action.REPAIR)
    assert found.message == "1 row of 1 account: infinite in column 'balance'; taken as missing"
    assert balances(shard(frame), "a") == [1, 1, 3, 4]
    assert account(check(rows(daily("a", [1, value, 3]))), "a")["status"] == "failed"
