"""TS10 to TS14: rows without a key, dates out of bounds, and the origin."""

from datetime import date, timedelta

import polars as pl
import pytest
from ts_rows import START, Row, account, balances, check, daily, finding, rows, rules, shard

from forecast_cli.core.ledger_schemas import ACCOUNTS_SCHEMA
from forecast_cli.data.findings import Action, Finding

MANY = [float(day % 17) for day in range(3000)]
LONG_AGO = date(1980, 1, 1)


@pytest.mark.parametrize("unique_id", [None, "", "  ", "\t\n", "\u00a0"])
def test_TS10_rows_without_an_account_are_set_aside_and_counted(unique_id: str | None) -> None:
    contract = check(rows(daily("a", MANY, LONG_AGO), [(unique_id, START, 1.0)]))
    assert contract.ledger["unique_id"].to_list() == ["a"]
    found = finding(contract, "TS10", Action.SET_ASIDE)
    assert (found.unit, found.count, found.total) == ("rows", 1, 3001)
    assert found.message == "1 row without a key: 1 null or blank in column 'account_id', 0 null in column 'date'"


def test_TS10_rows_without_a_date_are_set_aside_and_counted() -> None:
    frame = rows(daily("a", MANY, LONG_AGO), daily("b", MANY, LONG_AGO), [("b", None, 1.0)])
    contract = check(frame)
    assert (account(contract, "b")["status"], account(contract, "b")["bad_rows"]) == ("ok", 1)
    assert finding(contract, "TS10", Action.SET_ASIDE).examples == ("b",)
    assert balances(shard(frame, max_history=3000), "b") == MANY


def test_TS10_too_many_rows_without_a_key_reject_the_run() -> None:
    frame = rows(daily("a", [1, 2, 3]), [(None, START, 1.0), ("a", None, 2.0)])
    found = finding(check(frame), "TS10", Action.REJECT)
    assert found.message == (
        "2 rows without a key: 1 null or blank in column 'account_id', 1 null in column 'date'; "
        "more than 0.1 % of all rows"
    )
    assert found.hint is not None
    assert "--max-bad-rows" in found.hint
    assert finding(check(frame, max_bad_rows=0.4), "TS10", Action.SET_ASIDE).share == 0.4


@pytest.mark.parametrize("unique_id", [None, " "])
def test_TS10_an_input_without_any_account_is_rejected(unique_id: str | None) -> None:
    contract = check(rows(daily(unique_id, [1, 2, 3])), max_bad_rows=1)
    found = finding(contract, "TS10", Action.REJECT)
    assert found.message == (
        "3 rows without a key: 3 null or blank in column 'account_id', 0 null in column 'date'; no account is left"
    )
    assert found.hint == "name the column of accounts with --id-col"
    assert contract.ledger.is_empty()


def test_TS10_integer_ids_have_no_blanks() -> None:
    contract = check(rows(daily(7, MANY, LONG_AGO), [(None, START, 1.0)], id_dtype=pl.Int64))
    assert contract.ledger["unique_id"].to_list() == [7]
    assert finding(contract, "TS10", Action.SET_ASIDE).count == 1


def test_TS10_an_account_without_any_balance_is_set_aside() -> None:
    contract = check(rows(daily("a", [None, float("nan"), float("inf")]), daily("b", [1, 2, 3])))
    row = account(contract, "a")
    assert (row["status"], row["n_obs"], row["first"], row["last"]) == ("failed", 0, None, None)
    assert row["reason"] == "empty: all of its balances (3) are null, NaN or infinite"
    assert finding(contract, "TS10", Action.SET_ASIDE).unit == "accounts"


def test_TS10_an_account_without_any_date_is_set_aside() -> None:
    contract = check(rows(daily("a", [1, 2, 3]), [("b", None, 1.0)]), max_bad_rows=1)
    assert account(contract, "b")["status"] == "failed"
    assert account(contract, "b")["reason"] == "no date: column 'date' is null in all of its rows (1)"


def test_TS11_rows_after_as_of_are_dropped_and_counted() -> None:
    frame = rows(daily("a", [1, 2, 3, 4, 5]))
    contract = check(frame, as_of=date(2024, 1, 3))
    row = account(contract, "a")
    assert (row["status"], row["after_as_of"], row["last"], row["n_obs"]) == ("ok", 2, date(2024, 1, 3), 3)
    assert contract.origin == date(2024, 1, 3)
    assert finding(contract, "TS11", Action.REPAIR).message == (
        "2 rows of 1 account: dated after 2024-01-03 (--as-of); dropped"
    )
    assert balances(shard(frame, as_of=date(2024, 1, 3)), "a") == [1, 2, 3]
    assert balances(shard(frame, as_of=date(2024, 1, 3), origin="account"), "a") == [1, 2, 3]


def test_TS11_an_account_that_begins_after_as_of_is_skipped() -> None:
    frame = rows(daily("a", [1, 2, 3]), daily("b", [1, 2], date(2024, 1, 3)))
    contract = check(frame, as_of=date(2024, 1, 2))
    row = account(contract, "b")
    assert (row["status"], row["after_as_of"], row["n_obs"]) == ("skipped", 2, 0)
    assert row["reason"] == "later: first row 2024-01-03 lies after 2024-01-02 (--as-of)"
    assert "no row up to 2024-01-02" in finding(contract, "TS11", Action.SET_ASIDE).message
    assert shard(frame, as_of=date(2024, 1, 2)).panel.ids.to_list() == ["a"]


@pytest.mark.parametrize("sentinel", [date(1900, 1, 1), date(9999, 12, 31), date(1970, 1, 1)])
def test_TS12_impossible_dates_are_set_aside_and_counted(sentinel: date) -> None:
    frame = rows(daily("a", [1, 2, 3]), [("a", sentinel, 9.0)])
    contract = check(frame)
    row = account(contract, "a")
    assert (row["status"], row["bad_rows"], row["n_obs"]) == ("ok", 1, 3)
    assert contract.origin == date(2024, 1, 3)
    found = finding(contract, "TS12", Action.SET_ASIDE)
    assert found.count == 1
    assert found.message.endswith("lies outside 1970-01-02 to 2099-12-31"), "the action already says: left out"
    assert balances(shard(frame), "a") == [1, 2, 3]


def test_TS12_one_sentinel_per_account_never_rejects_a_run() -> None:
    each = [[*daily(f"a{n}", [1, 2]), (f"a{n}", date(9999, 12, 31), 0.0)] for n in range(50)]
    assert finding(check(rows(*each)), "TS12", Action.SET_ASIDE).count == 50


def test_TS12_a_file_of_impossible_dates_rejects_the_run() -> None:
    contract = check(rows([("a", date(1970, 1, 1), 1.0)] * 10, daily("b", [1, 2, 3])))
    found = finding(contract, "TS12", Action.REJECT)
    assert found.count == 10
    assert "more than 0.1 % of all rows" in found.message
    assert account(contract, "a")["reason"] == (
        "impossible dates: none of its rows (10) is dated 1970-01-02 to 2099-12-31 (--earliest-date, --latest-date)"
    )


def test_TS13_an_account_that_ended_lately_is_carried_forward_and_flagged() -> None:
    frame = rows(daily("a", [1, 2]), daily("b", [0.5] * 46 + [1]))
    contract = check(frame)
    row = account(contract, "a")
    assert (row["status"], row["stale_filled"], row["flags"]) == ("ok", 45, ["stale"])
    assert "the last balance is carried forward" in finding(contract, "TS13", Action.REPAIR).message
    assert balances(shard(frame), "a") == [1] + [2] * 46


def test_TS13_an_account_that_ended_long_ago_is_skipped() -> None:
    frame = rows(daily("a", [1, 2]), daily("b", [0.5] * 47 + [1]))
    contract = check(frame)
    row = account(contract, "a")
    assert (row["status"], row["stale_filled"], row["flags"]) == ("skipped", 0, ["stale"])
    assert row["reason"] == "stale: last row 2024-01-02 lies 46 days before the origin 2024-02-17 (--max-stale 45)"
    assert finding(contract, "TS13", Action.SET_ASIDE).examples == ("a",)
    assert account(check(frame, max_stale=46), "a")["status"] == "ok"


def test_TS13_nothing_is_stale_at_its_own_origin() -> None:
    frame = rows(daily("a", [1, 2]), daily("b", [1.0] * 100 + [2]))
    contract = check(frame, origin="account")
    assert contract.origin is None
    assert set(contract.ledger["status"]) == {"ok"}
    assert "TS13" not in rules(contract)
    panel = shard(frame, origin="account").panel
    assert panel.origins.astype("datetime64[D]").tolist() == [date(2024, 1, 2), date(2024, 4, 10)]
    assert balances(shard(frame, origin="account"), "a") == [1, 2]


@pytest.mark.parametrize(
    ("origin", "first", "length"),
    [
        (date(2023, 2, 28), date(2023, 1, 31), 29),
        (date(2024, 2, 28), date(2024, 1, 31), 29),
        (date(2024, 2, 29), date(2024, 1, 31), 30),
        (date(2024, 3, 1), date(2024, 2, 28), 3),
        (date(2023, 12, 31), date(2022, 12, 31), 366),
        (date(2024, 12, 31), date(2023, 12, 31), 367),
    ],
)
def test_TS14_days_are_counted_on_the_calendar(origin: date, first: date, length: int) -> None:
    frame = rows([("a", first, 1.0), ("a", origin - timedelta(days=1), 2.0), ("b", origin, 3.0), ("b", first, 4.0)])
    found = shard(frame)
    assert balances(found, "a") == [1.0] * (length - 2) + [2.0, 2.0]
    assert balances(found, "b") == [4.0] * (length - 1) + [3.0]
    assert found.panel.origins.tolist() == [origin, origin]
    assert account(found, "a")["gap_filled"] == length - 3
    assert account(found, "a")["stale_filled"] == 1


def test_no_rows_are_no_accounts_and_no_findings() -> None:
    contract = check(rows())
    assert (contract.ledger.height, contract.origin, contract.findings) == (0, None, ())
    assert list(contract.ledger.schema) == ["unique_id", *ACCOUNTS_SCHEMA]
    assert contract.ledger.schema["repairs"] == ACCOUNTS_SCHEMA["repairs"]
    assert len(shard(rows()).panel) == 0


def test_TS13_one_late_row_that_makes_all_others_stale_is_reported() -> None:
    frame = rows(daily("a", [1.0, 2.0]), daily("b", [1.0, 2.0]), [("late", date(2098, 1, 1), 5.0)])
    warning = next(finding for finding in check(frame).findings if finding.action is Action.WARN)
    assert (warning.rule, warning.count, warning.examples) == ("TS13", 1, ("late",))
    assert "the only one that reaches the origin 2098-01-01" in warning.message
    assert "2 of 3 accounts ended more than 45 days before" in warning.message
    assert "--as-of" in (warning.hint or "")


def test_TS13_an_account_that_is_set_aside_moves_no_origin() -> None:
    contradictory = daily("b", [1, 2], date(2024, 2, 12)) + daily("b", [9], date(2024, 2, 12))
    contract = check(rows(daily("a", [1, 2, 3]), contradictory))
    assert contract.origin == date(2024, 1, 3)
    assert (account(contract, "a")["status"], account(contract, "a")["flags"]) == ("ok", [])
    assert account(contract, "b")["status"] == "failed"


def test_TS13_an_input_of_accounts_set_aside_has_no_origin() -> None:
    assert check(rows(daily("a", [1, 2]), daily("a", [9]))).origin is None


def test_TS13_a_late_as_of_is_reported_if_most_accounts_are_skipped() -> None:
    frame = rows(daily("a", [1.0, 2.0]), daily("b", [1.0, 2.0]), [("late", date(2024, 6, 1), 5.0)])
    contract = check(frame, as_of=date(2024, 6, 2))
    found = finding(contract, "TS13", Action.WARN)
    assert (found.count, found.examples) == (2, ("a", "b"))
    assert found.message == (
        "2 accounts: ended more than 45 days before the origin 2024-06-02 (--as-of) and are skipped; 1 can be forecast"
    )
    assert "--as-of" in (found.hint or "")
    assert check(frame, as_of=date(2024, 7, 30)).origin == date(2024, 7, 30)
    assert finding(check(frame, as_of=date(2024, 7, 30)), "TS13", Action.WARN).count == 3


def test_TS13_an_as_of_within_reach_is_not_warned_of() -> None:
    frame = rows(daily("a", [1.0, 2.0]), daily("b", [1.0, 2.0], date(2023, 1, 1)))
    assert not [found for found in check(frame, as_of=date(2024, 1, 3)).findings if found.action is Action.WARN]


def test_TS13_an_input_that_ends_more_than_a_day_before_as_of_is_reported_once() -> None:
    frame = rows(daily("a", [1.0, 2.0]), daily("b", [1.0]))
    found = finding(check(frame, as_of=date(2024, 1, 22)), "TS13", Action.WARN)
    assert found.message == (
        "the newest balance of the input is of 2024-01-02, 20 days before --as-of 2024-01-22: "
        "balances are carried forward"
    )
    assert found.hint == "wait for the delivery, or leave --as-of out"
    assert (found.count, found.examples) == (2, ("a", "b"))


@pytest.mark.parametrize(
    "settings",
    [
        {"as_of": date(2024, 1, 2)},
        {"as_of": date(2024, 1, 3)},
        {"as_of": date(2024, 1, 22), "origin": "account"},
        {},
    ],
)
def test_TS13_an_input_up_to_the_day_before_as_of_is_ordinary(settings: dict[str, object]) -> None:
    frame = rows(daily("a", [1.0, 2.0]), daily("b", [1.0]))
    assert not [found for found in check(frame, **settings).findings if found.action is Action.WARN]


@pytest.mark.parametrize("settings", [{"origin": "account"}, {"max_stale": 365}])
def test_TS13_an_origin_that_was_chosen_or_reached_is_not_reported(settings: dict[str, object]) -> None:
    frame = rows(daily("a", [1.0, 2.0]), daily("b", [1.0, 2.0]), [("late", date(2024, 6, 1), 5.0)])
    assert not [finding for finding in check(frame, **settings).findings if finding.action is Action.WARN]


def bank(*, step: int = 1) -> list[Row]:
    """Rows of 30 accounts up to 2024-02-29, one every ``step`` days."""
    days = [date(2024, 2, 29) - timedelta(days=ago) for ago in range(0, 60, step)]
    return [(f"a{number}", day, float(day.day)) for number in range(30) for day in days]


def late_rows(*parts: list[Row], **settings: object) -> list[Finding]:
    found = check(rows(*parts), **settings).findings
    return [finding for finding in found if finding.rule == "TS13" and finding.action is Action.WARN]


@pytest.mark.parametrize("days", [5, 45])
def test_TS13_one_row_dated_too_late_is_reported_though_nobody_is_skipped_for_it(days: int) -> None:
    origin = date(2024, 2, 29) + timedelta(days=days)
    (found,) = late_rows(bank(), [("a7", origin, 1.0)])
    assert (found.count, found.total, found.examples) == (1, 30, ("a7",))
    assert found.message == (
        f"1 account: with rows after 2024-02-29, up to the origin {origin}, the input's last day; "
        f"the balances of all others are carried forward {days} days or more"
    )
    assert found.hint == (
        "if these rows are dated too late, name the day with --as-of 2024-02-29, and have them corrected"
    )
    assert not late_rows(bank(), [("a7", origin, 1.0)], as_of=date(2024, 2, 29))
    assert not late_rows(bank(), [("a7", origin, 1.0)], origin="account")


@pytest.mark.parametrize(
    "parts",
    [
        [bank(), [("a7", date(2024, 3, 4), 1.0)]],
        [bank(), [("a7", date(2024, 3, 20), 1.0), ("a8", date(2024, 3, 19), 1.0)]],
        [bank()[:600], [("a7", date(2024, 3, 20), 1.0)]],
        [bank(step=7), [("a7", date(2024, 3, 20), 1.0)]],
        [bank(), [(f"a{number}", date(2024, 3, 20), 1.0) for number in range(30)]],
    ],
    ids=["a few days", "two of thirty", "few accounts", "a row a week", "all"],
)
def test_TS13_rows_after_a_quiet_time_are_ordinary(parts: list[list[Row]]) -> None:
    assert late_rows(*parts) == []
