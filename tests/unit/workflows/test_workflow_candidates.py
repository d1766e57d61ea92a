"""Candidates of ``auto`` over whole runs: the accounts joined depend only on the past and the time limit."""

from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from rich.console import Console

from forecast_cli.cli.views.show import render_explanation
from forecast_cli.config.choices import Align
from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError
from forecast_cli.store.layout import LEARNED_WEIGHTS, WEIGHTS
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.explanation import ShowRequest
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.show import explain_account

BASE: dict[str, Any] = {"model": ("auto",), "jobs": 1, "horizon": 14, "candidates": ("SeasonalNaive(11)",)}
CYCLE, ACCOUNTS, DAYS = 11, 24, 300


@pytest.fixture(scope="module")
def accounts() -> pl.DataFrame:
    """Balances that repeat themselves every 11 days, which no payment of a week or a month does."""
    rng = np.random.default_rng(5)
    days = [date(2025, 7, 1) + timedelta(day) for day in range(DAYS)]
    frames = []
    for number in range(ACCOUNTS):
        pattern = rng.normal(0, 100, CYCLE) * 10.0 ** rng.integers(0, 3)
        y = np.round(pattern[np.arange(DAYS) % CYCLE] + np.cumsum(rng.normal(0, 2, DAYS)), 2)
        frames.append(pl.DataFrame({"account_id": [f"a{number:02}"] * DAYS, "date": days, "balance": y}))
    return pl.concat(frames)


@dataclass(frozen=True)
class Runs:
    """Runs in one folder."""

    folder: Path

    def run(self, frame: pl.DataFrame, name: str, *, backtest: bool = False, **values: Any) -> pl.DataFrame:
        path = self.folder / f"{name}.parquet"
        frame.write_parquet(path)
        request = ForecastRequest(str(path), self.folder / name, Settings(**(BASE | values)))
        (run_backtest if backtest else run_forecast)(request)
        return pl.read_parquet(self.folder / name / "forecasts" / "*.parquet")

    def table(self, name: str, table: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / name / table)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(tmp_path_factory.mktemp("candidates"))


@pytest.fixture(scope="module")
def whole(accounts: pl.DataFrame, runs: Runs) -> pl.DataFrame:
    return runs.run(accounts, "whole")


@pytest.fixture(scope="module")
def alone(accounts: pl.DataFrame, runs: Runs) -> pl.DataFrame:
    return runs.run(accounts, "alone", candidates=())


def test_without_a_past_to_learn_from_no_account_is_joined(accounts: pl.DataFrame, runs: Runs) -> None:
    short = accounts.filter(pl.col("date") < date(2025, 9, 1))
    few = runs.run(short, "few")
    assert not any((runs.folder / "few" / name).exists() for name in (WEIGHTS, LEARNED_WEIGHTS))
    assert_frame_equal(few, runs.run(short, "few alone", candidates=()))


def test_a_candidate_that_knows_better_is_given_its_weight(
    accounts: pl.DataFrame, runs: Runs, whole: pl.DataFrame, alone: pl.DataFrame
) -> None:
    other = runs.run(accounts, "other", model=("SeasonalNaive(11)",), candidates=())
    learned, weights = runs.table("whole", LEARNED_WEIGHTS), runs.table("whole", WEIGHTS)
    assert learned.filter(pl.col("segment") == 2, pl.col("from_step") <= 14)["weight"].min() >= 0.5
    days = weights.with_columns(step=pl.int_ranges("from_step", pl.col("to_step") + 1)).explode("step")
    assert days.height == ACCOUNTS * 14
    share = days.sort("account_id", "step")["weight"].to_numpy()
    for name in ("mean", "median", "lo_80", "hi_95"):
        want = (1 - share) * alone[name].to_numpy() + share * other[name].to_numpy()
        np.testing.assert_allclose(whole[name].to_numpy(), want, rtol=1e-9, atol=1e-6)


def test_without_candidates_there_are_no_tables_of_them(runs: Runs, alone: pl.DataFrame) -> None:
    assert alone.height == ACCOUNTS * 14
    assert not (runs.folder / "alone" / WEIGHTS).exists()
    assert not (runs.folder / "alone" / LEARNED_WEIGHTS).exists()


def test_a_backtest_forecasts_as_was_forecast_at_the_cutoff(accounts: pl.DataFrame, runs: Runs) -> None:
    asked: dict[str, Any] = {"level": (20.0, 40.0, 60.0, 80.0), "candidates": ("SeasonalNaive(11)", "RareMoves")}
    replayed = runs.run(accounts, "backtest", backtest=True, windows=2, step=30, align=Align.AS_OF, **asked)
    numbers = ["account_id", "date", "mean", "median", "lo_80", "hi_80"]
    for cutoff in replayed["cutoff"].unique():
        then = runs.run(accounts.filter(pl.col("date") <= cutoff), f"at-{cutoff}", as_of=cutoff, **asked)
        assert runs.table(f"at-{cutoff}", WEIGHTS).height
        at = replayed.filter(pl.col("cutoff") == cutoff).select(numbers)
        assert_frame_equal(at.sort("account_id", "date"), then.select(numbers), check_exact=True)


def test_same_bytes_whatever_the_workers_the_rows_and_the_shards(
    accounts: pl.DataFrame, runs: Runs, whole: pl.DataFrame
) -> None:
    shuffled = accounts.sample(fraction=1.0, shuffle=True, seed=1)
    assert_frame_equal(runs.run(shuffled, "workers", jobs=2, shard_size=7), whole, check_exact=True)
    for table in (LEARNED_WEIGHTS, WEIGHTS):
        assert (runs.folder / "workers" / table).read_bytes() == (runs.folder / "whole" / table).read_bytes()


def test_some_accounts_are_joined_as_among_all_with_what_was_learned(
    accounts: pl.DataFrame, runs: Runs, whole: pl.DataFrame
) -> None:
    fitted, some = str(runs.folder / "whole"), pl.col("account_id").is_in(["a03", "a17"])
    for name, candidates in (("named", BASE["candidates"]), ("unnamed", ())):
        got = runs.run(accounts.filter(some), name, fitted=fitted, candidates=candidates)
        assert_frame_equal(got, whole.filter(some), check_exact=True)
    with pytest.raises(ConfigError, match=r"MSTL were not weighed there \(SeasonalNaive\(11\) were\)"):
        runs.run(accounts, "others", fitted=fitted, candidates=("MSTL",))


def test_a_candidate_that_knows_nothing_joins_nobody(accounts: pl.DataFrame, runs: Runs, alone: pl.DataFrame) -> None:
    joined = runs.run(accounts, "joined", candidates=("RandomWalkWithDrift",))
    learned = runs.table("joined", LEARNED_WEIGHTS)
    assert learned["weight"].max() == learned["reach"].max() == 0.0
    assert learned["windows"].max() > 50
    assert runs.table("joined", WEIGHTS).is_empty()
    assert_frame_equal(joined, alone, check_exact=True)


def test_a_candidate_that_no_past_window_is_long_enough_for_joins_nobody(
    accounts: pl.DataFrame, runs: Runs, alone: pl.DataFrame
) -> None:
    joined = runs.run(accounts, "long", candidates=("SeasonalNaive(200)",))
    assert runs.table("long", LEARNED_WEIGHTS)["windows"].max() == 0
    assert_frame_equal(joined, alone, check_exact=True)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"model": ("Naive",)}, "can join auto, which is not among the models"),
        ({"candidates": ("auto",)}, "'auto' cannot join itself"),
        ({"candidates": ("MSTLL",)}, "unknown model 'MSTLL'"),
        ({"candidates": ("MSTL",), "time_limit": "5s"}, r"5 s buys 40 past windows to weigh MSTL\(30\) by, 150 are"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_read(
    values: dict[str, Any], said: str, accounts: pl.DataFrame, runs: Runs
) -> None:
    with pytest.raises(ConfigError, match=said):
        runs.run(accounts, "refused", **values)
    assert not (runs.folder / "refused").exists()


def test_the_story_of_an_account_says_who_joined_for_which_days(runs: Runs, whole: pl.DataFrame) -> None:
    story = explain_account(ShowRequest(whole["account_id"][0], runs.folder / "whole"))
    own = runs.table("whole", WEIGHTS).filter(pl.col("account_id") == story.account_id)
    assert story.why is not None
    assert [(one.candidate, one.first, one.last, one.share) for one in story.why.shares] == list(
        own.select("candidate", "from_step", "to_step", "weight").iter_rows()
    )
    console = Console(width=100, record=True, file=StringIO())
    console.print(render_explanation(story, width=100, ascii_only=True))
    share = story.why.shares[0]
    text = f"SeasonalNaive(11) joined with a weight of {100 * share.share:.0f} % on days 1 to {share.last}"
    assert text in console.export_text()
