"""``auto`` on accounts that all began some ten weeks ago: fewer days ahead are learned, and extended to the horizon."""

from datetime import date
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from rich.console import Console

from forecast_cli.cli.views.show import render_explanation
from forecast_cli.config.choices import Align
from forecast_cli.config.settings import Settings
from forecast_cli.data.sample.block import generate_block
from forecast_cli.data.sample.spec import SampleSpec
from forecast_cli.store.layout import LEARNED_SCORES
from forecast_cli.workflows.account_tables import RunTables, read_learned_vintage
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.explanation import ShowRequest
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.show import explain_account

BASE = {"model": ("auto",), "jobs": 1, "horizon": 30, "max_failed": 99, "level": (20.0, 40.0, 60.0, 80.0)}
#: The last day of the sample is 30 June 2026.
DAYS = 82
NUMBERS = ["account_id", "date", "mean", "median", "lo_80", "hi_80"]


@pytest.fixture(scope="module")
def accounts() -> pl.DataFrame:
    """All accounts from their beginning on, which is that of the sample for nearly all."""
    return generate_block(SampleSpec(accounts=200, days=DAYS, seed=5), 0, 200)


def forecast(rows: pl.DataFrame, folder: Path, *, backtest: bool = False, **values: object) -> Path:
    folder.mkdir()
    rows.write_parquet(folder / "in.parquet")
    request = ForecastRequest(str(folder / "in.parquet"), folder / "out", Settings(**(BASE | values)))  # type: ignore[arg-type]
    (run_backtest if backtest else run_forecast)(request)
    return folder / "out"


def rows_of(output: Path) -> pl.DataFrame:
    return pl.read_parquet(output / "forecasts").sort("account_id", "date")


def learned_days(output: Path) -> dict[int, int]:
    """Return how many days ahead were learned as of each day of June; days on which nothing was learned are missing."""
    scores = pl.read_parquet(output / LEARNED_SCORES).filter(pl.col("score").is_not_null(), ~pl.col("first_month"))
    return dict(scores.select(pl.col("as_of").dt.day(), "learned_days").unique().sort("as_of").iter_rows())


@pytest.fixture(scope="module")
def output(accounts: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return forecast(accounts, tmp_path_factory.mktemp("young") / "run")


def statuses(output: Path, ids: pl.Expr) -> list[str]:
    ledger = pl.read_parquet(output / "accounts.parquet").filter(ids)
    return ledger["status"].unique().sort().to_list()


def test_young_accounts_are_forecast_with_what_their_few_days_teach(output: Path) -> None:
    assert learned_days(output) == {22: 21}
    scores = pl.read_parquet(output / LEARNED_SCORES).filter(pl.col("score").is_not_null())
    assert scores["horizon"].unique().to_list() == [30]
    assert scores["knot"].unique().sort().to_list() == [1, 3, 7, 14, 21, 30]
    ledger = pl.read_parquet(output / "accounts.parquet")
    assert (ledger["status"] == "ok").mean() > 0.8


def test_their_intervals_hold_about_as_often_as_they_say(accounts: pl.DataFrame, tmp_path: Path) -> None:
    known = accounts.filter(pl.col("date") <= accounts["date"].max() - pl.duration(days=10))
    output = forecast(known, tmp_path / "then", align=Align.AS_OF)
    assert learned_days(output) == {15: 14}
    days = accounts.select("account_id", "date", pl.col("balance").alias("came"))
    both = rows_of(output).join(days, on=["account_id", "date"])
    held = ((both["came"] >= both["lo_80"]) & (both["came"] <= both["hi_80"])).mean()
    assert both.height > 1000
    assert 0.65 < float(str(held)) < 0.95


def test_a_few_of_them_get_the_same_numbers_with_fitted(accounts: pl.DataFrame, output: Path, tmp_path: Path) -> None:
    few = pl.col("account_id").is_in(accounts["account_id"].unique().sort()[:5].implode())
    again = forecast(accounts.filter(few), tmp_path / "few", fitted=str(output))
    assert rows_of(again).height > 60
    assert rows_of(again).equals(rows_of(output).filter(few))
    assert statuses(again, few) == statuses(output, few) == ["ok"]
    assert_frame_equal(pl.read_parquet(again / LEARNED_SCORES), pl.read_parquet(output / LEARNED_SCORES))


def test_neither_the_order_of_rows_nor_workers_nor_shards_change_them(
    accounts: pl.DataFrame, output: Path, tmp_path: Path
) -> None:
    other = forecast(accounts.sort("date", "account_id"), tmp_path / "other", jobs=2, shard_size=7)
    assert rows_of(other).equals(rows_of(output))
    for table in ("risk.parquet", LEARNED_SCORES):
        assert pl.read_parquet(other / table).equals(pl.read_parquet(output / table))


def test_their_backtest_forecasts_as_was_forecast_at_the_cutoff(accounts: pl.DataFrame, tmp_path: Path) -> None:
    """Of 21 days, 7 can be learned as of 8 June and 14 as of 15 June."""
    asked = {"horizon": 21, "align": Align.AS_OF, "min_train": 31}
    until = accounts.filter(pl.col("date") <= date(2026, 6, 23))
    backtest = forecast(until, tmp_path / "b", backtest=True, windows=2, step=7, **asked)
    replayed = pl.read_parquet(backtest / "forecasts")
    cutoffs = replayed["cutoff"].unique().sort().to_list()
    assert cutoffs == [date(2026, 6, 9), date(2026, 6, 16)]
    learned = []
    for cutoff in cutoffs:
        known = accounts.filter(pl.col("date") <= cutoff)
        output = forecast(known, tmp_path / str(cutoff), as_of=cutoff, **asked)
        learned.append(learned_days(output))
        at = replayed.filter(pl.col("cutoff") == cutoff).select(NUMBERS)
        both = at.join(rows_of(output).select(NUMBERS), on=["account_id", "date"], suffix="_then")
        assert both.height == at.height
        for name in NUMBERS[2:]:
            np.testing.assert_array_equal(both[name], both[f"{name}_then"])
    assert learned == [{8: 7}, {15: 14}]


def test_accounts_that_closed_long_ago_do_not_stand_for_what_can_be_learned(
    accounts: pl.DataFrame, output: Path, tmp_path: Path
) -> None:
    """Without their days, 30 days ahead would seem to be learnable, and nothing would be."""
    closed = generate_block(SampleSpec(accounts=150, days=40, seed=6), 0, 150).with_columns(
        pl.concat_str(pl.lit("closed-"), "account_id").alias("account_id"), pl.col("date") - pl.duration(days=365)
    )
    with_closed = forecast(pl.concat([accounts, closed]), tmp_path / "closed")
    assert learned_days(with_closed) == learned_days(output)
    ledger = pl.read_parquet(with_closed / "accounts.parquet")
    assert (ledger.filter(pl.col("account_id").str.starts_with("acc"))["status"] == "ok").mean() > 0.8


def test_where_many_accounts_never_move_fewer_days_are_learned(accounts: pl.DataFrame, tmp_path: Path) -> None:
    """70 accounts leave 100 windows for 21 days, and without those that stand still, too few."""
    old = accounts.group_by("account_id").agg(pl.col("date").min()).filter(pl.col("date") <= date(2026, 4, 10))
    few = accounts.filter(pl.col("account_id").is_in(old["account_id"].sort()[:70].implode()))
    assert learned_days(forecast(few, tmp_path / "few")) == {22: 21}
    still = pl.col("account_id") <= few["account_id"].unique().sort()[25]
    stopped = few.with_columns(pl.when(still).then(10.0).otherwise("balance").alias("balance"))
    assert learned_days(forecast(stopped, tmp_path / "stopped")) == {22: 7}


def an_account(output: Path) -> str:
    ledger = pl.read_parquet(output / "accounts.parquet").filter(pl.col("status") == "ok", pl.col("n_obs") > 40)
    return str(ledger["account_id"][0])


def test_show_says_how_far_was_learned(output: Path) -> None:
    story = explain_account(ShowRequest(an_account(output), output))
    assert story.why is not None
    assert story.why.learned_days == 21
    assert [step.days for step in story.why.steps] == [7, 14, 30]
    assert any(step.correction for step in story.why.steps)
    console = Console(width=80)
    with console.capture() as shown:
        console.print(render_explanation(story, width=80, ascii_only=True))
    words = "all accounts before 2026-06-22, 21 days ahead: their history is too short for more. Later days follow"
    assert words in " ".join(shown.get().split())


def test_an_output_without_the_column_learned_its_whole_horizon(output: Path) -> None:
    class Older:
        def has(self, _name: str) -> bool:
            return True

        def scan(self, name: str) -> pl.LazyFrame:
            return pl.scan_parquet(output / name).drop("learned_days")

    vintage = read_learned_vintage(cast(RunTables, Older()), date(2026, 6, 30), first_month=False)
    assert vintage is not None
    assert (vintage.as_of, vintage.horizon, vintage.learned_days) == (date(2026, 6, 22), 30, 30)
