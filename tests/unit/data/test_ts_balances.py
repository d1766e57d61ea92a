"""TS07 to TS09: balances out of bounds, constant balances, short histories."""

from datetime import date

import pytest
from ts_rows import account, balances, check, daily, finding, rows, rules, shard

from forecast_cli.data.findings import Action


@pytest.mark.parametrize("value", [1.1e15, -1.1e15])
def test_TS07_a_balance_beyond_the_limit_sets_the_account_aside(value: float) -> None:
    frame = rows(daily("a", [1, value, 3]), daily("b", [1, 1e15, 3]))
    contract = check(frame)
    row = account(contract, "a")
    assert row["status"] == "failed"
    assert str(row["reason"]).startswith(f"beyond: balance {value:,.0f}, ")
    assert "expected at most 1,000,000,000,000,000 either way (--max-balance)" in str(row["reason"])
    assert account(contract, "b")["status"] == "ok"
    assert finding(contract, "TS07", Action.SET_ASIDE).examples == ("a",)
    assert account(check(frame, max_balance=1e16), "a")["status"] == "ok"


def test_SC04_balances_that_float64_rounds_are_flagged() -> None:
    contract = check(rows(daily("a", [1, 2.0**53]), daily("b", [1, 2.0**53 - 1])), max_balance=1e20)
    assert account(contract, "a")["flags"] == ["rounded"]
    assert account(contract, "b")["flags"] == []
    assert "2^53" in finding(contract, "SC04", Action.WARN).message


@pytest.mark.parametrize("value", [0.0, -12.5])
def test_TS08_constant_accounts_go_on_and_are_flagged(value: float) -> None:
    frame = rows(daily("a", [value] * 4), daily("b", [1, 2, 3, 4]))
    contract = check(frame)
    assert account(contract, "a")["status"] == "ok"
    assert account(contract, "a")["flags"] == ["constant"]
    assert account(contract, "b")["flags"] == []
    assert "never moved" in finding(contract, "TS08", Action.NOTE).message
    assert balances(shard(frame), "a") == [value] * 4


@pytest.mark.parametrize("n_obs", [1, 2, 3, 29])
def test_TS09_short_accounts_go_on_and_are_noted(n_obs: int) -> None:
    frame = rows(daily("a", [float(day) for day in range(n_obs)]))
    contract = check(frame)
    row = account(contract, "a")
    assert (row["status"], row["n_obs"], row["flags"]) == ("ok", n_obs, [])
    assert "a history shorter than a season (30 days)" in finding(contract, "TS09", Action.NOTE).message
    assert len(balances(shard(frame), "a")) == n_obs


def test_TS09_few_observations_over_a_long_history_are_not_short() -> None:
    assert "TS09" not in rules(check(rows([("a", date(2024, 1, 1), 1.0), ("a", date(2024, 1, 30), 2.0)])))


def test_TS09_a_whole_season_is_not_short() -> None:
    assert "TS09" not in rules(check(rows(daily("a", [float(day) for day in range(30)]))))
