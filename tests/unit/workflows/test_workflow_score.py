"""Finished forecasts scored by the balances that came: the figures of a backtest, and every account accounted for."""

import math
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from made_balances import CHOSEN, LAST, ORIGIN, balances
from polars.testing import assert_frame_equal
from warned import Warnings

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import OutputConflictError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ids import unmark_ids
from forecast_cli.core.ledger import Status
from forecast_cli.store.manifest import read_manifest
from forecast_cli.workflows.backtest import BacktestRun, run_backtest
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.report import run_report
from forecast_cli.workflows.results import ForecastRequest

TABLES = ("windows.parquet", "scores.parquet", "low_balance.parquet", "leaderboard.parquet", "steps.parquet")


def table(run: BacktestRun, name: str) -> pl.DataFrame:
    return pl.read_parquet(Path(str(run.output)) / name)


def test_a_published_forecast_scores_as_a_backtest_from_its_origin(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun], tmp_path: Path
) -> None:
    frame = balances()
    scored = score(frame, forecast(frame))
    backtest = Settings.model_validate(
        CHOSEN | {"windows": 1, "step": 10, "min_train": 1, "align": "as-of"}  # the last day of all is that of each
    )
    replayed = run_backtest(ForecastRequest(str(tmp_path / "came.parquet"), tmp_path / "backtest", backtest))
    for name in TABLES:
        ours, theirs = table(scored, name), table(replayed, name)
        # a run keeps dates of crossing, but not the share of paths that had crossed by then; and no CPU time counts
        dropped = [column for column in ours.columns if column.startswith(("reached_", "cpu_"))]
        assert_frame_equal(ours.drop(dropped), theirs.drop(dropped), check_exact=True)
    assert_frame_equal(table(scored, "forecasts/*.parquet"), table(replayed, "forecasts/*.parquet"))
    assert scored.exit_code is ExitCode.OK
    assert run_check(scored.output).damages == ()


def test_the_report_names_the_published_levels(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances()
    report = score(frame, forecast(frame)).report
    assert report.facts.settings["level"] == [20, 40, 60, 80]
    assert not [sentence for sentence in report.sentences if "deciles" in sentence]


def test_it_scores_what_was_published_whatever_the_input_says_about_the_past(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances()
    published = forecast(frame)
    corrected = frame.with_columns(
        pl.when(pl.col("date") <= ORIGIN).then(pl.col("balance") + 1000).otherwise("balance").alias("balance")
    )
    rows = table(score(corrected, published), "forecasts/*.parquet")
    ours = rows.select("account_id", "date", "model", "mean", "lo_80", "hi_80").sort("account_id", "date", "model")
    theirs = pl.read_parquet(published / "forecasts/*.parquet").select(ours.columns)
    assert_frame_equal(ours, theirs.sort("account_id", "date", "model"), check_exact=True)


def test_low_balances_are_compared_with_the_first_day_under_the_threshold(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=2)
    sinks = (pl.col("account_id") == "acc-001") & (pl.col("date") > ORIGIN + timedelta(days=2))
    came = frame.with_columns(pl.when(sinks).then(-5.0).otherwise("balance").alias("balance"))
    low = table(score(came, forecast(frame, threshold="0")), "low_balance.parquet").filter(model="Naive", days=7)
    assert low.select("account_id", "cutoff", "event", "day", "already").rows() == [
        ("acc-000", ORIGIN, False, None, False),
        ("acc-001", ORIGIN, True, 3, False),
    ]


def test_a_balance_at_the_threshold_is_not_under_it(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=1)
    [balance] = frame.filter(pl.col("date") == ORIGIN)["balance"]
    low = table(score(frame, forecast(frame, threshold=f"{balance},{balance + 1}")), "low_balance.parquet")
    already = low.filter(model="Naive", days=7).select("amount", "already").rows()
    assert already == [(balance, False), (balance + 1, True)]


def test_days_between_rows_have_the_balance_before_them_and_days_after_the_input_are_unknown(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=2)
    published = forecast(frame)
    end = ORIGIN + timedelta(days=4)
    rests = (pl.col("account_id") == "acc-001") & (pl.col("date") > ORIGIN + timedelta(days=1))
    run = score(frame.filter(pl.col("date") <= end, ~rests), published)
    rows = table(run, "forecasts/*.parquet").filter(account_id="acc-001", model="Naive").sort("step")
    first = frame.filter(pl.col("account_id") == "acc-001", pl.col("date") == ORIGIN + timedelta(days=1))
    assert rows["y"].to_list() == [first["balance"].item()] * 4 + [None] * 6
    assert "In 2 of 2 windows the balance of the last day forecast is not known" in " ".join(run.report.sentences)


def test_of_an_account_whose_rows_have_stopped_the_days_up_to_its_last_row_count(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=2, days=300).with_columns(pl.col("balance") + pl.int_range(pl.len()))  # moves every day
    published = forecast(frame)
    stops = (pl.col("account_id") == "acc-001") & (pl.col("date") > ORIGIN + timedelta(days=3))
    run = score(frame.filter(~stops), published)
    known = table(run, "forecasts/*.parquet").filter(model="Naive").group_by("account_id").agg(pl.col("y").count())
    assert sorted(known.rows()) == [("acc-000", 10), ("acc-001", 3)]  # however long ago they stopped
    low = table(run, "low_balance.parquet").filter(account_id="acc-001", model="Naive")
    assert low["event"].to_list() == [None] * low.height
    assert "In 1 of 2 windows the balance of the last day forecast is not known" in " ".join(run.report.sentences)


def test_a_balance_that_was_corrected_since_does_not_say_what_was_under_the_threshold(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=2)
    late = (pl.col("account_id") == "acc-001") & (pl.col("date") >= ORIGIN)
    corrected = frame.with_columns(pl.when(late).then(-5.0).otherwise("balance").alias("balance"))
    low = table(score(corrected, forecast(frame, threshold="0")), "low_balance.parquet").filter(model="Naive", days=7)
    assert low.select("already", "event", "day").rows() == [(False, False, None), (False, True, 1)]


def test_history_reaches_as_far_back_as_that_of_the_forecast(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances()
    run = score(frame, forecast(frame, as_of=LAST - timedelta(days=60), max_history=70))
    assert table(run, "windows.parquet")["n_train"].to_list() == [70] * 6


def test_thresholds_that_are_columns_need_not_be_in_the_input(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances()
    run = score(frame, forecast(frame.with_columns(limit=pl.lit(400.0)), threshold="limit,0"))
    low = table(run, "low_balance.parquet").filter(threshold="limit")
    assert set(low["amount"]) == {400.0}
    assert low["event"].null_count() == 0


def test_a_run_does_not_say_what_share_of_paths_had_crossed_by_a_date(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances()
    run = score(frame, forecast(frame, threshold="500"))
    [dates] = [one.dates for one in run.report.low_balance_calibration if (one.model, one.days) == ("Naive", 7)]
    assert [math.isnan(one.predicted.value) for one in dates if one.windows] == [True] * sum(
        one.windows > 0 for one in dates
    )
    assert any(not math.isnan(one.observed.value) for one in dates)


def test_every_account_of_the_input_has_a_row_and_those_that_are_gone_are_named(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=6)
    began = pl.when(pl.col("account_id") == "acc-003").then(ORIGIN + timedelta(days=1))
    ended = pl.when(pl.col("account_id").is_in(["acc-002", "acc-005"])).then(ORIGIN - timedelta(days=100))
    whole = frame.filter(pl.col("date") >= began.otherwise(date.min))
    then = whole.filter(pl.col("date") <= ended.otherwise(LAST), pl.col("account_id") != "acc-004")
    now, warnings = whole.filter(~pl.col("account_id").is_in(["acc-000", "acc-005"])), Warnings()
    run = score(now, forecast(then), progress=warnings)
    accounts = table(run, "accounts.parquet").select("account_id", "status", "reason", "windows")
    assert accounts.rows() == [
        ("acc-001", "ok", None, 1),
        ("acc-002", "skipped", accounts["reason"][1], 0),
        ("acc-003", "skipped", accounts["reason"][2], 0),
        ("acc-004", "skipped", "no forecast: the account is in none of the forecasts", 0),
    ]
    assert accounts["reason"][1].startswith("no forecast: skipped in the forecast (stale: ")
    assert accounts["reason"][2].startswith("no forecast: skipped in the forecast (later: ")
    [said] = map(unmark_ids, warnings.said)
    assert said.startswith("1 account of the forecasts, such as acc-000, cannot be scored: ")
    assert run.accounts[Status.SKIPPED] == 3


def test_an_account_that_has_no_balance_on_the_origin_any_more_is_not_scored(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=2)
    lost = (pl.col("account_id") == "acc-001") & (pl.col("date") <= ORIGIN)
    accounts = table(score(frame.filter(~lost), forecast(frame)), "accounts.parquet")
    assert accounts.select("account_id", "status", "windows").rows() == [
        ("acc-000", "ok", 1),
        ("acc-001", "skipped", 0),
    ]
    assert accounts["reason"][1] == "no outcome: no balance on the origin of the forecast, or none known after it"


def test_an_account_forecast_by_a_simpler_model_is_marked(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=3)
    young = pl.when(pl.col("account_id") == "acc-001").then(ORIGIN - timedelta(days=3)).otherwise(date.min)
    frame = frame.filter(pl.col("date") >= young)
    run = score(frame, forecast(frame))
    [account] = table(run, "accounts.parquet").filter(account_id="acc-001").to_dicts()
    assert (account["status"], account["windows"]) == ("fallback", 1)
    assert account["reason"].startswith("SeasonalNaive(7): ")
    failures = table(run, "failures.parquet")
    assert set(failures["account_id"]) == {"acc-001"}
    assert {score.model: score.fallbacks for score in run.report.leaderboard}["SeasonalNaive(7)"] == 1


def test_of_the_windows_of_an_account_the_worst_status_counts_and_each_model_fails_once(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=2)
    young = pl.when(pl.col("account_id") == "acc-001").then(ORIGIN - timedelta(days=29)).otherwise(date.min)
    frame = frame.filter(pl.col("date") >= young)
    nights = [forecast(frame, f"back{back}", as_of=ORIGIN - timedelta(days=back)) for back in (20, 10, 0)]
    run = score(frame, *nights)
    accounts, failures = table(run, "accounts.parquet"), table(run, "failures.parquet")
    assert accounts.select("status", "windows").rows() == [("ok", 3), ("fallback", 3)]
    assert "20 days of history" in accounts["reason"][1], "the last of the worst"
    assert failures.select("account_id", "model").rows() == [("acc-001", "SeasonalNaive(7)"), ("acc-001", "Naive")]
    assert "20 days of history" in failures["message"][1], "the last time"


def test_an_account_that_was_never_forecast_has_the_reason_of_the_last_forecast(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=2)
    days = pl.col("date").is_between(ORIGIN - timedelta(days=60), ORIGIN - timedelta(days=58))
    frame = frame.filter((pl.col("account_id") == "acc-000") | days)
    nights = [forecast(frame, f"back{back}", as_of=ORIGIN - timedelta(days=back)) for back in (61, 0)]
    accounts = table(score(frame, *nights), "accounts.parquet")
    assert accounts["reason"][1].startswith("no forecast: skipped in the forecast (stale: ")


def test_a_simpler_model_counts_only_in_windows_that_are_scored(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=2)
    nights = [forecast(frame), forecast(frame.filter(pl.col("date") > LAST - timedelta(days=4)), "last", as_of=LAST)]
    run = score(frame, *nights)
    assert table(run, "accounts.parquet")["status"].to_list() == ["ok", "ok"]
    assert table(run, "failures.parquet").is_empty()


def test_all_finished_forecasts_of_a_folder_are_scored(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun], tmp_path: Path
) -> None:
    frame = balances()
    for back in (20, 10, 0):
        forecast(frame, f"nights/run={back}", as_of=LAST - timedelta(days=back))
    (tmp_path / "nights" / "run=cut-off" / ".run").mkdir(parents=True)
    (tmp_path / "nights" / "other").mkdir()
    backtest, manifest = tmp_path / "nights" / "backtest", tmp_path / "nights" / "run=0" / "manifest.json"
    backtest.mkdir()
    backtest.joinpath("manifest.json").write_text(manifest.read_text().replace('"forecast"', '"backtest"'))
    warnings = Warnings()
    run = score(frame.filter(pl.col("account_id") != "acc-005"), tmp_path / "nights", progress=warnings)
    [said] = map(unmark_ids, warnings.said)
    assert said.startswith("1 account of the forecasts, such as acc-005, cannot be scored: "), "of three, once"
    assert set(table(run, "windows.parquet")["cutoff"]) == {LAST - timedelta(days=20), LAST - timedelta(days=10)}
    assert table(run, "accounts.parquet")["windows"].to_list() == [2] * 5
    recorded = read_manifest(tmp_path / "score").settings["forecasts"]
    assert [one.split()[0] for one in recorded] == [str(LAST - timedelta(days=back)) for back in (20, 10, 0)]


def test_a_forecast_that_accounts_repeat_on_later_nights_counts_once(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances()
    rests = (pl.col("account_id") == "acc-001") & (pl.col("date") > ORIGIN - timedelta(days=3))
    then = frame.filter(~rests)
    nights = [
        forecast(
            then.filter(pl.col("date") <= ORIGIN - timedelta(days=back)), f"night{back}", origin="account", as_of=None
        )
        for back in (1, 0)
    ]
    windows = table(score(frame, *nights), "windows.parquet")
    assert windows.group_by("account_id").len().sort("account_id")["len"].to_list() == [2, 1, 2, 2, 2, 2]


def test_workers_and_shards_change_nothing(forecast: Callable[..., Path], score: Callable[..., BacktestRun]) -> None:
    frame = balances()
    published = forecast(frame)
    one = score(frame, published)
    other = score(frame, published, output="other", jobs=2, shard_size=2)
    for name in (*TABLES, "forecasts/*.parquet", "accounts.parquet", "failures.parquet"):
        assert_frame_equal(table(one, name), table(other, name), check_exact=True)


def test_the_same_score_is_left_alone_and_another_forecast_is_another_score(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances()
    published = forecast(frame)
    score(frame, published)
    assert score(frame, published).reused
    with pytest.raises(OutputConflictError, match="forecasts"):
        score(frame, forecast(frame, "later", as_of=LAST - timedelta(days=5)))


def test_its_reports_are_rendered_again(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun], tmp_path: Path
) -> None:
    frame = balances()
    score(frame, forecast(frame))
    before = (tmp_path / "score" / "report.html").read_bytes()
    run_report(tmp_path / "score")
    assert (tmp_path / "score" / "report.html").read_bytes() == before
    assert b"Score of finished forecasts" in before


def test_a_forecast_without_any_outcome_yet_ends_with_3(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances()
    run = score(frame, forecast(frame, as_of=LAST))
    assert run.exit_code is ExitCode.ACCOUNTS_FAILED
    assert run.report.sentences == (
        "No window could be scored: no forecast has a balance of a later day in the input.",
    )
    assert run_check(run.output).damages == ()


@pytest.mark.parametrize("dtype", [pl.Int32, pl.Decimal(10, 0), pl.Categorical])
def test_ids_of_any_type_are_scored(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun], dtype: pl.DataType
) -> None:
    ids = pl.col("account_id").str.slice(4)
    frame = balances().with_columns(ids.cast(dtype) if dtype == pl.Categorical else ids.cast(pl.Int64).cast(dtype))
    run = score(frame, forecast(frame))
    assert table(run, "windows.parquet").height == 6
    assert table(run, "windows.parquet").schema["account_id"] == frame.schema["account_id"]


def test_segments_are_columns_of_the_input(forecast: Callable[..., Path], score: Callable[..., BacktestRun]) -> None:
    frame = balances()
    run = score(frame, forecast(frame), segment=("account_type",))
    assert {one.value for one in run.report.segments if one.segment == "account_type"} == {"savings", "checking"}
