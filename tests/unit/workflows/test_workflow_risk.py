"""``risk.parquet`` of a run: a row for each account, model, threshold and window; the same bytes each time."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from forecast_cli.config.settings import Settings
from forecast_cli.risk.lows import windows_within
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest, LowBalanceCount

START = date(2025, 1, 1)
COLUMNS = [
    "account_id",
    "threshold",
    "window",
    "prob_below",
    "expected_low",
    "low_q05",
    "low_q50",
    "days_below",
    "first_below_q10",
    "first_below_q50",
    "first_below_q90",
    "model",
    "threshold_name",
    "balance",
]
MakeRequest = Callable[..., ForecastRequest]


def balances(accounts: int = 6, days: int = 120, seed: int = 1) -> pl.DataFrame:
    """Accounts with a limit that the first of them has none of, and that goes up on the last day."""
    rng = np.random.default_rng(seed)
    names = [f"acc-{account:03d}" for account in range(accounts) for _ in range(days)]
    limit = [
        None if name == "acc-000" else -50.0 + 25 * (day == days - 1)
        for name, day in zip(names, [*range(days)] * accounts, strict=True)
    ]
    return pl.DataFrame(
        {
            "account_id": names,
            "date": [START + timedelta(days=day) for day in range(days)] * accounts,
            "balance": np.round(rng.normal(0, 20, (accounts, days)).cumsum(axis=1) + 100, 2).ravel(),
            "limit": pl.Series(limit, dtype=pl.Float64),
        }
    )  # fmt: skip


def with_others(frame: pl.DataFrame) -> pl.DataFrame:
    """Add accounts of one, two and three days, a constant one, and one that ended long ago."""
    last, days = START + timedelta(days=119), 120
    rows = [
        *((f"young-{age}", last - timedelta(days=day), 40.0 - day, 5.0) for age in (1, 2, 3) for day in range(age)),
        *(("still", START + timedelta(days=day), 10.3, 10.3) for day in range(days)),
        ("stale", START, 1.0, 0.0),
    ]
    return pl.concat([frame, pl.DataFrame(rows, schema=frame.schema, orient="row")])


@pytest.fixture
def request_of(tmp_path: Path) -> MakeRequest:
    def make(frame: pl.DataFrame, *, output: str = "out", **settings: object) -> ForecastRequest:
        path = tmp_path / f"{output}.parquet"
        frame.write_parquet(path)
        chosen = {"model": ("Naive", "SeasonalNaive(7)"), "horizon": 30, "jobs": 1} | settings
        return ForecastRequest(str(path), tmp_path / output, Settings.model_validate(chosen))

    return make


def risk_of(request: ForecastRequest) -> pl.DataFrame:
    return pl.read_parquet(run_forecast(request).output / "risk.parquet")


def test_a_row_for_each_account_model_threshold_and_window(request_of: MakeRequest) -> None:
    risk = risk_of(request_of(balances()))
    assert risk.columns == COLUMNS
    keys = risk.select("account_id", "model", "threshold_name", "window").rows()
    assert keys == [
        (f"acc-{account:03d}", model, name, window)
        for account in range(6)
        for model in ("Naive", "SeasonalNaive(7)")
        for name in ("0", "p10")
        for window in (7, 14, 30)
    ]
    assert risk.filter(pl.col("threshold_name") == "0")["threshold"].unique().to_list() == [0.0]
    percentiles = balances().group_by("account_id").agg(pl.col("balance").quantile(0.1, "linear")).sort("account_id")
    told = risk.filter(pl.col("threshold_name") == "p10").unique("account_id").sort("account_id")
    np.testing.assert_allclose(told["threshold"], percentiles["balance"])


def test_dates_lie_in_the_window_and_go_by_the_probability(request_of: MakeRequest) -> None:
    risk = risk_of(request_of(balances(), threshold=("0", "p10", "100")))
    origin = START + timedelta(days=119)
    for name, share in (("q10", 0.1), ("q50", 0.5), ("q90", 0.9)):
        told = risk.with_columns(after=(pl.col(f"first_below_{name}") - origin).dt.total_days())
        assert told.select((pl.col("after").is_not_null() == (pl.col("prob_below") >= share - 1e-9)).all()).item()
        assert told.select(pl.col("after").is_between(1, pl.col("window")).all()).item()
    assert (risk["prob_below"] > 0).any()


@pytest.mark.parametrize("horizon", [1, 6, 7, 31, 60, 90])
def test_any_horizon_has_its_windows_and_every_account_its_rows(request_of: MakeRequest, horizon: int) -> None:
    request = request_of(with_others(balances()), horizon=horizon, threshold=("0", "p10", "limit"))
    risk = risk_of(request)
    assert tuple(risk["window"].unique().sort()) == windows_within(horizon)
    accounts = pl.read_parquet(request.output / "accounts.parquet")
    forecast = accounts.filter(pl.col("status").is_in(["ok", "fallback"]))["account_id"]
    assert set(risk["account_id"]) == set(forecast) == {*accounts["account_id"]} - {"stale"}
    assert run_check(request.output).damages == ()


def test_a_constant_account_is_at_no_risk_of_its_own_level(request_of: MakeRequest) -> None:
    frame = with_others(balances(accounts=1)).filter(pl.col("account_id") == "still")
    risk = risk_of(request_of(frame, threshold=("10.3", "10.2", "1000")))
    half = risk.filter(pl.col("threshold_name") == "10.3")
    assert (half["prob_below"] <= 0.5).all()
    assert (risk.filter(pl.col("threshold_name") == "1000")["prob_below"] == 1).all()


def test_a_column_gives_each_account_its_own_threshold_as_of_the_origin(request_of: MakeRequest) -> None:
    request = request_of(balances(), threshold=("limit", "-25"))
    run = run_forecast(request)
    risk, accounts = (pl.read_parquet(run.output / name) for name in ("risk.parquet", "accounts.parquet"))
    own = risk.filter(pl.col("threshold_name") == "limit")
    assert own["threshold"].unique().to_list() == [-25.0]
    assert set(own["account_id"]) == {f"acc-{account:03d}" for account in range(1, 6)}
    same = risk.filter(pl.col("threshold_name") == "-25", pl.col("account_id") != "acc-000")
    assert own.drop("threshold_name").equals(same.drop("threshold_name"))
    flagged = accounts.filter(pl.col("flags").list.contains("no_threshold"))["account_id"].to_list()
    assert flagged == ["acc-000"]
    assert [(one.threshold, one.accounts) for one in run.low_balances] == [("limit", 5), ("-25", 6)]
    assert run_check(run.output).damages == ()


def test_neither_workers_nor_shards_nor_the_order_of_rows_change_a_byte(request_of: MakeRequest) -> None:
    frame, asked = with_others(balances(accounts=40)), {"threshold": ("0", "p10", "limit")}
    whole = risk_of(request_of(frame, output="a", shard_size=99, **asked))
    cut = run_forecast(request_of(frame, output="b", shard_size=7, **asked))
    assert pl.read_parquet(cut.output / "risk.parquet").equals(whole)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=3)
    again = run_forecast(request_of(shuffled, output="c", shard_size=7, jobs=2, **asked))
    assert (again.output / "risk.parquet").read_bytes() == (cut.output / "risk.parquet").read_bytes()


@pytest.mark.parametrize("levels", [(80,), (10, 79.9, 99.9)])
def test_low_balances_do_not_depend_on_the_levels_that_are_published(request_of: MakeRequest, levels: object) -> None:
    frame, asked = with_others(balances()), {"model": ("MonthPaths", "SeasonalNaive(7)", "WindowAverage(7)")}
    want, got = (
        risk_of(request_of(frame, output=name, level=some, **asked)) for name, some in (("a", (80, 95)), ("b", levels))
    )
    assert got.equals(want)
    windows = {"windows": 1, "min_train": 30}
    for name, some in (("c", (80, 95)), ("d", levels)):
        run_backtest(request_of(frame, output=name, level=some, **asked, **windows))
    files = [str(request_of(frame, output=name).output / "low_balance.parquet") for name in ("c", "d")]
    assert pl.read_parquet(files[0]).equals(pl.read_parquet(files[1]))


def test_what_a_backtest_measures_is_what_a_forecast_says(request_of: MakeRequest) -> None:
    asked = {"model": ("MonthPaths", "SeasonalNaive(7)"), "level": (80,), "threshold": ("90",)}
    cutoff = START + timedelta(days=199 - 30)
    before = balances(days=200).filter(pl.col("date") <= cutoff)
    said = risk_of(request_of(before, output="then", **asked))
    replay = run_backtest(request_of(balances(days=200), output="replay", windows=1, min_train=30, **asked)).output
    measured = pl.read_parquet(replay / "low_balance.parquet").sort("account_id", "model", "days")
    assert measured["cutoff"].unique().to_list() == [cutoff]
    said = said.sort("account_id", "model", "window")
    assert measured.select("account_id", "model", "days").rows() == said.select("account_id", "model", "window").rows()
    assert measured["probability"].to_list() == said["prob_below"].to_list()
    assert said["prob_below"].is_between(0.01, 0.99).any()


def test_a_currency_is_a_column_of_the_key(request_of: MakeRequest) -> None:
    frame = balances(accounts=2).with_columns(currency=pl.lit("EUR"))
    risk = risk_of(request_of(frame, currency_col="currency"))
    assert risk.columns == ["account_id", "currency", *COLUMNS[1:]]


def test_the_accounts_likely_to_run_low_are_counted_by_the_first_model(request_of: MakeRequest) -> None:
    run = run_forecast(request_of(balances(), threshold=("100", "p10")))
    risk = pl.read_parquet(run.output / "risk.parquet").filter(pl.col("model") == "Naive")
    likely = risk.filter(pl.col("prob_below") >= 0.5, pl.col("threshold_name") == "100")
    counts = tuple(likely.filter(pl.col("window") == window).height for window in (7, 14, 30))
    assert run.low_balances[0] == LowBalanceCount("100", 6, (7, 14, 30), counts)


def test_no_threshold_no_rows(request_of: MakeRequest) -> None:
    request = request_of(balances(accounts=2), threshold=())
    assert risk_of(request).height == 0
    assert run_check(request.output).damages == ()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"prob_below": pl.lit(1.5)}, "outside 0 to 1"),
        ({"prob_below": 1 - pl.col("window") / 40}, "falls as the window grows"),
        ({"prob_below": 0.5 - pl.col("threshold") / 1e6}, "falls as the threshold rises"),
        ({"low_q05": pl.col("low_q50") + 1}, "low_q05 above low_q50"),
        ({"days_below": pl.col("window") + 1.0}, "days_below outside 0 to the window"),
        ({"expected_low": pl.lit(None, dtype=pl.Float64)}, "a null, a NaN or an infinite number"),
        ({"first_below_q10": pl.lit(None, dtype=pl.Date)}, "out of order"),
        ({"account_id": pl.lit("nobody")}, "rows for 1 account without a forecast"),
    ],
)
def test_check_reports_what_is_wrong_with_the_risk_table(
    request_of: MakeRequest, monkeypatch: pytest.MonkeyPatch, change: Mapping[str, Any], problem: str
) -> None:
    request = request_of(balances(accounts=3), threshold=("0", "100"))
    path = run_forecast(request).output / "risk.parquet"
    pl.read_parquet(path).with_columns(**change).write_parquet(path)
    monkeypatch.setattr("forecast_cli.workflows.check.damaged_files", lambda *_: [])
    assert any(problem in damage.problem for damage in run_check(request.output).damages)


@pytest.mark.parametrize("lost", [1, 12], ids=["one row", "all rows"])
def test_check_misses_the_rows_of_an_account(
    request_of: MakeRequest, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    request = request_of(balances(accounts=3))
    path = run_forecast(request).output / "risk.parquet"
    pl.read_parquet(path).tail(-lost).write_parquet(path)
    monkeypatch.setattr("forecast_cli.workflows.check.damaged_files", lambda *_: [])
    [damage] = run_check(request.output).damages
    assert damage.problem == "1 account with a forecast, but without the 12 rows that were requested"


def test_a_backtest_takes_a_columns_amount_as_it_stood_at_the_cutoff(request_of: MakeRequest) -> None:
    asked = {"windows": 2, "step": 30, "min_train": 30, "threshold": ("limit",), "model": ("Naive",)}
    request = request_of(balances(), output="then", **asked)
    rows = pl.read_parquet(run_backtest(request).output / "low_balance.parquet")
    assert rows["amount"].unique().to_list() == [-50.0], "the limit of the last day was not known at any cutoff"
    assert "acc-000" not in rows["account_id"]
    last = pl.col("date") == pl.col("date").max()
    changed = balances().with_columns(limit=pl.when(last).then(1e9).otherwise("limit"))
    later = pl.read_parquet(run_backtest(request_of(changed, output="now", **asked)).output / "low_balance.parquet")
    assert later.equals(rows)


def test_a_backtest_reports_the_precision_of_its_alarms(request_of: MakeRequest) -> None:
    asked = {"windows": 2, "step": 30, "min_train": 30, "threshold": ("100", "p10")}
    run = run_backtest(request_of(balances(accounts=20), **asked))
    told = run.report.low_balance_calibration
    assert {(one.threshold, one.days, one.model) for one in told} == {
        (threshold, days, model)
        for threshold in ("100", "p10")
        for days in (7, 14, 30)
        for model in ("Naive", "SeasonalNaive(7)")
    }
    assert all([budget.share for budget in one.budgets] == [0.01, 0.05] for one in told)
    assert all([moment.share for moment in one.dates] == [0.1, 0.5, 0.9] for one in told)
    assert "The riskiest windows" in (run.output / "report.html").read_text(encoding="utf-8")


def test_the_low_balance_table_lists_models_in_leaderboard_order(request_of: MakeRequest) -> None:
    asked = {"windows": 2, "step": 30, "min_train": 30, "threshold": ("100",), "model": ("BiweekPaths", "Naive")}
    report = run_backtest(request_of(balances(accounts=20), **asked)).report
    ranked = [score.model for score in report.leaderboard]
    assert ranked != sorted(ranked)
    assert [one.model for one in report.low_balance] == ranked * 3
    assert [one.model for one in report.low_balance_calibration] == ranked * 3
