"""``risk`` on the command line: the list of accounts most likely to run low, its figures, and every exit code."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from cli_harness import ACCOUNTS, Cli, Finished, balance_rows

from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.risk_columns import RISK_COLUMNS

QUICK = ("--model", "Naive", "--horizon", 14, "--jobs", 1, "--quiet")


@pytest.fixture(scope="module")
def output(balances: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clean accounts, whose balances lie about 5,000. Look, do not touch."""
    from cli_harness import run_in_process

    folder = tmp_path_factory.mktemp("low") / "out"
    asked = ("--threshold", "5000,p10")
    run_in_process("forecast", balances, "--output", folder, *QUICK, *asked).assert_exit(ExitCode.OK)
    return folder


def test_the_accounts_are_listed_on_stdout_and_stderr_is_empty(cli: Cli, output: Path) -> None:
    outcome = cli("risk", output, "--include-under", "--least", 0).assert_exit(ExitCode.OK)
    assert outcome.err == ""
    assert outcome.out.startswith("Most likely to be under 5000 within 14 days of 2026-04-30, by Naive\n")
    risk = pl.read_parquet(output / "risk.parquet").filter(threshold_name="5000", window=14)
    lines = outcome.out.splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  A00")]
    assert sorted(listed) == risk["account_id"].sort().to_list()
    under = risk.filter(pl.col("balance") < 5000).height
    assert f"{ACCOUNTS} accounts: {under} already under it, {ACCOUNTS - under} more with 0 % or more." in outcome.flat
    assert f"show --forecast {output}" in outcome.out
    assert all(len(line) <= 80 for line in lines if str(output) not in line)


def test_json_has_every_number_of_the_table(cli: Cli, output: Path) -> None:
    told = json.loads(
        cli("risk", output, "--include-under", "--least", 0, "--format", "json").assert_exit(ExitCode.OK).out
    )
    risk = pl.read_parquet(output / "risk.parquet").filter(threshold_name="5000", window=14)
    by_id = {row["account_id"]: row for row in risk.iter_rows(named=True)}
    assert {one["account_id"] for one in told["found"]} == set(by_id)
    for one in told["found"]:
        row = by_id[one["account_id"]]
        for name in RISK_COLUMNS:
            value = row[name].isoformat() if isinstance(row[name], date) else row[name]
            assert (one | {name: told[name] for name in ("window", "threshold_name")})[name] == value
    assert (told["threshold_name"], told["window"], told["model"], told["accounts"]) == ("5000", 14, "Naive", ACCOUNTS)


def test_without_likely_accounts_only_the_counts_are_shown(cli: Cli, finished: Finished) -> None:
    outcome = cli("risk", finished.output, "--threshold", "0").assert_exit(ExitCode.OK)
    assert f"{ACCOUNTS} accounts: 0 already under it, 0 more with 50 % or more." in outcome.flat
    assert "Next" not in outcome.out


def test_a_threshold_that_differs_by_account_has_a_column(cli: Cli, output: Path) -> None:
    asked = ("risk", output, "--include-under", "--least", 0)
    header = "account under balance likely 10 % by 50 % by 5 % low"
    assert header in cli(*asked, "--threshold", "p10").assert_exit(ExitCode.OK).flat
    assert header not in cli(*asked).assert_exit(ExitCode.OK).flat


def test_what_is_not_there_is_answered_with_what_is(cli: Cli, output: Path, tmp_path: Path) -> None:
    outcome = cli("risk", output, "--within", 9).assert_error(ExitCode.USAGE, str(output), "no window of 9 days")
    assert "name one of 7, 14" in outcome.err
    cli("risk", output, "--threshold", "p9").assert_error(ExitCode.USAGE, "no threshold 'p9'")
    cli("risk", output, "--least", 101).assert_error(ExitCode.USAGE, "--least")
    cli("risk", tmp_path).assert_error(ExitCode.CHECK_FAILED, "has no manifest.json")


def test_the_last_log_line_counts_them(cli: Cli, output: Path) -> None:
    outcome = cli("risk", output, "--log-format", "json").assert_exit(ExitCode.OK)
    last = outcome.events[-1]
    assert (last["threshold_name"], last["window"], last["accounts"]) == ("5000", 14, ACCOUNTS)
    assert f"{last['likely']} more with 50 % or more" in last["message"]


def test_a_table_is_cut_where_json_is_not(cli: Cli, output: Path) -> None:
    asked = ("risk", output, "--include-under", "--least", 0)
    outcome = cli(*asked, "--most", 2).assert_exit(ExitCode.OK)
    assert f"; the first 2 of {ACCOUNTS} are listed." in outcome.flat
    one = cli(*asked, "--most", 1).assert_exit(ExitCode.OK)
    assert f"; the first of {ACCOUNTS} is listed." in one.flat
    for most, listed in ((2, 2), (10**30, ACCOUNTS)):
        told = json.loads(cli(*asked, "--most", most, "--format", "json").assert_exit(ExitCode.OK).out)
        assert (len(told["found"]), told["matching"]) == (listed, ACCOUNTS)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_number_is_cut_short_on_a_narrow_terminal(
    balances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    rows = pl.read_parquet(balances).with_columns(pl.col("balance") * 1e8, account_id="acc-" + pl.col("account_id"))
    rows.write_parquet(tmp_path / "rows.parquet")
    cli("forecast", tmp_path / "rows.parquet", "--output", tmp_path / "out", *QUICK, "--max-balance", 1e15)
    outcome = cli("risk", tmp_path / "out", "--threshold", "p10", "--include-under", "--least", 0).assert_exit(
        ExitCode.OK
    )
    told = pl.read_parquet(tmp_path / "out" / "risk.parquet").filter(threshold_name="p10", window=14)
    for row in told.iter_rows(named=True):
        assert f"{row['balance']:,.2f}" in outcome.out
        assert row["account_id"] in outcome.out


def test_an_id_that_cannot_be_copied_is_not_proposed(cli: Cli, balances: Path, tmp_path: Path) -> None:
    rows = pl.read_parquet(balances).with_columns(account_id=pl.col("account_id") + "\n")
    rows.write_parquet(tmp_path / "rows.parquet")
    cli("forecast", tmp_path / "rows.parquet", "--output", tmp_path / "out", *QUICK).assert_exit(ExitCode.OK)
    outcome = cli("risk", tmp_path / "out", "--include-under", "--least", 0).assert_exit(ExitCode.OK)
    assert r"A002\n" in outcome.out
    assert "Next" not in outcome.out


def test_the_account_proposed_is_shown_by_the_model_that_was_asked_for(
    cli: Cli, balances: Path, tmp_path: Path
) -> None:
    both = ("--model", "SeasonalNaive,Naive", "--horizon", 14, "--jobs", 1, "--quiet")
    cli("forecast", balances, "--output", tmp_path / "out", *both).assert_exit(ExitCode.OK)
    listed = ("risk", tmp_path / "out", "--include-under", "--least", 0)
    assert f"show --forecast {tmp_path / 'out'} --model Naive A00" in cli(*listed, "--model", "Naive").out
    assert f"show --forecast {tmp_path / 'out'} A00" in cli(*listed).out


def test_a_forecast_without_thresholds_proposes_no_list(cli: Cli, balances: Path, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("threshold = []\n", encoding="utf-8")
    asked = ("--config", tmp_path / "c.toml", "--model", "Naive", "--jobs", 1)
    outcome = cli("forecast", balances, "--output", tmp_path / "out", *asked).assert_exit(ExitCode.OK)
    assert " risk " not in outcome.out
    cli("risk", tmp_path / "out").assert_error(ExitCode.USAGE, "no low balances were forecast")


@pytest.mark.parametrize("name", ["\u05d7\u05e9\u05d1\u05d5\u05df-12", "\u062d\u0633\u0627\u0628 7"])
def test_figures_after_an_id_written_from_right_to_left_stay_in_their_columns(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    rows = balance_rows(2).with_columns(account_id=pl.col("account_id").replace({"A001": name}))
    rows.write_parquet(tmp_path / "rows.parquet")
    cli("forecast", tmp_path / "rows.parquet", "--output", tmp_path / "out", *QUICK).assert_exit(ExitCode.OK)
    asked = ("risk", tmp_path / "out", "--least", 0, "--include-under")
    assert "\u200e" not in cli(*asked).assert_exit(ExitCode.OK).out, "a file keeps the id as it is"
    monkeypatch.setattr("forecast_cli.cli.streams.is_terminal", lambda _stream: True)
    monkeypatch.setenv("NO_COLOR", "1")
    out = cli(*asked).assert_exit(ExitCode.OK).out
    assert f"  {name}\u200e  " in out
    assert "A000\u200e" not in out
