"""Low balances on the command line: values that ``--threshold`` takes and refuses, and the figures in the summary."""

from pathlib import Path

import polars as pl
import pytest
from cli_harness import ACCOUNTS, Cli

from forecast_cli.core.exit_codes import ExitCode

QUICK = ("--model", "Naive", "--horizon", 14, "--jobs", 1)
COMMANDS = ("forecast", "backtest")


@pytest.fixture
def limited(balances: Path, tmp_path: Path) -> Path:
    """The clean accounts with a credit limit that the last of them has none of, and a kind that is text."""
    path = tmp_path / "limited.parquet"
    own = pl.when(pl.col("account_id") != "A005").then(-250.5)
    pl.read_parquet(balances).with_columns(credit_limit=own, kind=pl.lit("checking")).write_parquet(path)
    return path


def test_every_kind_of_threshold_has_its_rows_and_its_line(cli: Cli, limited: Path, tmp_path: Path) -> None:
    asked = ("--threshold", "p10,credit_limit", "--threshold", "5000")
    outcome = cli("forecast", limited, "--output", tmp_path / "out", *QUICK, *asked).assert_exit(ExitCode.OK)
    risk = pl.read_parquet(tmp_path / "out" / "risk.parquet")
    counts = dict(risk.group_by("threshold_name").len().iter_rows())
    assert counts == {"p10": 2 * ACCOUNTS, "credit_limit": 2 * (ACCOUNTS - 1), "5000": 2 * ACCOUNTS}
    assert "Low balance: accounts with a probability of 50 % or more, by Naive" in outcome.flat
    assert "within days 7 14 accounts under p10" in outcome.flat
    assert "under credit_limit 0 0 of 5" in outcome.flat
    assert "under 5000 5 6 of 6" in outcome.flat
    assert all(len(line) <= 80 for line in outcome.out.partition("Tables")[0].splitlines() if "at /" not in line)
    cli("check", tmp_path / "out").assert_exit(ExitCode.OK)


def test_zero_and_p10_are_asked_for_by_default(cli: Cli, balances: Path, tmp_path: Path) -> None:
    cli("forecast", balances, "--output", tmp_path / "out", *QUICK).assert_exit(ExitCode.OK)
    names = pl.read_parquet(tmp_path / "out" / "risk.parquet")["threshold_name"]
    assert names.unique(maintain_order=True).to_list() == ["0", "p10"]


def test_another_threshold_is_another_run(cli: Cli, balances: Path, tmp_path: Path) -> None:
    run = ("forecast", balances, "--output", tmp_path / "out", *QUICK)
    cli(*run).assert_exit(ExitCode.OK)
    cli(*run, "--threshold", "7").assert_error(ExitCode.CONFIG_INVALID, "threshold")


def test_the_last_log_line_counts_the_accounts_likely_to_run_low(cli: Cli, balances: Path, tmp_path: Path) -> None:
    asked = ("--threshold", "5000", "--log-format", "json")
    outcome = cli("forecast", balances, "--output", tmp_path / "out", *QUICK, *asked).assert_exit(ExitCode.OK)
    assert outcome.events[-1]["low_balances"] == [
        {"threshold": "5000", "accounts": ACCOUNTS, "likely": {"7": 5, "14": 6}}
    ]


def test_a_dry_run_says_what_is_asked_and_refuses_what_a_run_would(cli: Cli, limited: Path, tmp_path: Path) -> None:
    run = ("forecast", limited, "--output", tmp_path / "out", *QUICK, "--dry-run")
    assert "low balance under 0, credit_limit, within 7, 14 days" in cli(*run, "--threshold", "0,credit_limit").flat
    cli(*run, "--threshold", "credit").assert_error(ExitCode.CONFIG_INVALID, "no column 'credit'")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_column_that_is_not_there_is_answered_with_the_closest(
    cli: Cli, limited: Path, tmp_path: Path, command: str
) -> None:
    outcome = cli(command, limited, "--output", tmp_path / "out", *QUICK, "--threshold", "credit_limt")
    outcome.assert_error(ExitCode.CONFIG_INVALID, str(limited), "no column 'credit_limt' (--threshold)")
    assert "did you mean 'credit_limit'?" in outcome.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("column", "dtype"), [("kind", "String"), ("date", "Date"), ("account_id", "String")])
def test_a_column_that_holds_no_numbers_is_refused(
    cli: Cli, limited: Path, tmp_path: Path, command: str, column: str, dtype: str
) -> None:
    outcome = cli(command, limited, "--output", tmp_path / "out", *QUICK, "--threshold", column)
    outcome.assert_error(ExitCode.CONFIG_INVALID, f"column '{column}' is {dtype}, expected a number (--threshold)")


@pytest.mark.parametrize("text", ["1_000", "five", "p10%"])
def test_an_invalid_threshold_gets_a_hint_about_valid_ones(cli: Cli, balances: Path, tmp_path: Path, text: str) -> None:
    outcome = cli("forecast", balances, "--output", tmp_path / "out", *QUICK, "--threshold", text)
    outcome.assert_error(ExitCode.CONFIG_INVALID, f"no column '{text}'")
    assert "an amount such as 500, a percentile from p1 to p99, or an input column" in outcome.err


@pytest.mark.parametrize("text", ["p0", "p100"])
def test_a_percentile_beyond_1_to_99_is_refused(cli: Cli, balances: Path, tmp_path: Path, text: str) -> None:
    outcome = cli("forecast", balances, "--output", tmp_path / "out", *QUICK, "--threshold", text)
    outcome.assert_error(ExitCode.CONFIG_INVALID, "threshold", "a percentile from p1 to p99")


def test_a_threshold_that_no_account_has_is_in_the_summary(cli: Cli, limited: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.parquet"
    pl.read_parquet(limited).with_columns(credit_limit=pl.lit(None, pl.Float64)).write_parquet(empty)
    run = ("forecast", empty, "--output", tmp_path / "out", *QUICK, "--threshold")
    mixed = cli(*run, "credit_limit,5000").assert_exit(ExitCode.OK)
    assert "under credit_limit 0 0 of 0 under 5000 5 6 of 6" in mixed.flat
    alone = cli(*run, "credit_limit", "--force").assert_exit(ExitCode.OK)
    assert "under credit_limit 0 0 of 0" in alone.flat
    assert "risk " not in alone.flat.partition("Next")[2]


def test_a_run_without_thresholds_has_no_low_balances_in_its_summary(cli: Cli, balances: Path, tmp_path: Path) -> None:
    (tmp_path / "none.toml").write_text("threshold = []\n")
    run = ("forecast", balances, "--output", tmp_path / "out", *QUICK, "--config", tmp_path / "none.toml")
    assert "Low balance" not in cli(*run).assert_exit(ExitCode.OK).flat
