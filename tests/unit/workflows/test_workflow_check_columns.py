"""The check of a finished run finds columns that are gone or have another type, and tables that cannot be read.

The manifest is forged here: its checksums are those of the files as they are.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from forecast_runs import balances

from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.store.check import Damage, success_content
from forecast_cli.store.layout import EVENTS, FAILURES, LEARNED_WEIGHTS, WEIGHTS
from forecast_cli.store.manifest import read_manifest
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.check import column_damages, run_check
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest

OTHER: dict[type[pl.DataType], type[pl.DataType]] = {
    pl.Float64: pl.Float32,
    pl.Int32: pl.Int64,
    pl.Int64: pl.Int32,
    pl.String: pl.Categorical,
    pl.Date: pl.Datetime,
    pl.Boolean: pl.Int8,
    pl.List: pl.String,
    pl.Struct: pl.String,
}
PART = "forecasts/part-00000.parquet"
MakeRequest = Callable[..., ForecastRequest]


@pytest.fixture
def forecast(request_of: MakeRequest) -> Path:
    request = request_of(balances(accounts=2), model=("RecurringEvents",))
    run_forecast(request)
    return request.output


@pytest.fixture
def learned(request_of: MakeRequest) -> Path:
    """All tables of a forecast but ``learned_past.parquet``."""
    request = request_of(balances(accounts=24, days=300), model=("auto",), candidates=("SeasonalNaive(11)",))
    run_forecast(request)
    assert {path.name for path in request.output.glob("*.parquet")} >= {WEIGHTS, LEARNED_WEIGHTS, EVENTS}
    return request.output


@pytest.fixture
def backtest(request_of: MakeRequest) -> Path:
    kinds = balances(accounts=2).with_columns(kind=pl.lit("a"))
    request = request_of(kinds, model=("Naive",), windows=1, step=5, min_train=20, segment=("kind",))
    run_backtest(request)
    return request.output


def forge(output: Path) -> None:
    path = output / "manifest.json"
    manifest = json.loads(path.read_text())
    for entry in manifest["files"]:
        content = (output / entry["path"]).read_bytes()
        entry |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    path.write_text(json.dumps(manifest))
    (output / "_SUCCESS").write_bytes(success_content(output))


def problems(output: Path, path: str) -> list[str]:
    manifest = read_manifest(output)
    found = list(column_damages(output, manifest, manifest.files))
    assert {damage.path for damage in found} <= {path}
    return [damage.problem for damage in found]


def tables(output: Path) -> Iterator[tuple[str, pl.DataFrame]]:
    for path in sorted(output.rglob("*.parquet")):
        yield path.relative_to(output).as_posix(), pl.read_parquet(path)


@pytest.mark.parametrize("run", ["learned", "backtest"])
def test_each_column_of_each_table_is_missed(request: pytest.FixtureRequest, run: str) -> None:
    output: Path = request.getfixturevalue(run)
    for path, table in tables(output):
        for name, dtype in table.schema.items():
            table.rename({name: f"{name} 2"}).write_parquet(output / path)
            any_type = (path, name) == ("accounts.parquet", "account_id")
            assert problems(output, path) == [f"has no column '{name}'{'' if any_type else f', expected {dtype}'}"]
        table.write_parquet(output / path)
        assert problems(output, path) == []


@pytest.mark.parametrize("run", ["learned", "backtest"])
def test_each_column_of_another_type_is_found(request: pytest.FixtureRequest, run: str) -> None:
    output: Path = request.getfixturevalue(run)
    for path, table in tables(output):
        for name, dtype in table.schema.items():
            if (path, name) == ("accounts.parquet", "account_id"):
                continue  # the other tables differ from this one then
            other = pl.Series(name, [], dtype=OTHER[dtype.base_type()])
            table.clear().with_columns(other).write_parquet(output / path)
            assert problems(output, path) == [f"column '{name}' is {other.dtype}, expected {dtype}"]
        table.write_parquet(output / path)


def test_tables_of_a_run_by_another_version_are_said_to_be_of_one(forecast: Path) -> None:
    pl.read_parquet(forecast / "risk.parquet").drop("window").write_parquet(forecast / "risk.parquet")
    manifest = read_manifest(forecast)
    manifest = manifest.model_copy(update={"versions": manifest.versions | {"tables": "1"}})
    assert list(column_damages(forecast, manifest, manifest.files)) == [
        Damage("risk.parquet", "has no column 'window', expected Int32: another version wrote it")
    ]


@pytest.mark.parametrize("path", ["accounts.parquet", "risk.parquet", "events.parquet", PART])
def test_check_reports_a_lost_column_and_a_file_that_is_not_parquet(forecast: Path, path: str) -> None:
    table = pl.read_parquet(forecast / path)
    table.drop(table.columns[-1]).write_parquet(forecast / path)
    (forecast / FAILURES).write_bytes(b"not parquet at all")
    forge(forecast)
    report = run_check(forecast)
    assert {damage.path for damage in report.damages} == {path, FAILURES}
    assert report.exit_code is ExitCode.CHECK_FAILED


def test_a_damaged_table_keeps_no_other_from_being_checked(forecast: Path) -> None:
    risk = pl.read_parquet(forecast / "risk.parquet")
    risk.with_columns(pl.col("window").cast(pl.Int64)).write_parquet(forecast / "risk.parquet")
    part = pl.read_parquet(forecast / PART)
    part.with_columns(mean=float("inf")).write_parquet(forecast / PART)
    forge(forecast)
    assert run_check(forecast).damages == (
        Damage("risk.parquet", "column 'window' is Int64, expected Int32"),
        Damage("forecasts", f"{part.height} rows with a null, a NaN or an infinite number"),
    )


@pytest.mark.parametrize(
    ("path", "named"),
    [("accounts.parquet", "accounts.parquet"), (PART, "forecasts"), ("risk.parquet", "risk.parquet")],
)
def test_check_reports_pages_that_cannot_be_read(forecast: Path, path: str, named: str) -> None:
    content = bytearray((forecast / path).read_bytes())
    content[4:400] = bytes(396)
    (forecast / path).write_bytes(content)
    forge(forecast)
    [damage] = run_check(forecast).damages
    assert damage.path == named
    assert damage.problem.startswith("cannot be read: ")
