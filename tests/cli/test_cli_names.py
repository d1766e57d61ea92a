"""Column names of users: every command accepts any name that no output table uses itself."""

import json
from pathlib import Path

import pytest
from cli_harness import Cli, balance_rows

from forecast_cli.core.exit_codes import ExitCode

QUICK = ("--model", "Naive", "--jobs", 1, "--quiet")


@pytest.mark.parametrize("name", ["under", "origin", "n", "rows", "severity", "key"])
def test_a_forecast_can_be_shown_under_any_name_of_the_id_column(cli: Cli, tmp_path: Path, name: str) -> None:
    balance_rows(3).rename({"account_id": name}).write_parquet(tmp_path / "rows.parquet")
    out = tmp_path / "out"
    cli("forecast", tmp_path / "rows.parquet", "--output", out, "--id-col", name, *QUICK).assert_exit(ExitCode.OK)
    cli("check", out).assert_exit(ExitCode.OK)
    cli("runs", "diff", out, out).assert_exit(ExitCode.OK)
    told = json.loads(
        cli("risk", out, "--least", 0, "--include-under", "--format", "json").assert_exit(ExitCode.OK).out
    )
    assert len(told["found"]) == 3
    assert all(str(one["account_id"]).startswith("A") for one in told["found"])
    assert {one["origin"] for one in told["found"]} == {told["origin"]}
    assert {one["under"] for one in told["found"]} <= {True, False}


@pytest.mark.parametrize("name", ["by", "group", "place", "n"])
def test_a_backtest_works_under_any_name_of_the_id_column(cli: Cli, tmp_path: Path, name: str) -> None:
    balance_rows(3, 120).rename({"account_id": name}).write_parquet(tmp_path / "rows.parquet")
    out, windows = tmp_path / "out", ("--windows", 1, "--min-train", 40)
    cli("backtest", tmp_path / "rows.parquet", "--output", out, "--id-col", name, *windows, *QUICK).assert_exit(
        ExitCode.OK
    )
    cli("check", out).assert_exit(ExitCode.OK)


@pytest.mark.parametrize(("flag", "name"), [("id", "lo_20"), ("date", "hi_60"), ("id", "bias"), ("id", "coverage_40")])
def test_a_column_that_only_a_backtest_has_for_itself_is_refused_there_alone(
    cli: Cli, tmp_path: Path, flag: str, name: str
) -> None:
    plain = {"id": "account_id", "date": "date"}[flag]
    balance_rows(3, 120).rename({plain: name}).write_parquet(tmp_path / "rows.parquet")
    asked = (tmp_path / "rows.parquet", "--output", tmp_path / "out", f"--{flag}-col", name, *QUICK)
    outcome = cli("backtest", *asked).assert_error(
        ExitCode.CONFIG_INVALID, f"{flag}_col = '{name}': the output already has a"
    )
    assert "a column for each metric" in outcome.err
    cli("forecast", *asked).assert_exit(ExitCode.OK)


@pytest.mark.parametrize("name", ["account_id", "unique_id", "ds"])
def test_a_segment_under_a_name_that_is_taken_is_refused(cli: Cli, tmp_path: Path, name: str) -> None:
    rows = balance_rows(3, 120)
    if name not in rows.columns:
        rows = rows.with_columns(rows["account_id"].alias(name))
    rows.write_parquet(tmp_path / "rows.parquet")
    asked = ("--segment", name, "--windows", 1, "--min-train", 40)
    outcome = cli("backtest", tmp_path / "rows.parquet", "--output", tmp_path / "out", *asked, *QUICK)
    outcome.assert_error(ExitCode.CONFIG_INVALID, f"--segment {name}: the windows have a column")
