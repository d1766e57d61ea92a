"""The check of a finished run finds damaged, missing, unexpected and contradictory files."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from forecast_runs import balances

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.store.check import Damage, success_content
from forecast_cli.store.lock import output_lock
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest


@pytest.mark.parametrize("victim", ["accounts.parquet", "failures.parquet", "forecasts/part-00000.parquet"])
def test_check_finds_a_flipped_bit_anywhere(request_of: Callable[..., ForecastRequest], victim: str) -> None:
    run = run_forecast(request_of(balances(accounts=2)))
    content = bytearray((run.output / victim).read_bytes())
    content[len(content) // 2] ^= 4
    (run.output / victim).write_bytes(content)
    report = run_check(run.output)
    assert [damage.path for damage in report.damages] == [victim]
    assert report.exit_code is ExitCode.CHECK_FAILED


def test_check_finds_what_is_missing_and_what_is_stray(request_of: Callable[..., ForecastRequest]) -> None:
    run = run_forecast(request_of(balances(accounts=2)))
    (run.output / "_SUCCESS").unlink()
    (run.output / "forecasts" / "part-99999.parquet").write_bytes(b"PAR1")
    (run.output / "failures.parquet").unlink()
    found = {damage.path: damage.problem for damage in run_check(run.output).damages}
    assert set(found) == {"_SUCCESS", "forecasts/part-99999.parquet", "failures.parquet"}
    assert found["failures.parquet"] == "missing"


@pytest.mark.parametrize("name", ["weights.parquet", "events.parquet", "report.html"])
def test_check_finds_a_file_that_another_run_would_write(request_of: Callable[..., ForecastRequest], name: str) -> None:
    run = run_forecast(request_of(balances(accounts=2), model=("Naive",)))
    (run.output / name).write_bytes(b"junk")
    report = run_check(run.output)
    assert [(damage.path, damage.problem) for damage in report.damages] == [(name, "not in the manifest")]
    assert report.exit_code is ExitCode.CHECK_FAILED


def test_files_that_a_run_would_not_replace_are_marked_and_hidden_ones_that_no_reader_opens_are_left_out(
    request_of: Callable[..., ForecastRequest],
) -> None:
    run = run_forecast(request_of(balances(accounts=2), model=("Naive",)))
    for name in ("notes.txt", ".notes", "weights.parquet"):
        (run.output / name).touch()
    for name in ("notes.csv", ".part-00000.parquet", ".part-00000.parquet.crc", "part-99999.parquet"):
        (run.output / "forecasts" / name).touch()
    read_too = ": readers of the folder would read it too"
    assert run_check(run.output).damages == (
        Damage("forecasts/.part-00000.parquet", f"not in the manifest{read_too}"),
        Damage("forecasts/notes.csv", f"not written by a run{read_too}", foreign=True),
        Damage("forecasts/part-99999.parquet", f"not in the manifest{read_too}"),
        Damage("notes.txt", "not written by a run", foreign=True),
        Damage("weights.parquet", "not in the manifest", foreign=True),
    )


def test_check_finds_tables_that_contradict_a_forged_manifest(request_of: Callable[..., ForecastRequest]) -> None:
    run = run_forecast(request_of(balances(accounts=2)))
    path = run.output / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["input"]["accounts"] = 3
    path.write_text(json.dumps(manifest))
    (run.output / "_SUCCESS").write_bytes(success_content(run.output))
    assert [damage.problem for damage in run_check(run.output).damages] == ["2 accounts, but 3 in the input"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"median": pl.col("hi_80") + 1.0}, "10 rows with quantiles that cross"),
        ({"step": pl.col("step").replace(2, 1)}, "2 forecasts without the steps 1 to 5"),
        ({"mean": pl.lit(float("inf"))}, "10 rows with a null, a NaN or an infinite number"),
    ],
    ids=["crossed", "repeated step", "infinite"],
)
def test_check_reports_what_is_wrong_with_the_forecasts(
    request_of: Callable[..., ForecastRequest],
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, pl.Expr],
    problem: str,
) -> None:
    output = run_forecast(request_of(balances(accounts=2), model=("Naive",))).output
    path = output / "forecasts" / "part-00000.parquet"
    pl.read_parquet(path).with_columns(**change).write_parquet(path)
    monkeypatch.setattr("forecast_cli.workflows.check.damaged_files", lambda *_: [])
    assert [damage.problem for damage in run_check(output).damages] == [problem]


def test_check_finds_an_account_that_took_the_place_of_another(
    request_of: Callable[..., ForecastRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No number of rows or forecasts differs."""
    output = run_forecast(request_of(balances(accounts=4), model=("Naive",), shard_size=2)).output
    one, other = (output / "forecasts" / f"part-0000{number}.parquet" for number in range(2))
    last = pl.col("account_id") == pl.read_parquet(other)["account_id"].max()
    again = pl.read_parquet(one).head(5)
    pl.concat([again, pl.read_parquet(other).filter(~last)]).write_parquet(other)
    monkeypatch.setattr("forecast_cli.workflows.check.damaged_files", lambda *_: [])
    assert [damage.problem for damage in run_check(output).damages] == ["1 forecast in more than one part file"]


def test_check_without_a_part_file_says_so(request_of: Callable[..., ForecastRequest]) -> None:
    output = run_forecast(request_of(balances(accounts=2), model=("Naive",))).output
    (output / "forecasts" / "part-00000.parquet").unlink()
    path = output / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"] = [entry for entry in manifest["files"] if not entry["path"].startswith("forecasts/")]
    path.write_text(json.dumps(manifest))
    (output / "_SUCCESS").write_bytes(success_content(output))
    assert [damage.problem for damage in run_check(output).damages] == ["no part file, the manifest says 10 rows"]


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_check_counts_broken_rows_of_the_risk_some_accounts_at_a_time(
    request_of: Callable[..., ForecastRequest], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    output = run_forecast(request_of(balances(accounts=5), model=("Naive",))).output
    risk = pl.read_parquet(output / "risk.parquet")
    ends = pl.col("account_id").is_in([risk["account_id"].min(), risk["account_id"].max()])
    unknown = risk.head(1).with_columns(account_id=pl.lit(None, pl.String), prob_below=7.0)
    broken = risk.with_columns(prob_below=pl.when(ends).then(7.0).otherwise("prob_below"))
    pl.concat([broken, unknown]).write_parquet(output / "risk.parquet")
    monkeypatch.setattr("forecast_cli.workflows.check.damaged_files", lambda *_: [])
    monkeypatch.setattr("forecast_cli.workflows.check_risk._ACCOUNTS", at_once)
    rows = risk.filter(ends).height + 1
    problems = [damage.problem for damage in run_check(output).damages]
    assert f"{rows} rows with a prob_below outside 0 to 1" in problems


def test_check_distinguishes_a_wrong_folder_from_an_interrupted_run(tmp_path: Path) -> None:
    with pytest.raises(CheckFailedError, match="no such folder"):
        run_check(tmp_path / "typo")
    with pytest.raises(CheckFailedError, match="not the output of a run"):
        run_check(tmp_path)
    (tmp_path / ".run").mkdir()
    with pytest.raises(CheckFailedError, match="holds a run that was cut off"):
        run_check(tmp_path)
    with output_lock(tmp_path):
        command = [sys.executable, "-m", "forecast_cli", "check", str(tmp_path)]
        assert subprocess.run(command, check=False, capture_output=True).returncode == ExitCode.OUTPUT_BUSY
