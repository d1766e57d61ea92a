"""Differences between two runs: when they count as the same, the files they read, and how far accounts moved."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from forecast_cli.config.settings import Settings
from forecast_cli.workflows import runs_diff
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.runs_diff import Moved, RunDiff, diff_runs


def balances(account: str, *, last: float = 0.0) -> pl.DataFrame:
    """Four weeks of 10; ``last`` is added on the last day."""
    days = pl.date_range(date(2026, 2, 2), date(2026, 3, 1), eager=True)
    return pl.DataFrame({"account_id": account, "date": days, "balance": [10.0] * 27 + [10.0 + last]})


def run_of(folder: Path, **files: pl.DataFrame) -> Path:
    """Forecast the accounts in ``files`` by the same weekday of the last week."""
    (folder / "in").mkdir(parents=True)
    for name, rows in files.items():
        rows.write_parquet(folder / "in" / f"{name}.parquet")
    settings = Settings(model=("SeasonalNaive",), season_length=(7,), horizon=7, jobs=1)
    run_forecast(ForecastRequest(str(folder / "in"), folder / "out", settings))
    return folder / "out"


@pytest.mark.parametrize(
    ("counts", "statuses", "same"),
    [
        ((0, 0, 0), (), True),
        ((1, 0, 0), (), False),
        ((0, 1, 0), (), False),
        ((0, 0, 1), (), False),
        ((0, 0, 0), (("skipped", "failed", 1),), False),
    ],
)
def test_runs_are_the_same_if_neither_a_number_nor_a_row_nor_a_status_differs(
    counts: tuple[int, int, int], statuses: tuple[tuple[str, str, int], ...], same: bool
) -> None:
    changed, old_only, new_only = counts
    moved = Moved(both=7, changed=changed, old_only=old_only, new_only=new_only, distances=())
    assert RunDiff(Path("a"), Path("b"), made_from=(), counts=(), statuses=statuses, numbers=moved).same is same


def test_an_account_moved_by_the_largest_distance_of_its_days(tmp_path: Path) -> None:
    old = run_of(tmp_path / "old", one=balances("a"), two=balances("b"))
    found = diff_runs(old, run_of(tmp_path / "new", one=balances("a", last=70.0), two=balances("b")))
    [distances] = found.numbers.distances
    assert distances.accounts == (("a", 70.0),)
    assert (distances.largest, distances.average) == (70.0, 5.0), "one of the 14 rows"
    assert (found.numbers.both, found.numbers.changed) == (14, 7), "its intervals widen on all days"


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_accounts_are_compared_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """``a`` and ``z`` are of one run only, before and after all accounts of the other."""
    shared = {"one": balances("b"), "two": balances("c"), "three": balances("d")}
    moved = {**shared, "two": balances("c", last=30.0), "three": balances("d", last=-70.0)}
    old = run_of(tmp_path / "old", **shared)
    new = run_of(tmp_path / "new", first=balances("a"), **moved, last=balances("z"))
    monkeypatch.setattr(runs_diff, "_ACCOUNTS", at_once)
    for before, after, only in ((old, new, (0, 14)), (new, old, (14, 0))):
        found = diff_runs(before, after).numbers
        assert (found.both, found.changed, found.old_only, found.new_only) == (21, 14, *only)
        [distances] = found.distances
        assert (distances.largest, distances.average) == (70.0, pytest.approx(100 / 21))
        assert distances.accounts == (("d", 70.0), ("c", 30.0))


def test_windows_of_a_backtest_are_compared_one_by_one(tmp_path: Path) -> None:
    """Two cutoffs, a day apart, so that six days are forecast from both."""
    balances("a").write_parquet(tmp_path / "rows.parquet")
    values = {"model": ("Naive",), "season_length": (7,), "horizon": 7, "windows": 2, "step": 1, "min_train": 7}
    request = ForecastRequest(str(tmp_path / "rows.parquet"), tmp_path / "out", Settings.model_validate(values))
    run_backtest(request)
    found = diff_runs(tmp_path / "out", tmp_path / "out")
    assert (found.numbers.both, found.numbers.old_only, found.numbers.new_only) == (14, 0, 0)
    assert found.same


def test_a_file_that_was_only_added_is_named(tmp_path: Path) -> None:
    old = run_of(tmp_path / "old", one=balances("a"))
    found = diff_runs(old, run_of(tmp_path / "new", one=balances("a"), two=balances("b")))
    assert found.made_from == ("input: 1 file of new content, 0 removed, 1 unchanged",)
    assert found.statuses == (("absent", "ok", 1),)
    assert (found.numbers.changed, found.numbers.old_only, found.numbers.new_only) == (0, 0, 7)
