"""How many days are known of accounts to learn from, as far as windows rest on them."""

import numpy as np
import polars as pl
import pytest
from panels import panel_of

from forecast_cli.engine import known_past
from forecast_cli.engine.known_past import KnownPast, LearningAccounts

LAST = np.datetime64("2026-06-30")


def history(*series: np.ndarray, days: tuple[int, ...] = (0,), end: object = LAST) -> list[list[int]]:
    """Return the history of accounts before days so many ``days`` before the last one."""
    panel = panel_of(*series, end=end)  # type: ignore[arg-type]
    as_of = LAST - np.array(days)
    ends = panel.origins.astype(np.int64)
    known = np.minimum(ends[:, None], as_of.astype(np.int64) - 1)
    return KnownPast(panel, as_of, known).history.tolist()


def test_days_up_to_the_last_known_one_count() -> None:
    moving = np.arange(100.0)
    assert history(moving, days=(0, 10, 99, 150)) == [[99, 89, 0, 0]]
    assert history(moving, moving[:20]) == [[99], [19]]


def test_days_long_before_the_first_move_do_not_count() -> None:
    """A window needs 31 days of history and a move before it: still days count up to 31 before the move."""
    still = np.zeros(100)
    late = np.where(np.arange(100) < 80, 5.0, 6.0)
    assert history(still, late, np.arange(100.0)) == [[0], [19 + 30], [99]]
    assert history(late, days=(20,)) == [[0]]


def test_days_of_more_than_three_years_before_do_not_count() -> None:
    long = np.arange(2500.0)
    assert history(long, days=(0, 300)) == [[1096 + 30, 1096 + 30]]
    closed = np.array([LAST - np.timedelta64(1400, "D")])
    assert history(long, end=closed) == [[0]], "closed four years ago"


def test_what_is_known_of_a_day_does_not_depend_on_how_many_days_are_read() -> None:
    assert history(np.arange(2192.0), days=(31,)) == history(np.arange(2223.0), days=(31,))


def test_an_account_that_is_not_chosen_has_no_history() -> None:
    panel = panel_of(np.arange(50.0), end=LAST)
    assert KnownPast(panel, np.array([LAST]), np.array([[-1]])).history.tolist() == [[0]]
    empty = panel_of(end=np.zeros(0, dtype="datetime64[D]"))
    assert KnownPast(empty, np.array([LAST]), np.zeros((0, 1), dtype=np.int64)).history.shape == (0, 1)


def test_of_many_accounts_those_with_the_lowest_hashes_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_past, "_MOST_ACCOUNTS", 3)
    first = [LAST - np.timedelta64(days, "D") for days in (100, 90, 80, 70, 60, 50)]
    ledger = pl.DataFrame({"unique_id": list("abcdef"), "first": np.array(first)})
    accounts = LearningAccounts.from_ledger(ledger, seed=7)
    assert accounts.hashes is not None
    early = accounts.hashes[:5]
    latest = LAST - np.timedelta64(60, "D")
    assert accounts.choose(latest).to_list() == sorted(np.array(list("abcde"))[np.argsort(early)[:3]])
    assert accounts.count(latest) == 5
    assert accounts.choose(LAST - np.timedelta64(80, "D")).to_list() == ["a", "b", "c"]
