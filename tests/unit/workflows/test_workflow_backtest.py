"""The backtest as a Python call: no look-ahead, every account in the ledger, the same bytes each time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from made_balances import START, balances

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import CheckFailedError, ConfigError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ledger import Status
from forecast_cli.engine.backtest import backtest_shard
from forecast_cli.engine.shards import Job
from forecast_cli.models.registry import REGISTRY
from forecast_cli.store.manifest import read_manifest
from forecast_cli.workflows.backtest import BacktestRun, backtest_settings, cutoffs_back, run_backtest
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.places import Place
from forecast_cli.workflows.preparing import RunKind, prepare
from forecast_cli.workflows.report import run_report
from forecast_cli.workflows.results import ForecastRequest

STEP = 10
MODELS = ("Naive", "SeasonalNaive(7)", "SeasonalNaive(115)")


@pytest.fixture
def request_of(tmp_path: Path) -> Callable[..., ForecastRequest]:
    def make(frame: pl.DataFrame, *, output: str = "out", **values: object) -> ForecastRequest:
        path = tmp_path / f"{output}.parquet"
        frame.write_parquet(path)
        chosen = {"model": ("SeasonalNaive(7)", "Naive"), "horizon": STEP, "step": STEP, "windows": 2, "jobs": 1}
        chosen |= {"min_train": 100, "scale_lag": 7}
        return ForecastRequest(str(path), tmp_path / output, Settings.model_validate(chosen | values))

    return make


def parts(output: Path) -> pl.DataFrame:
    return pl.read_parquet(output / "forecasts")


def test_it_writes_what_the_contract_says(request_of: Callable[..., ForecastRequest]) -> None:
    run = run_backtest(request_of(balances(), segment=("account_type",)))
    assert sorted(path.name for path in run.output.iterdir() if not path.name.startswith(".")) == [
        "_SUCCESS",
        "accounts.parquet",
        "failures.parquet",
        "forecasts",
        "leaderboard.parquet",
        "low_balance.parquet",
        "manifest.json",
        "metrics.json",
        "report.html",
        "report.json",
        "report.md",
        "scores.parquet",
        "segments.parquet",
        "steps.parquet",
        "windows.parquet",
    ]
    table = parts(run.output)
    assert table.columns[:6] == ["account_id", "cutoff", "date", "step", "model", "mean"]
    assert {"lo_20", "hi_40", "lo_60", "hi_80", "lo_95", "median", "y"} <= set(table.columns)
    assert table.height == 6 * 2 * 2 * STEP
    assert run_check(run.output).damages == ()
    assert {row.value for row in run.report.segments if row.segment == "account_type"} == {"checking", "savings"}


def test_steps_and_segments_are_tables_of_every_metric(request_of: Callable[..., ForecastRequest]) -> None:
    run = run_backtest(request_of(balances(accounts=30), segment=("account_type",), output="figures"))
    metrics = set(run.report.leaderboard[0].metrics)
    steps, segments = (pl.read_parquet(run.output / f"{name}.parquet") for name in ("steps", "segments"))
    assert steps.columns == ["model", "step", "accounts", "windows", "metric", "value", "low", "high"]
    assert steps.height == 2 * STEP * len(metrics)
    assert segments.columns == ["model", "segment", "segment_value", *steps.columns[2:]]
    scored = ("event_rate", "brier", "base_brier", "brier_skill")
    low = {f"{name}_{threshold}_7" for threshold in ("0", "p10") for name in scored}
    assert set(segments["metric"]) == metrics | low | {"skill", "scrps_excess"}
    for table in (steps, segments):
        told = table.drop_nulls()
        assert told.filter((pl.col("low") > pl.col("value")) | (pl.col("high") < pl.col("value"))).is_empty()
    scores = pl.read_parquet(run.output / "scores.parquet")
    types = balances(accounts=30).select("account_id", "account_type").unique()
    by_type = scores.filter(metric="mae", model="Naive").join(types, on="account_id").group_by("account_type")
    told = segments.filter(metric="mae", model="Naive", segment="account_type")
    assert dict(told.select("segment_value", "value").iter_rows()) == pytest.approx(
        dict(by_type.agg(pl.col("value").mean()).iter_rows())
    )
    days = parts(run.output).filter(pl.col("model") == "Naive").group_by("step")
    errors = days.agg(((pl.col("y") - pl.col("mean")) ** 2).mean().sqrt())
    told = steps.filter(metric="rmse", model="Naive").select("step", "value")
    assert dict(told.iter_rows()) == pytest.approx(dict(errors.iter_rows()))


def test_a_segment_may_have_the_name_of_a_key_that_accounts_do_not_have(
    request_of: Callable[..., ForecastRequest],
) -> None:
    frame = balances(accounts=2).with_columns(currency=pl.lit("EUR"))
    run = run_backtest(request_of(frame, segment=("currency",)))
    assert {row.value for row in run.report.segments if row.segment == "currency"} == {"EUR"}


def test_a_segment_is_what_was_known_at_the_cutoff(request_of: Callable[..., ForecastRequest]) -> None:
    day = pl.col("date") - pl.lit(START)
    plan = pl.when(day < timedelta(145)).then(pl.lit("old")).when(day == timedelta(145)).then(pl.lit("new"))
    run = run_backtest(request_of(balances(accounts=2).reverse().with_columns(plan=plan), segment=("plan",)))
    windows = pl.read_parquet(run.output / "windows.parquet").select("cutoff", "plan")
    assert set(windows.iter_rows()) == {(START + timedelta(139), "old"), (START + timedelta(149), "new")}


@pytest.mark.parametrize("segment", [(), ("ccy",)])
def test_currencies_are_a_segment_and_balances_of_several_have_no_common_mean(
    request_of: Callable[..., ForecastRequest], segment: tuple[str, ...]
) -> None:
    currency = pl.when(pl.col("account_id") < "acc-003").then(pl.lit("CZK")).otherwise(pl.lit("EUR"))
    frame = balances().with_columns(ccy=currency)
    run = run_backtest(request_of(frame, currency_col="ccy", segment=segment))
    assert run.report.facts.currencies == ("CZK", "EUR")
    assert run_check(run.output).damages == ()
    best = run.report.leaderboard[0]
    assert np.isnan(best.of("mae").value)
    assert best.of("scrps").value > 0
    segments = pl.read_parquet(run.output / "segments.parquet").filter(metric="mae", model=best.model)
    known = segments.filter(pl.col("value").is_not_null())
    assert known.select("segment", "segment_value").rows() == [("ccy", "CZK"), ("ccy", "EUR")]
    assert pl.read_parquet(run.output / "steps.parquet").filter(metric="mae")["value"].is_null().all()


def test_actual_balances_are_written_beside_the_forecast(request_of: Callable[..., ForecastRequest]) -> None:
    frame = balances(accounts=2)
    table = parts(run_backtest(request_of(frame)).output)
    joined = table.join(frame, on=["account_id", "date"], how="left")
    assert joined["y"].equals(joined["balance"].alias("y"))
    assert (table["date"] - table["cutoff"]).dt.total_days().equals(table["step"].cast(pl.Int64).alias("date"))


def by_the_week(model: str) -> str:
    """Return the model, by a season of a week where it takes one; AutoARIMA without."""
    if model == "AutoARIMA":
        return "AutoARIMA(1)"
    return f"{model}(7)" if REGISTRY[model].usable_seasons((7,)) else model


@pytest.mark.parametrize("model", sorted(REGISTRY))
def test_nothing_dated_after_a_cutoff_changes_a_forecast_made_at_it(
    request_of: Callable[..., ForecastRequest], model: str
) -> None:
    label = by_the_week(model)
    accounts = 1 if model == "AutoARIMA" else 3  # it takes seconds an account
    frame = balances(accounts)
    whole = replayed(request_of(frame, model=(label,)))
    oldest = whole["cutoff"].min()
    known = frame.filter(pl.col("date") <= oldest + timedelta(days=STEP))
    truncated = replayed(request_of(known, output="cut", model=(label,), windows=1))
    later = balances(accounts, seed=2).filter(pl.col("date") > oldest)
    other = pl.concat([frame.filter(pl.col("date") <= oldest), later])
    poisoned = replayed(request_of(other, output="other", model=(label,)))
    at = pl.col("cutoff") == oldest
    numbers = [name for name in whole.columns if name != "y"]
    assert whole.filter(at).height == accounts * STEP
    assert truncated.filter(at).select(numbers).equals(whole.filter(at).select(numbers))
    assert poisoned.filter(at).select(numbers).equals(whole.filter(at).select(numbers))


#: Every model that can be given newer balances.
UPDATABLE = tuple(by_the_week(name) for name, spec in REGISTRY.items() if spec.updatable)


@pytest.mark.parametrize("refit", [2, 3])
def test_nothing_dated_after_a_cutoff_changes_a_forecast_made_at_it_without_a_fit(
    request_of: Callable[..., ForecastRequest], refit: int
) -> None:
    asked = {"model": UPDATABLE, "refit": refit}
    frame = balances(accounts=2, days=150)
    whole = replayed(request_of(frame, windows=3, **asked))
    middle = whole["cutoff"].unique().sort()[1]
    known = frame.filter(pl.col("date") <= middle)
    truncated = replayed(request_of(pl.concat([known, after(frame, middle, STEP)]), output="cut", windows=2, **asked))
    later = balances(accounts=2, days=150, seed=2).filter(pl.col("date") > middle)
    poisoned = replayed(request_of(pl.concat([known, later]), output="other", windows=3, **asked))
    at, numbers = pl.col("cutoff") <= middle, [name for name in whole.columns if name != "y"]
    assert whole.filter(at).height == 2 * 2 * STEP * len(UPDATABLE)
    assert truncated.select(numbers).equals(whole.filter(at).select(numbers))
    assert poisoned.filter(at).select(numbers).equals(whole.filter(at).select(numbers))


def after(frame: pl.DataFrame, cutoff: date, days: int) -> pl.DataFrame:
    return frame.filter(pl.col("date").is_between(cutoff, cutoff + timedelta(days=days), closed="right"))


def test_with_a_refit_of_two_every_other_cutoff_is_fitted_at_from_the_oldest_on(
    request_of: Callable[..., ForecastRequest],
) -> None:
    frame = balances(accounts=3)
    young = (pl.col("account_id") == "acc-001") & (pl.col("date") <= START + timedelta(days=34))
    asked = {"model": ("Holt", "Naive"), "windows": 3}
    each = replayed(request_of(frame.filter(~young), **asked))
    some = replayed(request_of(frame.filter(~young), output="some", refit=2, **asked))
    first, second, third = each["cutoff"].unique().sort()
    same = each["mean"] == some["mean"]
    told = (
        each.select("unique_id", "cutoff", "model", same=same)
        .group_by("unique_id", "cutoff", "model")
        .agg(pl.col("same").all())
    )
    told = {(row["unique_id"], row["cutoff"]): row["same"] for row in told.filter(model="Holt").iter_rows(named=True)}
    kept = {key for key, unchanged in told.items() if not unchanged}
    assert kept == {("acc-000", second), ("acc-002", second)}
    assert ("acc-001", first) not in told
    assert told["acc-001", second], "its first window: fitted"
    assert all(told[account, third] for account in ("acc-000", "acc-001", "acc-002"))
    assert each.filter(model="Naive").equals(some.filter(model="Naive"))


def test_what_a_forecast_is_to_use_is_not_used_by_a_backtest(
    request_of: Callable[..., ForecastRequest], tmp_path: Path
) -> None:
    request = request_of(balances(accounts=2), model=("auto",), windows=1, fitted=str(tmp_path / "nowhere"))
    assert run_backtest(request).exit_code is ExitCode.OK


def test_a_model_that_has_to_learn_again_is_refused_before_any_work(
    request_of: Callable[..., ForecastRequest],
) -> None:
    request = request_of(balances(accounts=2), model=("Naive", "MFLES"), refit=2)
    with pytest.raises(ConfigError, match="model MFLES: cannot take newer balances") as caught:
        run_backtest(request)
    assert caught.value.hint == "leave it out, or use --refit 1"
    assert not request.output.exists()


def replayed(request: ForecastRequest) -> pl.DataFrame:
    """Replay an input of one shard in this process."""
    asked = backtest_settings(request.settings)
    prepared = prepare(
        RunKind("backtest", cutoffs_back(asked)), replace(request, settings=asked), Place(request.output)
    )
    job = Job(prepared.checked.source, prepared.settings, prepared.contract.origin, request.output, backtest_shard)
    return backtest_shard(job, prepared.shards[0]).tables["forecasts"]


def test_a_backtest_gives_the_numbers_of_a_forecast_made_at_the_cutoff(
    request_of: Callable[..., ForecastRequest], tmp_path: Path
) -> None:
    frame = balances(accounts=3)
    asked = {"model": ("Naive", "SeasonalNaive(7)"), "max_history": 90, "min_train": 60}
    table = parts(run_backtest(request_of(frame, **asked)).output)
    for cutoff in table["cutoff"].unique():
        request = request_of(frame.filter(pl.col("date") <= cutoff), output=f"to-{cutoff}", **asked)
        then = parts(run_forecast(request).output)
        numbers = ["account_id", "date", "step", "model", "mean", "median", "lo_80", "hi_80", "lo_95", "hi_95"]
        assert table.filter(pl.col("cutoff") == cutoff).select(numbers).equals(then.select(numbers))


def test_manifest_and_report_say_the_settings_that_were_asked_for(
    request_of: Callable[..., ForecastRequest],
) -> None:
    request = request_of(balances(accounts=2), max_history=90, min_train=60, level=(60, 95))
    run = run_backtest(request)
    told = read_manifest(run.output).settings
    assert (told["max_history"], run.report.facts.settings["max_history"]) == (90, 90)
    assert "origin" not in told, "windows count back as --align says"
    assert told["level"] == [20.0, 40.0, 60.0, 80.0, 95.0], "readers find the columns of the forecasts by it"
    assert run.report.facts.settings["level"] == [60.0, 80.0, 95.0], "the report shows those asked for, and 80"
    assert run_backtest(replace(request, settings=request.settings.model_copy(update={"origin": "account"}))).reused
    fewer = replace(request, settings=request.settings.model_copy(update={"level": (95.0,)}), force=True)
    assert run_backtest(fewer).report.facts.settings["level"] == [80.0, 95.0], "no report of other levels is reused"


def test_what_nobody_observed_is_no_truth(request_of: Callable[..., ForecastRequest]) -> None:
    frame = balances(accounts=2)
    silent = (pl.col("account_id") == "acc-001") & (pl.col("date") > START + timedelta(days=145))
    run = run_backtest(request_of(frame.filter(~silent), align="as-of", windows=2))
    windows = pl.read_parquet(run.output / "windows.parquet")
    assert windows.filter(account_id="acc-001")["cutoff"].to_list() == [START + timedelta(days=139)]
    truth = parts(run.output).filter(pl.col("account_id") == "acc-001", pl.col("model") == "Naive")["y"]
    assert truth.is_null().to_list() == [False] * 6 + [True] * 4


def test_an_account_with_too_little_history_is_in_the_ledger_with_the_reason(
    request_of: Callable[..., ForecastRequest],
) -> None:
    frame = balances(accounts=4)
    last = START + timedelta(days=159)
    young = pl.col("account_id") == "acc-001"
    frame = frame.filter(~young | (pl.col("date") > last - timedelta(days=115)))
    frame = frame.filter((pl.col("account_id") != "acc-002") | (pl.col("date") > last - timedelta(days=50)))
    frame = frame.filter((pl.col("account_id") != "acc-003") | (pl.col("date") == last))
    run = run_backtest(request_of(frame))
    told = {row["account_id"]: row for row in pl.read_parquet(run.output / "accounts.parquet").iter_rows(named=True)}
    assert [told[name]["windows"] for name in sorted(told)] == [2, 1, 0, 0]
    assert [told[name]["status"] for name in sorted(told)] == ["ok", "ok", "skipped", "skipped"]
    assert ["short" in told[name]["flags"] for name in sorted(told)] == [False, True, True, True]
    assert told["acc-000"]["reason"] is None
    assert told["acc-001"]["reason"].startswith("short: 115 days of history, enough for 1 of 2 windows")
    assert told["acc-002"]["reason"].startswith("short: 50 days of history, enough for 0 of 2 windows")
    assert told["acc-003"]["reason"] == (
        "short: 1 day of history, enough for 0 of 2 windows; all of them take 120 days (--min-train 100, --step 10)"
    )
    assert sum(run.accounts.values()) == 4


def test_workers_and_shards_change_no_number(request_of: Callable[..., ForecastRequest]) -> None:
    frame = balances()
    one = run_backtest(request_of(frame, output="one", shard_size=2))
    two = run_backtest(request_of(frame.sample(fraction=1, shuffle=True, seed=4), output="two", shard_size=2, jobs=2))
    names = ["forecasts/part-00000.parquet", "forecasts/part-00002.parquet", "scores.parquet", "windows.parquet"]
    assert [(one.output / name).read_bytes() for name in names] == [(two.output / name).read_bytes() for name in names]
    whole = run_backtest(request_of(frame, output="whole"))
    figures = [[score.model_dump(exclude={"cpu_seconds"}) for score in run.report.leaderboard] for run in (one, whole)]
    assert figures[0] == figures[1]


def test_the_report_is_the_same_for_any_shards(request_of: Callable[..., ForecastRequest]) -> None:
    """Two currencies, an account without windows, and one that is too short for one of the models."""
    number = pl.col("account_id").str.slice(-1).cast(pl.Int64)
    frame = balances().with_columns(pl.when(number % 2 == 0).then(pl.lit("USD")).otherwise(pl.lit("EUR")).alias("unit"))
    last = frame["date"].max()
    assert isinstance(last, date)
    for account, days in ((2, 50), (4, 130)):
        frame = frame.filter((number != account) | (pl.col("date") > last - timedelta(days=days)))
    options = {"currency_col": "unit", "segment": ("account_type",), "threshold": ("0", "p10"), "model": MODELS}
    whole, *cut = (
        run_backtest(request_of(frame, output=f"of-{size}", shard_size=size, **options)) for size in (6, 3, 2, 1)
    )
    assert whole.report.fans
    assert any(row.fallbacks for row in whole.report.leaderboard)
    assert {score.segment for score in whole.report.low_balance_segments} > {"account_type", "unit"}
    for run in cut:
        assert report_of(run) == report_of(whole)


def report_of(run: BacktestRun) -> str:
    """Return all of a report but times and places."""
    rows = tuple(row.model_copy(update={"cpu_seconds": 0.0}) for row in run.report.leaderboard)
    return repr(run.report.model_copy(update={"facts": None, "leaderboard": rows}))


def test_windows_count_back_from_one_day_where_they_are_aligned_to_it(
    request_of: Callable[..., ForecastRequest],
) -> None:
    frame = balances(accounts=2)
    early = (pl.col("account_id") == "acc-001") & (pl.col("date") > START + timedelta(days=150))
    run = run_backtest(request_of(frame.filter(~early), align="as-of", windows=1))
    assert parts(run.output)["cutoff"].unique().to_list() == [START + timedelta(days=149)]


def test_a_finished_backtest_is_left_alone_and_its_reports_are_rendered_again(
    request_of: Callable[..., ForecastRequest],
) -> None:
    request = request_of(balances(accounts=2))
    first = run_backtest(request)
    html = (first.output / "report.html").read_text(encoding="utf-8")
    (first.output / "report.html").write_text("scribbled over", encoding="utf-8")
    run_report(first.output)
    assert (first.output / "report.html").read_text(encoding="utf-8") == html
    assert run_check(first.output).damages == ()
    assert run_backtest(request).reused


def test_a_report_that_a_newer_version_renders_otherwise_leaves_an_output_that_is_whole(
    request_of: Callable[..., ForecastRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = run_backtest(request_of(balances(accounts=2))).output
    monkeypatch.setattr("forecast_cli.reports.markdown.render_markdown", lambda _: "rendered otherwise")
    run_report(output)
    assert (output / "report.md").read_text(encoding="utf-8") == "rendered otherwise"
    assert run_check(output).damages == (), "_SUCCESS has the checksum of the new manifest"


def test_a_report_that_was_tampered_with_is_not_rendered(request_of: Callable[..., ForecastRequest]) -> None:
    run = run_backtest(request_of(balances(accounts=2)))
    path = run.output / "report.json"
    path.write_text(path.read_text(encoding="utf-8").replace("Use ", "Buy "), encoding="utf-8")
    with pytest.raises(CheckFailedError, match="content differs"):
        run_report(run.output)
    assert [damage.path for damage in run_check(run.output).damages] == ["report.json"]


def test_a_segment_that_is_no_column_is_refused_before_any_work(request_of: Callable[..., ForecastRequest]) -> None:
    request = request_of(balances(accounts=2), segment=("acount_type",))
    with pytest.raises(ConfigError, match="no column 'acount_type'"):
        run_backtest(request)
    assert not request.output.exists()


def test_a_backtest_without_a_window_says_so(request_of: Callable[..., ForecastRequest]) -> None:
    run = run_backtest(request_of(balances(accounts=2, days=40)))
    assert run.exit_code is ExitCode.ACCOUNTS_FAILED
    assert run.accounts[Status.SKIPPED] == 2
    assert "No window could be scored" in run.report.sentences[0]
    assert run_check(run.output).damages == ()
