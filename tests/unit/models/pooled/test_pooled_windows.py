"""Windows to learn from, against a slow loop over accounts and days."""

import hashlib
from dataclasses import replace

import numpy as np
import polars as pl
from panels import panel_of

from forecast_cli.data.panel import Panel
from forecast_cli.models.pooled.windows import LOOK_BACK, balances_after, group_of, list_windows, panel_at

H = 10


def counting(lengths: list[int]) -> Panel:
    """Return accounts of the given lengths, each ending three days before the last."""
    ends = np.datetime64("2026-01-31") - np.arange(len(lengths)) * 3
    return panel_of(*map(np.arange, lengths), end=ends)


def slowly(panel: Panel) -> list[tuple[int, int, int]]:
    """The row, the day and the priority of each window: some days fit, of which every fifteenth is taken."""
    found = []
    for row in range(len(panel)):
        end, seed = panel.origins[row].astype(int), panel.seed_of(row)
        for day in range(end - panel.lengths[row] + 1, end + 1):
            if day - (end - panel.lengths[row]) >= 31 and day + H <= end and (day - seed) % 15 == 0:
                told = int(seed).to_bytes(8, "little") + int(day).to_bytes(8, "little", signed=True)
                found.append((row, day, int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), "big")))
    return found


def test_windows_are_those_of_a_slow_loop() -> None:
    panel = counting([1, 31, 40, 41, 42, 55, 200, 731])
    got = list_windows(panel, H)
    assert list(zip(got.row.tolist(), got.day.tolist(), got.priority.tolist(), strict=True)) == slowly(panel)
    assert len(got.row) > 50


def test_a_quarter_of_the_windows_know_no_more_than_a_new_account() -> None:
    panel = counting([731] * 30)
    windows = list_windows(panel, H)
    then = panel_at(panel, windows, LOOK_BACK)
    at = windows.day - panel.origins.astype(np.int64)[windows.row] + panel.lengths[windows.row] - 1
    cut = windows.priority % 4 == 0
    assert then.lengths[~cut].tolist() == (at + 1)[~cut].tolist()
    assert then.lengths[cut].tolist() == np.minimum(at + 1, 31 + (windows.priority // 4 % 60).astype(int))[cut].tolist()
    assert (set(then.lengths[cut].tolist()), 0.2 < cut.mean() < 0.3) == (set(range(31, 91)), True)
    assert then.y[:, -1].tolist() == at.tolist(), "the last balance is that of the window's day"
    assert [np.isfinite(row).sum() for row in then.y] == then.lengths.tolist()
    steps = np.diff(then.y)
    assert set(steps[np.isfinite(steps)].tolist()) == {1.0}, "the days before it are those of the account, to the first"
    assert panel_at(panel, windows, 50).lengths.max() == 50


def test_the_group_of_an_account_says_nothing_of_the_days_of_its_windows() -> None:
    panel = counting([60] * 200)
    windows = list_windows(panel, H)
    phases, groups = windows.day % 15, group_of(panel, windows)
    assert all(len(set(groups[phases == phase])) > 1 for phase in range(15))
    assert len(set(zip(windows.row.tolist(), groups.tolist(), strict=True))) == len(panel), "one group an account"


def test_no_account_has_no_window() -> None:
    got = list_windows(counting([]), H)
    assert (got.row.dtype, got.day.dtype, got.priority.dtype) == (np.int64, np.int64, np.uint64)
    assert not len(got.row)


def test_seeds_are_those_of_each_account() -> None:
    panel = counting([3, 4, 5])
    assert panel.seeds().tolist() == [panel.seed_of(row) for row in range(3)]


def test_the_balances_after_a_window_are_those_of_its_account_and_currency() -> None:
    panel = replace(counting([60, 50]), currencies=pl.Series(["EUR", "USD"]))
    windows = list_windows(panel, H)
    then = panel_at(panel, windows, LOOK_BACK)
    assert then.currencies is not None
    assert then.currencies.to_list() == [("EUR", "USD")[row] for row in windows.row.tolist()]
    assert set(windows.row.tolist()) == {0, 1}
    came = balances_after(panel, windows, np.array([1, H]))
    assert (came - then.y[:, -1:]).tolist() == [[1.0, H]] * len(windows.row)
