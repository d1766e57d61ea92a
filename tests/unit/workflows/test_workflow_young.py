"""``auto`` on accounts that all began some ten weeks ago: fewer days ahead are learned, and extended to the horizon."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecast_cli.config.choices import Align
from forecast_cli.config.settings import Settings
from forecast_cli.data.sample.block import generate_block
from forecast_cli.data.sample.spec import SampleSpec
from forecast_cli.store.layout import LEARNED_SCORES
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.explanation import ShowRequest
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.show import explain_account

BASE = {"model": ("auto",), "jobs": 1, "horizon": 30, "max_failed": 99, "level": (20.0, 40.0, 60.0, 80.0)}
#: The last day of the sample is 30 June 2026.
DAYS = 75
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


@pytest.fixture(scope="module")
def output(accounts: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return forecast(accounts, tmp_path_factory.mktemp("young") / "run")


def test_young_accounts_are_forecast_with_what_their_few_days_teach(output: Path) -> None:
    scores = pl.read_parquet(output / LEARNED_SCORES).filter(pl.col("score").is_not_null(), ~pl.col("first_month"))
    assert scores["learned_days"].unique().to_list() == [14]
    assert scores["horizon"].unique().to_list() == [30]
    assert scores["knot"].unique().sort().to_list() == [1, 3, 7, 14, 21, 30]
    assert scores["as_of"].unique().to_list()[0].day == 22
    ledger = pl.read_parquet(output / "accounts.parquet")
    assert (ledger["status"] == "ok").mean() > 0.8


def test_their_intervals_hold_about_as_often_as_they_say(accounts: pl.DataFrame, tmp_path: Path) -> None:
    last = accounts["date"].max()
    known = accounts.filter(pl.col("date") <= last - pl.duration(days=10))
    said = rows_of(forecast(known, tmp_path / "then", horizon=30, align=Align.AS_OF))
    days = accounts.sort("account_id", "date").select("account_id", "date", pl.col("balance").alias("came"))
    both = said.join(days, on=["account_id", "date"])
    held = ((both["came"] >= both["lo_80"]) & (both["came"] <= both["hi_80"])).mean()
    assert both.height > 1000
    assert 0.65 < float(str(held)) < 0.95


def test_a_few_of_them_get_the_same_numbers_with_fitted(accounts: pl.DataFrame, output: Path, tmp_path: Path) -> None:
    few = accounts["account_id"].unique().sort()[:5].implode()
    own = rows_of(forecast(accounts.filter(pl.col("account_id").is_in(few)), tmp_path / "few", fitted=str(output)))
    assert own.height > 60
    assert own.equals(rows_of(output).filter(pl.col("account_id").is_in(few)))


def test_their_backtest_forecasts_as_was_forecast_at_the_cutoff(accounts: pl.DataFrame, tmp_path: Path) -> None:
    asked = {"horizon": 14, "align": Align.AS_OF, "min_train": 31}
    replayed = pl.read_parquet(
        forecast(accounts, tmp_path / "b", backtest=True, windows=2, step=8, **asked) / "forecasts"
    )
    assert replayed["cutoff"].n_unique() == 2
    for cutoff in replayed["cutoff"].unique():
        known = accounts.filter(pl.col("date") <= cutoff)
        then = rows_of(forecast(known, tmp_path / str(cutoff), as_of=cutoff, **asked))
        at = replayed.filter(pl.col("cutoff") == cutoff).select(NUMBERS)
        both = at.join(then.select(NUMBERS), on=["account_id", "date"], suffix="_then")
        assert both.height == at.height
        for name in NUMBERS[2:]:
            np.testing.assert_array_equal(both[name], both[f"{name}_then"])


def test_show_knows_how_far_was_learned(output: Path) -> None:
    ledger = pl.read_parquet(output / "accounts.parquet").filter(pl.col("status") == "ok", pl.col("n_obs") > 40)
    why = explain_account(ShowRequest(ledger["account_id"][0], output)).why
    assert why is not None
    assert why.learned_days == 14
    assert [step.days for step in why.steps] == [7, 14, 30]
    assert any(step.correction for step in why.steps)
