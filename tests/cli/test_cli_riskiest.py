"""The accounts likeliest to run low on the command line: the list, the numbers behind it, and every way it ends."""

import json
from pathlib import Path

import polars as pl
import pytest
from cli_harness import ACCOUNTS, Cli, Finished

from forecast_cli.core.exit_codes import ExitCode

QUICK = ("--model", "Naive", "--horizon", 14, "--jobs", 1, "--quiet")


@pytest.fixture(scope="module")
def output(balances: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clean accounts, whose balances lie about 5,000. Look, do not touch."""
    from cli_harness import run_in_process

    folder = tmp_path_factory.mktemp("low") / "out"
    asked = ("--threshold", "5000,p10")
    run_in_process("forecast", balances, "--output", folder, *QUICK, *asked).expect(ExitCode.OK)
    return folder


def test_the_accounts_are_listed_on_stdout_and_nothing_is_said(cli: Cli, output: Path) -> None:
    outcome = cli("risk", output, "--include-under", "--least", 0).expect(ExitCode.OK)
    assert outcome.err == ""
    assert outcome.out.startswith("Likeliest to be under 5000 within 14 days of 2026-04-30, by Naive\n")
    risk = pl.read_parquet(output / "risk.parquet").filter(threshold_name="5000", window=14)
    lines = outcome.out.splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  A00")]
    assert sorted(listed) == risk["account_id"].sort().to_list()
    under = risk.filter(pl.col("balance") < 5000).height
    assert (
        f"Of {ACCOUNTS} accounts {under} are under it already, {ACCOUNTS - under} more with 0 % or more."
        in outcome.flat
    )
    assert f"show --forecast {output}" in outcome.out
    assert all(len(line) <= 80 for line in lines if str(output) not in line)


def test_json_has_every_number_of_the_table(cli: Cli, output: Path) -> None:
    told = json.loads(cli("risk", output, "--include-under", "--least", 0, "--format", "json").expect(ExitCode.OK).out)
    risk = pl.read_parquet(output / "risk.parquet").filter(threshold_name="5000", window=14)
    by_id = {row["account_id"]: row for row in risk.iter_rows(named=True)}
    assert {one["account_id"] for one in told["found"]} == set(by_id)
    for one in told["found"]:
        row = by_id[one["account_id"]]
        for name in ("balance", "threshold", "prob_below", "expected_low", "low_q05", "days_below"):
            assert one[name] == row[name]
    assert (told["threshold"], told["within"], told["model"], told["accounts"]) == ("5000", 14, "Naive", ACCOUNTS)


def test_where_nobody_is_likely_it_says_so(cli: Cli, finished: Finished) -> None:
    outcome = cli("risk", finished.output, "--threshold", "0").expect(ExitCode.OK)
    assert f"Of {ACCOUNTS} accounts 0 are under it already, 0 more with 50 % or more." in outcome.flat
    assert "Next" not in outcome.out


def test_a_threshold_that_differs_by_account_has_a_column(cli: Cli, output: Path) -> None:
    asked = ("risk", output, "--include-under", "--least", 0)
    header = "account under balance likely 50 % by 5 % low"
    assert header in cli(*asked, "--threshold", "p10").expect(ExitCode.OK).flat
    assert header not in cli(*asked).expect(ExitCode.OK).flat


def test_what_is_not_there_is_answered_with_what_is(cli: Cli, output: Path, tmp_path: Path) -> None:
    outcome = cli("risk", output, "--within", 9).expect_error(ExitCode.USAGE, str(output), "no window of 9 days")
    assert "it has 7, 14" in outcome.err
    cli("risk", output, "--threshold", "p9").expect_error(ExitCode.USAGE, "no threshold 'p9'")
    cli("risk", output, "--least", 101).expect_error(ExitCode.USAGE, "--least")
    cli("risk", tmp_path).expect_error(ExitCode.CHECK_FAILED, "has no manifest.json")


def test_the_last_log_line_counts_them(cli: Cli, output: Path) -> None:
    outcome = cli("risk", output, "--log-format", "json").expect(ExitCode.OK)
    assert "likely to run under 5000 within 14 days" in outcome.events[-1]["message"]
