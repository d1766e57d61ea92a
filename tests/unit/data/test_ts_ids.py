"""TS15 to TS19: currencies, similar ids, long ids, hostile ids."""

import polars as pl
import pytest
from ts_rows import START, account, balances, check, daily, finding, rows, rules, shard

from forecast_cli.data.findings import Action

NASTY = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\x1b[31mred", "[/]", "a\nb", "nul\x00", "\u202eabc", "{}"]


def in_currencies(*parts: tuple[str, list[float], str | None]) -> pl.DataFrame:
    frames = [
        rows(daily(unique_id, values)).with_columns(pl.lit(currency, dtype=pl.String).alias("currency"))
        for unique_id, values, currency in parts
    ]
    return pl.concat(frames)


def test_TS15_two_currencies_in_one_account_reject_the_run() -> None:
    contract = check(in_currencies(("a", [1, 2], "EUR"), ("a", [3, 4], "USD"), ("b", [1, 2], "EUR")))
    found = finding(contract, "TS15", Action.REJECT)
    assert (found.count, found.examples) == (1, ("a",))
    assert "several currencies in column 'currency' under one id" in found.message
    assert found.hint is not None
    assert "--currency-col currency" in found.hint


def test_TS15_one_currency_an_account_is_no_finding() -> None:
    assert "TS15" not in rules(check(in_currencies(("a", [1, 2], "EUR"), ("b", [1, 2], "USD"))))


def test_TS15_a_named_currency_is_part_of_the_key() -> None:
    frame = in_currencies(("a", [1, 2], "USD"), ("a", [3, 4], "EUR"), ("b", [5, 6], "EUR"))
    contract = check(frame, currency_col="currency")
    assert contract.ledger.select("unique_id", "currency", "status").rows() == [
        ("a", "EUR", "ok"),
        ("a", "USD", "ok"),
        ("b", "EUR", "ok"),
    ]
    panel = shard(frame, currency_col="currency").panel
    assert panel.currencies is not None
    assert (panel.ids.to_list(), panel.currencies.to_list()) == (["a", "a", "b"], ["EUR", "USD", "EUR"])
    assert panel.y.tolist() == [[3, 4], [1, 2], [5, 6]]


@pytest.mark.parametrize("currency", [None, " "])
def test_TS15_rows_without_a_currency_are_a_failed_account_of_their_own(currency: str | None) -> None:
    frame = in_currencies(("a", [1, 2], "EUR"), ("a", [3, 4], currency))
    contract = check(frame, currency_col="currency")
    assert sorted(contract.ledger["status"]) == ["failed", "ok"]
    (reason,) = contract.ledger["reason"].drop_nulls()
    assert reason == "no currency: column 'currency' is null or blank in its rows (2)"
    assert finding(contract, "TS15", Action.SET_ASIDE).count == 1
    assert len(shard(frame, currency_col="currency").panel) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("ACC1", "acc1"), ("ACC 1", "ACC1"), ("ACC1", " ACC1"), ("caf\u00e9", "cafe\u0301")]
)
def test_TS17_ids_that_look_alike_stay_separate_and_are_named(one: str, other: str) -> None:
    contract = check(rows(daily(one, [1, 2]), daily(other, [3, 4]), daily("else", [5, 6])))
    assert set(contract.ledger["unique_id"]) == {one, other, "else"}
    found = finding(contract, "TS17", Action.WARN)
    assert (found.count, found.total) == (2, 3)
    spell = ascii if "\u0301" in other else repr  # these two look the same
    assert found.examples == (" | ".join(spell(name) for name in sorted([one, other])),)
    assert "case, spaces or unicode form" in found.message


def test_TS17_of_many_ids_that_look_alike_three_are_named() -> None:
    contract = check(rows(*(daily(one, [1, 2]) for one in ("AB", "Ab", "aB", "ab"))))
    assert finding(contract, "TS17", Action.WARN).examples == ("'AB' | 'Ab' | 'aB' | ...",)


def test_TS15_rows_without_a_currency_are_looked_at_as_closely_as_others() -> None:
    frame = in_currencies(("a", [1, 2], None), ("a", [1], None))
    assert account(check(frame, currency_col="currency"), "a")["duplicates"] == 1


def test_TS17_integer_ids_are_never_alike() -> None:
    assert "TS17" not in rules(check(rows(daily(1, [1, 2]), daily(2, [3, 4]), id_dtype=pl.Int64)))


def test_TS18_a_long_id_sets_its_account_aside() -> None:
    long = "x" * 2000
    contract = check(rows(daily(long, [1, 2]), daily("y" * 1024, [1, 2]), daily("\u20ac" * 342, [1, 2])))
    row = account(contract, long)
    assert row["status"] == "failed"
    assert row["reason"] == "long id: its id takes 2000 bytes, expected at most 1024 (--max-id-bytes)"
    assert account(contract, "y" * 1024)["status"] == "ok"
    assert account(contract, "\u20ac" * 342)["status"] == "failed"
    found = finding(contract, "TS18", Action.SET_ASIDE)
    assert found.examples[0] == "x" * 80 + "... (2000 characters)"


def test_TS19_nasty_ids_are_ordinary_data() -> None:
    frame = rows(*(daily(unique_id, [number, 2]) for number, unique_id in enumerate(NASTY)))
    contract = check(frame)
    assert set(contract.ledger["unique_id"]) == set(NASTY)
    assert set(contract.ledger["status"]) == {"ok"}
    found = shard(frame)
    assert [balances(found, unique_id) for unique_id in NASTY] == [[number, 2] for number in range(len(NASTY))]


def test_TS19_column_names_with_braces_appear_in_reasons() -> None:
    contract = check(rows(daily("a", [1, 2]), [("b", None, 1.0)]), date_col="{}", max_bad_rows=1)
    assert account(contract, "b")["reason"] == "no date: column '{}' is null in all of its rows (1)"


def test_examples_are_twenty_at_most_and_the_first_in_order() -> None:
    contract = check(rows(*(daily(f"a{number:03}", [1.0, 1.0], START) for number in reversed(range(30)))))
    found = finding(contract, "TS08", Action.NOTE)
    assert found.examples == tuple(f"a{number:03}" for number in range(20))
    assert (found.count, found.share) == (30, 1.0)
