"""``forecast-cli backtest`` and ``report``: what they print and write, and their exit codes."""

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from cli_harness import Cli, Finished, run_in_process

from forecast_cli.core.exit_codes import ExitCode

ASKED = ["--model", "SeasonalNaive(7)", "--model", "Naive", "--horizon", 10, "--step", 10, "--min-train", 60]
ASKED += ["--scale-lag", 7, "--jobs", 1]


@pytest.fixture(scope="module")
def told(balances: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A backtest that took an hour and two minutes, by its clock; it is shared, so tests must not change it."""
    output = tmp_path_factory.mktemp("replayed") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forecast_cli.cli.messages.Log.seconds", 3725.0)
        outcome = run_in_process("backtest", balances, "--output", output, *ASKED).assert_exit(ExitCode.OK)
    return Finished(output, outcome)


@pytest.fixture(scope="module")
def replayed(told: Finished) -> Path:
    return told.output


def test_the_summary_says_how_long_it_took_which_model_to_use_and_where_the_report_is(told: Finished) -> None:
    out = told.outcome.flat
    assert out.startswith("Done in 1 h 02 min: 18 windows of 6 of 6 accounts replayed")
    assert "Use " in out
    assert "Leaderboard" in out
    assert "report.html" in out
    assert "6 every account of the input" in out


def test_one_account_has_no_interval_anywhere(cli: Cli, balances: Path, tmp_path: Path) -> None:
    frame = pl.read_parquet(balances)
    frame.filter(pl.col("account_id") == frame["account_id"][0]).write_parquet(tmp_path / "one.parquet")
    output = tmp_path / "out"
    cli("backtest", tmp_path / "one.parquet", "--output", output, *ASKED).assert_exit(ExitCode.OK)
    board = pl.read_parquet(output / "leaderboard.parquet")
    ends = board.select(pl.selectors.ends_with("_low", "_high"))
    assert board["scrps"].is_finite().all()
    assert set(ends.null_count().row(0)) == {board.height}
    told = json.loads((output / "report.json").read_text())["leaderboard"][0]["metrics"]["scrps"]
    assert (told["low"], told["high"]) == (None, None)
    for name in ("report.html", "report.md"):
        assert not re.search(r"[ >(]nan\b", (output / name).read_text(), re.IGNORECASE)
    cli("compare", output, output).assert_exit(ExitCode.OK)


def test_TS18_a_long_id_is_cut_short_in_reports(cli: Cli, balances: Path, tmp_path: Path) -> None:
    frame = pl.read_parquet(balances)
    long = pl.when(pl.col("account_id") == "A001").then(pl.lit("z" * 9_000)).otherwise("account_id")
    frame.with_columns(account_id=long).write_parquet(tmp_path / "long.parquet")
    output = tmp_path / "out"
    cli("backtest", tmp_path / "long.parquet", "--output", output, *ASKED).assert_exit(ExitCode.ACCOUNTS_FAILED)
    for name in ("report.html", "report.md", "report.json"):
        content = (output / name).read_text(encoding="utf-8")
        assert "z... (9000 characters)" in content
        assert "z" * 100 not in content


def test_quiet_shows_nothing_and_json_ends_with_a_summary(cli: Cli, balances: Path, tmp_path: Path) -> None:
    outcome = cli("backtest", balances, "--output", tmp_path / "out", *ASKED, "-q", "--log-format", "json")
    assert outcome.assert_exit(ExitCode.OK).out == ""
    summary = json.loads(outcome.err.splitlines()[-1])
    assert (summary["event"], summary["exit_code"]) == ("summary", 0)
    statuses = {"ok": 6, "fallback": 0, "skipped": 0, "failed": 0}
    assert summary["counts"] == {"accounts": 6, **statuses, "windows": 18, "forecast_rows": 360}


def test_the_same_backtest_again_has_nothing_to_do(cli: Cli, balances: Path, replayed: Path) -> None:
    out = cli("backtest", balances, "--output", replayed, *ASKED).assert_exit(ExitCode.OK).flat
    assert "Nothing left to do" in out


def test_another_backtest_into_the_same_folder_exits_5(cli: Cli, balances: Path, replayed: Path) -> None:
    outcome = cli("backtest", balances, "--output", replayed, *ASKED, "--windows", 2).assert_exit(
        ExitCode.CONFIG_INVALID
    )
    assert "windows 3 -> 2" in outcome.err


def test_a_forecast_is_not_taken_for_a_backtest(cli: Cli, balances: Path, replayed: Path) -> None:
    outcome = cli("forecast", balances, "--output", replayed, "--model", "Naive").assert_exit(ExitCode.CONFIG_INVALID)
    assert "command" in outcome.err


def test_check_finds_a_backtest_whole(cli: Cli, replayed: Path) -> None:
    cli("check", replayed).assert_exit(ExitCode.OK)


def test_a_damaged_page_is_rendered_again_and_damaged_scores_are_made_again(
    cli: Cli, replayed: Path, tmp_path: Path
) -> None:
    output = Path(shutil.copytree(replayed, tmp_path / "copy"))
    (output / "report.html").write_text("cut off")
    outcome = cli("check", output).assert_exit(ExitCode.CHECK_FAILED)
    assert f"forecast-cli report {output}" in outcome.err.replace("\n", "")
    cli("report", output).assert_exit(ExitCode.OK)
    cli("check", output).assert_exit(ExitCode.OK)
    (output / "scores.parquet").write_bytes(b"cut off")
    assert "the backtest command that wrote it" in cli("check", output).assert_exit(ExitCode.CHECK_FAILED).err


def test_a_segment_that_is_not_there_is_answered_with_those_that_can_be(
    cli: Cli, balances: Path, tmp_path: Path
) -> None:
    typed = pl.read_parquet(balances).with_columns(account_type=pl.lit("checking"))
    typed.write_parquet(tmp_path / "typed.parquet")
    for asked, hint in (("acount_type", "did you mean 'account_type'?"), ("balnce", "name a column that every file")):
        outcome = cli("backtest", tmp_path / "typed.parquet", "-o", tmp_path / "out", *ASKED, "--segment", asked)
        outcome.assert_error(ExitCode.CONFIG_INVALID, f"no column '{asked}' (--segment)")
        assert hint in outcome.err
        assert "Segments can be: date, account_type\n" in outcome.err  # an account or a balance is none


def test_too_little_history_for_any_window_exits_3(cli: Cli, balances: Path, tmp_path: Path) -> None:
    outcome = cli("backtest", balances, "--output", tmp_path / "out", *ASKED, "--min-train", 900)
    outcome.assert_exit(ExitCode.ACCOUNTS_FAILED)
    assert not re.search(r"\bnan\b", outcome.out)
    assert "No window could be scored: no account has enough history.\n" in outcome.out
    assert "no window could be scored: no account has enough history\n" in outcome.err
    assert "less history with --min-train" in outcome.err


def test_balances_that_never_moved_get_no_hint_to_ask_for_less_history(
    cli: Cli, balances: Path, tmp_path: Path
) -> None:
    pl.read_parquet(balances).with_columns(balance=pl.lit(5.0)).write_parquet(tmp_path / "still.parquet")
    outcome = cli("backtest", tmp_path / "still.parquet", "--output", tmp_path / "out", *ASKED)
    outcome.assert_exit(ExitCode.ACCOUNTS_FAILED)
    assert "No window could be scored: no balance had moved at the scale lag before its cutoff." in outcome.flat
    assert "no window could be scored: no balance had moved at the scale lag before its cutoff\n" in outcome.err
    assert "--min-train" not in outcome.err


def test_report_renders_again_and_says_what_it_wrote(cli: Cli, replayed: Path) -> None:
    page = (replayed / "report.html").read_bytes()
    (replayed / "report.html").unlink()
    out = cli("report", replayed).assert_exit(ExitCode.OK).flat
    assert (replayed / "report.html").read_bytes() == page
    assert "report.md" in out


def test_report_of_a_folder_without_a_run_exits_6(cli: Cli, tmp_path: Path) -> None:
    cli("report", tmp_path / "nowhere").assert_error(ExitCode.CHECK_FAILED, "no such folder")


def test_compare_of_a_backtest_with_itself_passes_and_with_a_worse_one_exits_6(
    cli: Cli, balances: Path, replayed: Path, tmp_path: Path
) -> None:
    better = tmp_path / "better"
    cli("backtest", balances, "--output", better, *ASKED[4:], "--model", "WindowAverage(30)").assert_exit(ExitCode.OK)
    free = ["--coverage-band", "0,1"]
    cli("compare", replayed, replayed, *free).assert_exit(ExitCode.OK)
    outcome = cli("compare", better, replayed, *free).assert_exit(ExitCode.CHECK_FAILED)
    assert "scrps" in outcome.err


def test_thresholds_may_be_separated_by_commas_and_a_wrong_one_gets_a_hint(
    cli: Cli, balances: Path, tmp_path: Path
) -> None:
    out = cli("config", "show", "--threshold", "p10,500", "--segment", "a,b").assert_exit(ExitCode.OK).flat
    assert "threshold p10, 500 flag --threshold" in out
    assert "segment a, b flag --segment" in out
    wrong = cli("backtest", balances, "--output", tmp_path / "out", *ASKED, "--threshold", "p200")
    assert (
        "an amount such as 500, a percentile from p1 to p99, or an input column"
        in wrong.assert_exit(ExitCode.CONFIG_INVALID).err
    )


def test_more_failed_accounts_than_allowed_are_reported_with_the_reason(
    cli: Cli, one_bad: Path, tmp_path: Path
) -> None:
    outcome = cli("backtest", one_bad, "--output", tmp_path / "out", *ASKED)
    told = "1 account failed, more than --max-failed 0 allows: two balances for one day; the rest is written"
    outcome.assert_error(ExitCode.ACCOUNTS_FAILED, told)
    assert f" validate {one_bad}; allow more with --max-failed" in outcome.err


def test_accounts_without_a_window_stand_among_the_failures(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    cli("backtest", one_bad, "--output", output, *ASKED, "--min-train", 900, "--max-failed", 1)
    failures = pl.read_parquet(output / "failures.parquet")
    assert failures.group_by("error").len().sort("error").rows() == [("conflict", 2), ("short", 10)]
