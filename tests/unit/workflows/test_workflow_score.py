"""Finished forecasts scored by the balances that came: the figures of a backtest, and every account accounted for."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from made_balances import START, balances
from polars.testing import assert_frame_equal

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import CheckFailedError, ConfigError, InputRejectedError, OutputConflictError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ids import unmark_ids
from forecast_cli.core.ledger import Status
from forecast_cli.core.progress import NullProgress
from forecast_cli.store.read import read_manifest
from forecast_cli.workflows.backtest import BacktestRun, run_backtest
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.report import run_report
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.score import ScoreRequest, run_score

LAST = START + timedelta(days=159)  # of ``balances``
ORIGIN = LAST - timedelta(days=10)
CHOSEN = {"model": ("SeasonalNaive(7)", "Naive"), "level": (20, 40, 60, 80), "horizon": 10, "jobs": 1, "scale_lag": 7}
TABLES = ("windows.parquet", "scores.parquet", "low_balance.parquet", "leaderboard.parquet", "steps.parquet")


class Warnings(NullProgress):
    """Progress that keeps warnings."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def warn(self, message: str) -> None:
        self.said.append(message)


@pytest.fixture
def forecast(tmp_path: Path) -> Callable[..., Path]:
    def make(frame: pl.DataFrame, name: str = "run", **values: object) -> Path:
        path = tmp_path / f"{name.replace('/', '-')}.parquet"
        frame.write_parquet(path)
        settings = Settings.model_validate(CHOSEN | {"as_of": ORIGIN} | values)
        run_forecast(ForecastRequest(str(path), tmp_path / name, settings))
        return tmp_path / name

    return make


@pytest.fixture
def score(tmp_path: Path) -> Callable[..., BacktestRun]:
    def make(frame: pl.DataFrame, *forecasts: Path, output: str = "score", **values: object) -> BacktestRun:
        path = tmp_path / "came.parquet"
        frame.write_parquet(path)
        progress = values.pop("progress", None)
        settings = Settings.model_validate({"jobs": 1, "scale_lag": 7} | values)
        return run_score(ScoreRequest(str(path), forecasts, tmp_path / output, settings), progress)

    return make


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


def test_a_day_without_a_row_has_the_balance_before_it_and_later_days_are_unknown(
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
    assert any("In 2 of 2 windows the last day forecast is not in the input yet" in one for one in run.report.sentences)


def test_every_account_of_the_input_has_a_row_and_those_that_are_gone_are_named(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=5)
    began = pl.when(pl.col("account_id") == "acc-003").then(ORIGIN + timedelta(days=1))
    ended = pl.when(pl.col("account_id") == "acc-002").then(ORIGIN - timedelta(days=100))
    whole = frame.filter(pl.col("date") >= began.otherwise(date.min))
    then = whole.filter(pl.col("date") <= ended.otherwise(LAST), pl.col("account_id") != "acc-004")
    now, warnings = whole.filter(pl.col("account_id") != "acc-000"), Warnings()
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


def test_all_finished_forecasts_of_a_folder_are_scored(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun], tmp_path: Path
) -> None:
    frame = balances()
    for back in (20, 10, 0):
        forecast(frame, f"nights/run={back}", as_of=LAST - timedelta(days=back))
    (tmp_path / "nights" / "run=cut-off" / ".run").mkdir(parents=True)
    (tmp_path / "nights" / "other").mkdir()
    run = score(frame, tmp_path / "nights")
    assert set(table(run, "windows.parquet")["cutoff"]) == {LAST - timedelta(days=20), LAST - timedelta(days=10)}
    assert table(run, "accounts.parquet")["windows"].to_list() == [2] * 6
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


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"horizon": 5}, "forecast with horizon 5, "),
        ({"model": ("Naive",)}, "forecast with model Naive, "),
        ({"level": (80,)}, "forecast with level 80.0, "),
        ({"as_of": ORIGIN, "seed": 1}, f"a second forecast from {ORIGIN}, "),
    ],
)
def test_forecasts_that_do_not_go_together_are_refused(
    forecast: Callable[..., Path],
    score: Callable[..., BacktestRun],
    values: dict[str, object],
    message: str,
) -> None:
    frame = balances()
    one, other = forecast(frame), forecast(frame, "other", **{"as_of": ORIGIN + timedelta(days=1)} | values)
    with pytest.raises(ConfigError, match=message):
        score(frame, one, other)


def test_a_forecast_without_80_percent_intervals_is_refused(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances()
    with pytest.raises(ConfigError, match="has no 80 % intervals"):
        score(frame, forecast(frame, level=(50, 95)))


def test_a_damaged_forecast_is_refused(forecast: Callable[..., Path], score: Callable[..., BacktestRun]) -> None:
    frame = balances()
    published = forecast(frame)
    with (published / "risk.parquet").open("r+b") as file:
        file.seek(20)
        file.write(b"damage")
    with pytest.raises(CheckFailedError, match=r"risk\.parquet"):
        score(frame, published)


def test_a_backtest_is_no_forecast(score: Callable[..., BacktestRun], tmp_path: Path) -> None:
    frame = balances()
    frame.write_parquet(tmp_path / "in.parquet")
    settings = Settings.model_validate(CHOSEN | {"windows": 1, "min_train": 1})
    run_backtest(ForecastRequest(str(tmp_path / "in.parquet"), tmp_path / "backtest", settings))
    with pytest.raises(OutputConflictError, match="holds a backtest, expected a forecast"):
        score(frame, tmp_path / "backtest")


def test_ids_of_another_type_are_refused(forecast: Callable[..., Path], score: Callable[..., BacktestRun]) -> None:
    frame = balances()
    numbers = frame.with_columns(pl.col("account_id").str.slice(4).cast(pl.Int64))
    with pytest.raises(ConfigError, match="'account_id' is Int64, but String in "):
        score(frame, forecast(numbers))


@pytest.mark.parametrize("dtype", [pl.Int32, pl.Decimal(10, 0), pl.Categorical])
def test_ids_of_any_type_are_scored(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun], dtype: pl.DataType
) -> None:
    ids = pl.col("account_id").str.slice(4)
    frame = balances().with_columns(ids.cast(dtype) if dtype == pl.Categorical else ids.cast(pl.Int64).cast(dtype))
    run = score(frame, forecast(frame))
    assert table(run, "windows.parquet").height == 6
    assert table(run, "windows.parquet").schema["account_id"] == frame.schema["account_id"]


def test_columns_of_the_input_are_those_of_the_forecast(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances()
    with pytest.raises(InputRejectedError) as raised:
        score(frame.rename({"balance": "amount"}), forecast(frame))
    assert raised.value.hint == (
        "the columns have the names that the forecasts were made with: account_id, date, balance"
    )


def test_segments_are_columns_of_the_input(forecast: Callable[..., Path], score: Callable[..., BacktestRun]) -> None:
    frame = balances()
    run = score(frame, forecast(frame), segment=("account_type",))
    assert {one.value for one in run.report.segments if one.segment == "account_type"} == {"savings", "checking"}
