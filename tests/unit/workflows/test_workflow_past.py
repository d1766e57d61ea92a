"""Past courses in low balances over runs of ``auto``: learned where they predict better, and from no later day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from forecast_cli.config.choices import Align
from forecast_cli.config.settings import Settings
from forecast_cli.data.panel import Panel
from forecast_cli.engine import learning
from forecast_cli.engine.path_shares import learn_path_shares
from forecast_cli.models.pooled.learned import Learned
from forecast_cli.store.layout import LEARNED_PAST, LOW_BALANCE, RISK
from forecast_cli.workflows import running
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest

BASE: dict[str, Any] = {
    "model": ("auto",),
    "jobs": 1,
    "horizon": 14,
    "threshold": ("p10", "p25", "4"),
    "max_failed": 99,
}
ACCOUNTS, DAYS = 60, 330
SOME = ["w01", "w07", "w22"]


@pytest.fixture(scope="module")
def accounts() -> pl.DataFrame:
    """Small sums spent, a round one put in whenever few are left: they go as low time and again."""
    days = [date(2025, 7, 1) + timedelta(day) for day in range(DAYS)]
    frames = []
    for number in range(ACCOUNTS):
        rng, balance, y = np.random.default_rng([9, number]), 20.0, []
        for spent in rng.gamma(1.5, 3, DAYS) * (rng.random(DAYS) < 0.5):
            balance -= spent
            balance += 25.0 * np.ceil(max(5.0 - balance, 0.0) / 25.0)
            y.append(round(balance, 2))
        frames.append(pl.DataFrame({"account_id": [f"w{number:02}"] * DAYS, "date": days, "balance": y}))
    return pl.concat(frames)


@dataclass(frozen=True)
class Runs:
    """Runs in one folder."""

    folder: Path

    def run(self, frame: pl.DataFrame, name: str, table: str, *, backtest: bool = False, **values: Any) -> pl.DataFrame:
        path = self.folder / f"{name}.parquet"
        frame.write_parquet(path)
        request = ForecastRequest(str(path), self.folder / name, Settings(**(BASE | values)), force=True)
        (run_backtest if backtest else run_forecast)(request)
        return pl.read_parquet(self.folder / name / table)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(tmp_path_factory.mktemp("past"))


@pytest.fixture(scope="module")
def whole(accounts: pl.DataFrame, runs: Runs) -> pl.DataFrame:
    return runs.run(accounts, "whole", RISK)


def test_past_courses_change_low_balances_and_no_forecast(
    accounts: pl.DataFrame, runs: Runs, whole: pl.DataFrame
) -> None:
    assert (runs.folder / "whole" / LEARNED_PAST).exists()
    forecasts = pl.read_parquet(runs.folder / "whole" / "forecasts" / "*.parquet")
    folder = runs.folder / "without"
    folder.mkdir()
    for path in (runs.folder / "whole").glob("learned_*.parquet"):
        if path.name != LEARNED_PAST:
            (folder / path.name).write_bytes(path.read_bytes())
    risk = runs.run(accounts, "plain", RISK, fitted=str(folder))
    assert pl.read_parquet(runs.folder / "plain" / "forecasts" / "*.parquet").equals(forecasts)
    low = (pl.col("threshold_name") == "p25") & (pl.col("window") == 14)
    assert whole.filter(low)["prob_below"].mean() > risk.filter(low)["prob_below"].mean() + 0.05


def test_what_was_learned_gives_some_of_the_accounts_the_same_numbers(
    accounts: pl.DataFrame, runs: Runs, whole: pl.DataFrame
) -> None:
    few = accounts.filter(pl.col("account_id").is_in(SOME))
    some = runs.run(few, "some", RISK, fitted=str(runs.folder / "whole"))
    assert some.equals(whole.filter(pl.col("account_id").is_in(SOME)))


@pytest.mark.parametrize("values", [{"jobs": 2, "shard_size": 7}, {"shard_size": 11}], ids=["workers", "shards"])
def test_same_numbers_whatever_the_workers_the_rows_and_the_shards(
    accounts: pl.DataFrame, runs: Runs, whole: pl.DataFrame, values: dict[str, Any]
) -> None:
    shuffled = accounts.sample(fraction=1.0, shuffle=True, seed=1)
    assert runs.run(shuffled, "other", RISK, **values).equals(whole)
    left, right = (runs.folder / name / LEARNED_PAST for name in ("other", "whole"))
    assert left.read_bytes() == right.read_bytes()


def replayed_as_then(accounts: pl.DataFrame, runs: Runs, **values: Any) -> None:
    asked = {"windows": 2, "step": 30, "align": Align.AS_OF} | values
    replayed = runs.run(accounts, "backtest", LOW_BALANCE, backtest=True, **asked)
    for cutoff in replayed["cutoff"].unique():
        known = accounts.filter(pl.col("date") <= cutoff)
        then = runs.run(known, f"at-{cutoff}", RISK, as_of=cutoff, **values).with_columns(days=pl.col("window"))
        assert (runs.folder / f"at-{cutoff}" / LEARNED_PAST).exists()
        at = replayed.filter(pl.col("cutoff") == cutoff)
        both = at.join(
            then, left_on=["account_id", "threshold", "days"], right_on=["account_id", "threshold_name", "days"]
        )
        assert both.height == at.height == ACCOUNTS * 6
        assert both["probability"].equals(both["prob_below"].alias("probability")), cutoff


@pytest.mark.parametrize("max_history", [3_653, 200], ids=["all", "cut"])
def test_a_backtest_gives_the_low_balances_of_a_forecast_made_at_the_cutoff(
    accounts: pl.DataFrame, runs: Runs, max_history: int
) -> None:
    replayed_as_then(accounts, runs, max_history=max_history)


def test_a_leak_planted_in_learning_it_is_found(
    accounts: pl.DataFrame, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_all_days(learned: Learned, panel: Panel, known: np.ndarray, **values: Any) -> Learned:
        ends = panel.origins.astype("datetime64[D]").astype(np.int64)
        return learn_path_shares(learned, panel, np.broadcast_to(ends[:, None], known.shape), **values)

    def here(_doing: str, function: Callable[..., object], *arguments: object, context: object) -> object:
        return function(*arguments)

    monkeypatch.setattr(learning, "learn_path_shares", of_all_days)
    monkeypatch.setattr(running, "run_in_child_process", here)
    with pytest.raises(AssertionError, match="probability"):
        replayed_as_then(accounts, runs)
