"""Forecasts that cannot be scored, and why."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from made_balances import CHOSEN, ORIGIN, balances

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import CheckFailedError, ConfigError, InputRejectedError, OutputConflictError
from forecast_cli.workflows.backtest import BacktestRun, run_backtest
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.explanation import ShowRequest
from forecast_cli.workflows.published_runs import published_files, refuse_unlike
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.run_tables import RunTables, tables_of
from forecast_cli.workflows.score import ScoreRequest, run_score
from forecast_cli.workflows.show import explain_account


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


def with_manifest(output: Path, copy: Path, change: Callable[[dict[str, Any]], object]) -> RunTables:
    """Copy a forecast, change its manifest, and open the copy."""
    shutil.copytree(output, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    change(manifest)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    return tables_of(copy)


def test_forecasts_share_what_was_forecast_and_which_columns_were_read(
    forecast: Callable[..., Path], tmp_path: Path
) -> None:
    run = forecast(balances())
    for name in (
        *("id_col", "date_col", "balance_col", "currency_col", "timezone"),
        *("model", "season_length", "candidates", "horizon", "level", "threshold"),
    ):
        other = with_manifest(run, tmp_path / name, partial(set_other, name))
        with pytest.raises(ConfigError, match=f"forecast with {name} other, "):
            refuse_unlike([tables_of(run), other])


def test_a_forecast_of_an_earlier_version_without_a_table_is_refused(
    forecast: Callable[..., Path], tmp_path: Path
) -> None:
    run = forecast(balances())
    for name in ("risk.parquet", "failures.parquet"):
        lacking = with_manifest(run, tmp_path / name, partial(leave_out, name))
        with pytest.raises(CheckFailedError, match=f"has no {name}: another version wrote it"):
            published_files(lacking)


def set_other(name: str, manifest: dict[str, Any]) -> None:
    manifest["settings"][name] = "other"


def leave_out(name: str, manifest: dict[str, Any]) -> None:
    manifest["files"] = [file for file in manifest["files"] if file["path"] != name]


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


@pytest.mark.parametrize("name", ["run", "./run"])
def test_a_forecast_is_never_replaced_by_its_score(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun], tmp_path: Path, name: str
) -> None:
    frame = balances()
    published = forecast(frame)
    (tmp_path / "came.parquet").parent.mkdir(exist_ok=True)
    frame.write_parquet(tmp_path / "came.parquet")
    request = ScoreRequest(str(tmp_path / "came.parquet"), (published,), tmp_path / name, Settings(jobs=1), force=True)
    with pytest.raises(OutputConflictError, match="is one of the forecasts to score"):
        run_score(request)
    assert run_check(published).damages == ()


@pytest.mark.parametrize(
    ("name", "column"),
    [("risk.parquet", "threshold_name"), ("failures.parquet", "model_used"), ("accounts.parquet", "reason")],
)
def test_a_forecast_of_an_earlier_version_without_a_column_is_refused(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun], name: str, column: str
) -> None:
    frame = balances()
    published = forecast(frame)
    pl.read_parquet(published / name).drop(column).write_parquet(published / name)
    with pytest.raises(CheckFailedError, match=f"{name} has no column '{column}': another version wrote it"):
        score(frame, published)


def test_columns_of_the_input_are_those_of_the_forecast(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances()
    with pytest.raises(InputRejectedError) as raised:
        score(frame.rename({"balance": "amount"}), forecast(frame))
    assert raised.value.hint == (
        "the columns have the names that the forecasts were made with: account_id, date, balance"
    )


def test_no_hint_names_an_option_that_score_and_show_do_not_have(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun], tmp_path: Path
) -> None:
    frame = balances()
    published = forecast(frame)
    with pytest.raises(InputRejectedError, match="TS10") as of_score:
        score(frame.with_columns(pl.col("account_id").replace("acc-000", None)), published)
    whole = (tmp_path / "run.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:-10])
    with pytest.raises(InputRejectedError, match="IN02") as of_show:
        explain_account(ShowRequest("acc-001", published, input=str(tmp_path)))
    for raised in (of_score, of_show):
        assert raised.value.hint == (
            "correct the input: it is read with the settings that the forecasts were made with"
        )
